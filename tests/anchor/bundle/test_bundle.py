"""A bundle says under the hash of its block what the living contract says, and under anything else nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from anchor.bundle import offline
from anchor.bundle.file import Bundle
from anchor.bundle.make import Made, collector, make
from anchor.errors import Unreachable, WrongChain
from registry.credential.baking import bake
from registry.verify import Report
from tests.support.answering import answering
from tests.support.bundling import Place, StoreStatus
from tests.support.pdfs import embedded, pdf
from tests.support.pictures import png, svg


def check(place: Place, bundle: Bundle, block_hash: bytes | None, **later: int) -> Report:
    now = datetime.now(UTC) + timedelta(**later)
    return offline.check(bundle.credential, bundle, trust=place.alone, block_hash=block_hash, now=now)


@pytest.mark.parametrize(
    ("name", "verdict"), [("valid", "valid_test"), ("revoked", "revoked"), ("plain", "valid_test")]
)
def test_a_bundle_gives_the_verdict_of_the_living_contract_and_asks_nobody(
    place: Place, name: str, verdict: str
) -> None:
    made = place.make(name)
    found, online = check(place, Bundle.parse(made.bundle.to_bytes()), made.block_hash), place.online(name)
    assert found.verdict == online.verdict == verdict
    clock = {"validity"}  # says when it was asked
    assert [one for one in found.checks if one.id not in clock] == [one for one in online.checks if one.id not in clock]
    assert found.sentence.startswith(online.sentence)


def test_a_picture_and_a_document_are_bundled_whole_and_checked_like_the_file_in_them(on_devnode: Place) -> None:
    valid, revoked = on_devnode.files["valid"], on_devnode.files["revoked"]
    held = {"png": bake(png(), valid), "svg": bake(svg(), revoked), "pdf": pdf(embedded(revoked))}
    place = replace(on_devnode, files=held)
    for name, verdict in (("png", "valid_test"), ("svg", "revoked"), ("pdf", "revoked")):
        made = place.make(name)
        bundle = Bundle.parse(made.bundle.to_bytes())
        assert bundle.credential == place.files[name]
        assert check(place, bundle, made.block_hash).verdict == place.online(name).verdict == verdict


def test_without_the_blocks_hash_or_with_another_nothing_is_confirmed(place: Place) -> None:
    made = place.make("valid")
    for hash, code in ((None, "anchor.block-not-named"), (bytes(32), "anchor.other-block")):
        found = check(place, made.bundle, hash)
        assert (found.verdict, found.exit_code) == ("unconfirmed", 2)
        assert (found.check("anchor").outcome, found.check("anchor").code) == ("unknown", code)
        assert made.block_hash.hex() in found.check("anchor").sentence
        assert "--block-hash" in found.check("anchor").next_step


def test_the_same_block_gives_the_same_bytes(place: Place) -> None:
    assert place.make("valid").bundle.to_bytes() == place.make("valid").bundle.to_bytes()
    data = place.make("plain").bundle.to_bytes()
    assert Bundle.parse(data).to_bytes() == data


def test_the_verdict_is_dated_and_old_evidence_is_told(on_devnode: Place) -> None:
    made = on_devnode.make("valid")
    found = check(on_devnode, made.bundle, made.block_hash, days=90, hours=1)
    assert found.verdict == "valid_test"
    assert f"As of block {made.block_number} at " in found.sentence
    assert "90 days ago: what happened since, such as a revocation, does not show here" in found.sentence
    assert "longer ago than this registry usually lets pass" in found.check("status").sentence
    assert "As of block" not in check(on_devnode, made.bundle, None).sentence


def older(place: Place, block: int) -> str:
    """Makes the node say that this block is its finalized one; a context manager with the URL."""

    def answer(body: bytes) -> tuple[int, bytes, dict[str, str]]:
        from urllib.request import Request, urlopen

        asked = body.replace(b'"finalized"', json.dumps(hex(block)).encode())
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(place.url, asked, headers)) as response:
            return 200, response.read(), {}

    return answering(answer)  # type: ignore[return-value]


def test_a_proof_that_the_root_is_absent_is_a_failure_and_no_uncertainty(on_devnode: Place) -> None:
    """At a block before its anchor; nobody writes such a bundle, but anybody may."""
    anchored = on_devnode.online("plain").check("anchor").detail["block"]
    with older(on_devnode, anchored - 1) as url:  # type: ignore[attr-defined]
        early = make(
            on_devnode.files["plain"], trust=on_devnode.trust, status=StoreStatus(on_devnode.store),
            now=datetime.now(UTC), rpc=(url,),
        )  # fmt: skip
        assert isinstance(early, Report)
        assert early.check("anchor").code == "anchor.unknown-root"
        node = collector((url,), on_devnode.registry)
        detail = early.check("anchor").detail
        key = ProvedKey.of(on_devnode)
        node.lookup(bytes.fromhex(detail["root"]), key)
        bundle = node.bundle(on_devnode.files["plain"], [])
    found = check(on_devnode, bundle, node.header.hash)
    assert (found.verdict, found.check("anchor").code) == ("invalid", "anchor.unknown-root")


class ProvedKey:
    """The id of the issuer's key."""

    @staticmethod
    def of(place: Place) -> bytes:
        from registry.store.tables import IssuerKey

        with place.store.read() as session:
            return session.query(IssuerKey).one().key_id


def test_evidence_of_an_older_block_is_nothing_under_a_newer_hash(on_devnode: Place) -> None:
    new = on_devnode.make("valid")
    anchored = on_devnode.online("plain").check("anchor").detail["block"]
    with older(on_devnode, anchored) as url:  # type: ignore[attr-defined]
        old = on_devnode.make("valid", url)
    assert old.block_number < new.block_number
    assert check(on_devnode, old.bundle, old.block_hash).verdict == "valid_test"
    assert check(on_devnode, old.bundle, new.block_hash).check("anchor").code == "anchor.other-block"
    for name in ("account", "storage"):
        mixed = replace(new.bundle, **{name: getattr(old.bundle, name)})
        found = check(on_devnode, mixed, new.block_hash)
        assert (found.verdict, found.check("anchor").code) == ("unconfirmed", "anchor.proof")
    stale = check(on_devnode, replace(new.bundle, status=old.bundle.status), new.block_hash)
    assert (stale.verdict, stale.check("status").code) == ("unconfirmed", "status.other-anchor")


def test_other_code_and_another_registry_are_told_apart_from_a_false_proof(on_devnode: Place) -> None:
    made = on_devnode.make("valid")
    swapped = check(on_devnode, replace(made.bundle, code=b"\x60\x00"), made.block_hash)
    assert (swapped.verdict, swapped.check("anchor").code) == ("unconfirmed", "anchor.proof")
    elsewhere = check(on_devnode, replace(made.bundle, contract=bytes(20)), made.block_hash)
    assert (elsewhere.verdict, elsewhere.check("anchor").code) == ("unconfirmed", "anchor.other-registry")
    other = replace(on_devnode.registry, code_sha256=bytes(32))
    place = replace(on_devnode, registry=other)
    assert check(place, made.bundle, made.block_hash).check("anchor").code == "anchor.other-code"


def test_a_node_that_proves_nothing_or_something_else_is_not_believed(on_devnode: Place) -> None:
    def through(change: object) -> object:
        def answer(body: bytes) -> tuple[int, bytes, dict[str, str]]:
            from urllib.request import Request, urlopen

            with urlopen(Request(on_devnode.url, body, {"Content-Type": "application/json"})) as response:
                return 200, change(body, response.read()), {}  # type: ignore[operator]

        return answering(answer)

    def no_proofs(body: bytes, found: bytes) -> bytes:
        if b"eth_getProof" in body:
            return b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"missing trie node"}}'
        return found

    def forged(body: bytes, found: bytes) -> bytes:
        if b"eth_getProof" not in body:
            return found
        value = json.loads(found)
        for item in value["result"]["storageProof"]:
            item["proof"] = item["proof"][:-1]
        return json.dumps(value).encode()

    def other_block(body: bytes, found: bytes) -> bytes:
        return found.replace(b'"gasLimit":"0x1', b'"gasLimit":"0x2') if b"finalized" in body else found

    def refuses_canonical(body: bytes, found: bytes) -> bytes:
        if b"requireCanonical" in body:
            return b'{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"unknown field requireCanonical"}}'
        return found

    for change, said in (
        (no_proofs, "missing trie node; ask a node"),
        (forged, "does not prove"),
        (other_block, "hash"),
    ):
        with through(change) as url, pytest.raises(Unreachable, match=said):  # type: ignore[attr-defined]
            collector((url,), on_devnode.registry).lookup(bytes(32), bytes(32))
    with through(refuses_canonical) as url:  # type: ignore[attr-defined]
        assert on_devnode.make("valid", url).bundle.to_bytes() == on_devnode.make("valid").bundle.to_bytes()
    with pytest.raises(WrongChain):
        collector((on_devnode.url,), replace(on_devnode.registry, chain_id=1))


def test_what_is_not_anchored_makes_no_bundle(on_devnode: Place) -> None:
    changed = on_devnode.files["valid"].replace(b"Soil science", b"Soil Science")
    made = make(
        changed, trust=on_devnode.trust, status=StoreStatus(on_devnode.store), now=datetime.now(UTC)
    )  # fmt: skip
    assert not isinstance(made, Made)
    assert made.verdict == "invalid"
