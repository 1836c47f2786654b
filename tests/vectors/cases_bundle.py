"""Vectors of portable bundles: FORMAT.md section 12. What each must give is stated by hand, as everywhere here."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from anchor.bundle.file import Bundle
from registry.credential.baking import bake
from registry.verify import TrustProfile
from registry.verify.document import show_time
from tests.support import pictures
from tests.support import specimen as s
from tests.support.cases import Case, Chain, case
from tests.support.nesting import ACHIEVEMENT, Office
from tests.support.pdfs import embedded, pdf
from tests.support.proving import Proved, prove
from tests.support.spoiling import ALTERED, altered
from tests.vectors.expected import Expected, anchor_is, expect

REFUSED = dict.fromkeys(ALTERED, "evidence.hex") | {
    "reordered": "evidence.order",
    "twice": "evidence.order",
    "unknown member": "evidence.members",
    "missing member": "evidence.members",
    "base64 with other padding bits": "evidence.base64",
    "long header": "evidence.too-large",
    "long node": "evidence.too-large",
    "many nodes": "evidence.type",
    "long code": "evidence.too-large",
    "no object as evidence": "evidence.type",
    "another version": "evidence.format",
}


@dataclass(frozen=True)
class BundleVector:
    """`expected` has a verdict and checks, or `refused`: the code with which the file is no bundle."""

    name: str
    what: str
    file: bytes
    block_hash: bytes | None
    expected: Expected
    trust: TrustProfile
    now: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "now": show_time(self.now),
            "trust": {"registry": [entry.to_json() for entry in self.trust.registries]},
            "bundle": self.file.decode(),
            "block_hash": self.block_hash.hex() if self.block_hash else None,
            "expected": self.expected,
        }


def bundles() -> Iterator[BundleVector]:
    """All of them."""
    good = case()
    proved = prove(good)
    valid = _vector("valid", "All is in order, and the verifier named the block.", good, proved, expect("valid"))
    yield valid
    yield from _said(valid)
    yield from _endorsed()
    yield from _unconfirmed(valid, proved)
    value = proved.bundle.to_bytes()
    for name, code in REFUSED.items():
        file = json.dumps(altered(json.loads(value), name), separators=(",", ":")).encode()
        what = f"Another form than a bundle's: {name}."
        yield replace(valid, name=f"form--{_slug(name)}", what=what, file=file, expected={"refused": code})


def _said(valid: BundleVector) -> Iterator[BundleVector]:
    """Where the proofs hold and lead to a verdict."""
    bundle, data = prove(case()).bundle, case().data
    document = pdf(embedded(data, packed=False))
    for name, file in (("picture", bake(pictures.png(), data)), ("svg", bake(pictures.SVG, data)), ("pdf", document)):
        held = replace(bundle, credential=file).to_bytes()
        yield replace(valid, name=f"in-a-{name}", what=f"The credential lies in a {name}, whole.", file=held)
    revoked = s.status_evidence(
        s.list_evidence(s.status_list("revocation", {s.STATUS_INDEX})), s.list_evidence(s.status_list("suspension"))
    )
    taken = case(evidence=revoked)
    what = "It was revoked before the block."
    yield _vector("revoked", what, taken, prove(taken), expect("revoked", status="fail revoked"))
    absent = case(answer=lambda f: replace(f, anchor_number=0, anchor_position=0, anchor_time=0, anchor_block=0))
    what = "It is proved that the contract has no such root."
    yield _vector("root-proved-absent", what, absent, prove(absent), anchor_is("invalid", "fail unknown-root"))
    suspended = case(answer=lambda f: replace(f, issuer_suspended=True))
    what = "The issuer was suspended when this was anchored: an array of windows is read."
    expected = expect("invalid", issuer="fail suspended-then", status="not_run needs-issuer")
    yield _vector("issuer-suspended-then", what, suspended, prove(suspended), expected)


def _endorsed() -> Iterator[BundleVector]:
    """Endorsements are proved under the same block, or are not known; the verdict is the credential's alone."""
    office = Office({})
    good = office.endorse(ACHIEVEMENT)
    made = office.badge(good, {**good, "name": "altered"})
    (place, own), *others = made.chain.answers.items()
    latest = {name: getattr(own.facts, name) for name in ("latest_root", "latest_number", "latest_time")}
    same = {key: replace(answer, facts=replace(answer.facts, **latest)) for key, answer in others}
    whole = replace(made, chain=Chain({place: own, **same}))
    what = "One endorsement in order, whose anchor and key the bundle proves too, and one that was altered."
    yield _vector("with-endorsements", what, whole, prove(whole), expect("valid"))
    alone = prove(whole, asked=replace(made, chain=Chain({place: own})))
    what = "The bundle proves nothing about the endorsement: it is not known, and the credential is valid."
    yield _vector("endorsement-not-proved", what, whole, alone, expect("valid"))


def _unconfirmed(valid: BundleVector, proved: Proved) -> Iterator[BundleVector]:
    """Where one of the steps from the block's hash to a word does not hold."""
    bundle = proved.bundle

    def unknown(name: str, what: str, code: str, changed: Bundle, **changes: Any) -> BundleVector:
        expected = anchor_is("unconfirmed", f"unknown {code}")
        return replace(valid, name=name, what=what, file=changed.to_bytes(), expected=expected, **changes)

    yield unknown("no-hash", "The verifier named no block.", "block-not-named", bundle, block_hash=None)
    other = s.sha("specimen block")
    yield unknown("other-hash", "The verifier named another block.", "other-block", bundle, block_hash=other)
    header = bundle.header[:-1] + bytes([bundle.header[-1] ^ 1])
    yield unknown("header-changed", "A bit of the header is another.", "other-block", replace(bundle, header=header))
    what = "The header has a byte too many."
    yield unknown("header-not-rlp", what, "header", replace(bundle, header=bundle.header + b"\0"))
    for name in ("account", "storage"):
        yield from _nodes(unknown, bundle, name)
    later = prove(case(answer=lambda f: replace(f, latest_time=f.latest_time + 1))).bundle
    stale = replace(bundle, storage=later.storage)
    yield unknown("storage-of-another-block", "The storage's proofs are of another block.", "proof", stale)
    swapped = replace(bundle, code=b"another code")
    yield unknown("code-swapped", "The code is not what the account has.", "proof", swapped)
    elsewhere = replace(bundle, contract=bytes(20))
    yield unknown("other-contract", "The bundle is of another contract.", "other-registry", elsewhere)
    foreign = prove(case(), code=b"another code")
    what = "Another code than the trust profile's is proved to be at the address."
    yield unknown("other-code", what, "other-code", foreign.bundle, block_hash=foreign.block_hash)
    older = s.status_evidence(s.list_evidence(s.status_list("revocation")), anchor_number=s.LATEST_ANCHOR - 1)
    evidence = replace(bundle, status=(_canonical(older),))
    expected = expect("unconfirmed", status="unknown other-anchor")
    what = "The status lists are those of the anchor before."
    yield replace(valid, name="status-of-another-anchor", what=what, file=evidence.to_bytes(), expected=expected)
    none = replace(bundle, status=()).to_bytes()
    expected = expect("unconfirmed", status="unknown unreachable")
    yield replace(valid, name="no-status", what="The bundle holds no status lists.", file=none, expected=expected)


def _nodes(unknown: Callable[..., BundleVector], bundle: Bundle, name: str) -> Iterator[BundleVector]:
    nodes: tuple[bytes, ...] = getattr(bundle, name)
    first, rest = nodes[0], nodes[1:]
    changed = replace(bundle, **{name: tuple(sorted((*rest, first[:-1] + bytes([first[-1] ^ 1]))))})
    yield unknown(f"{name}-node-changed", f"A bit of a node of {name} is another.", "proof", changed)
    yield unknown(f"{name}-empty", f"No node of {name} is there.", "not-in-bundle", replace(bundle, **{name: ()}))
    added = replace(bundle, **{name: tuple(sorted((*nodes, b"\xc2\x20\x01")))})
    yield unknown(f"{name}-node-added", f"A node too many in {name}.", "proof", added)


def _vector(name: str, what: str, made: Case, proved: Proved, expected: Expected) -> BundleVector:
    return BundleVector(name, what, proved.bundle.to_bytes(), proved.block_hash, expected, made.trust, made.now)


def _canonical(evidence: Any) -> bytes:
    from registry.format.strictjson import canonical

    return canonical(evidence.to_json())


def _slug(name: str) -> str:
    return name.replace(" ", "-")
