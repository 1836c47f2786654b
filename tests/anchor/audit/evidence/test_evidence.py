"""Evidence from an audit convinces a reader who trusts no auditor, and only as long as nothing in it is altered."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.evidence import parts
from anchor.audit.evidence.context import PROOF
from anchor.audit.evidence.file import Evidence
from anchor.audit.evidence.kinds import BY_CODE, KINDS
from anchor.audit.evidence.verify import verify_evidence
from anchor.audit.log import fetch
from anchor.audit.pinned import Pinned
from anchor.audit.source import open_source
from anchor.bundle import slots
from anchor.bundle.make import Collector
from registry.format import entries
from registry.format.merkle import root_of
from registry.format.strictjson import canonical
from registry.verify import RegistryTrust, TrustProfile
from tests.support.auditing import Honest, change, other
from tests.support.evidencing import Files, accuse, altered, block_hash_at, proved_by
from tests.support.history import ISSUER, KEY, REGISTRAR, STRANGER, History, leaves
from tests.support.specimen import sha

Make = Callable[[History], RegistryTrust | None]


def _unknown_key(history: History) -> None:
    history.anchor([history.status_list("revocation", 1, [])], [history.batch(1, leaves("a", 3), STRANGER)])


def _revoked_key(history: History) -> None:
    history.call(REGISTRAR, "revokeKey(bytes32)", KEY.key_id)
    history.anchor([], [history.batch(1, leaves("a", 3)), history.batch(2, leaves("b", 1), STRANGER)])


def _suspended(history: History) -> None:
    history.call(REGISTRAR, "suspendIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    history.anchor([], [history.batch(1, leaves("a", 2))])
    history.call(REGISTRAR, "reinstateIssuer(bytes32,bytes32)", ISSUER, bytes(32))


def _unrevoked(history: History) -> None:
    history.anchor([history.status_list("revocation", 1, [5, 9]), history.status_list("suspension", 1, [])], [])
    history.anchor([history.status_list("revocation", 2, [5]), history.status_list("suspension", 2, [])], [])


def _older(history: History) -> None:
    older, newer = history.status_list("suspension", 1, []), history.status_list("suspension", 2, [5])
    history.anchor([newer], [history.batch(1, leaves("a", 1))])
    history.anchor([older], [])


def _in_place(history: History) -> None:
    history.anchor([history.status_list("suspension", 1, [])], [])
    history.anchor([history.status_list("suspension", 1, [5])], [])


def _two_stories(history: History) -> None:
    history.anchor([history.status_list("revocation", 1, []), history.status_list("revocation", 2, [5])], [])


def _leaf_twice(history: History) -> None:
    history.anchor([], [history.batch(1, leaves("a", 3))])
    history.anchor([], [history.batch(2, [*leaves("b", 1), leaves("a", 3)[2]])])


def _leaf_node(history: History) -> None:
    history.anchor([], [history.batch(1, leaves("a", 4))])
    pair = leaves("b", 2)
    history.anchor([], [history.batch(2, [*leaves("c", 2), root_of(pair), *leaves("d", 1), *pair, *leaves("e", 1)])])


def _leaf_entry(what: str, history: History) -> None:
    lists = [history.status_list("revocation", 1, [])]
    history.anchor(lists, [history.batch(1, leaves("a", 3))])
    (line,), batch = history.anchors, history.files["batches/00000001.json"]
    status = entries.status_entry(history.registry_id, 1, bytes.fromhex(line["status_root"]))
    stolen = {
        "the root of a batch": bytes.fromhex(batch["root"]),
        "the root of an anchor": bytes.fromhex(line["root"]),
        "a batch": history._batch_hash(batch),
        "a list": history._list_hash(line["lists"][0]),
        "all lists": entries.entry_hash(status),
        "the log": _log_leaf(history),
    }[what]
    history.anchor(lists, [history.batch(2, [*leaves("b", 2), stolen])])


def _log_leaf(history: History) -> bytes:
    history.sender.until_final(history.last_block)
    return fetch(Pinned(history.sender.rpc, history.sender.chain_id, history.contract), 0)[1].leaf


def _status_order(history: History) -> None:
    lists = [history.status_list(purpose, 1, []) for purpose in PURPOSES]
    lists.sort(key=lambda item: entries.list_hash(item["id"]), reverse=True)
    history.anchor(lists, [], in_order=False)


def _other_list(history: History) -> None:
    item = history.status_list("suspension", 1, [5], named="revocation")
    history.anchor([item], [history.batch(1, leaves("a", 1))])


def _longer(history: History) -> None:
    history.anchor([history.status_list("suspension", 1, [5])], [])
    history.anchor([history.status_list("suspension", 2, [5], size=32_768)], [])


def _anchored_twice(history: History) -> None:
    number = history.batch(1, leaves("a", 1))
    history.anchor([], [number])
    history.anchor([], [number, history.batch(2, leaves("b", 1))])


def _out_of_order(history: History) -> None:
    history.anchor([], [history.batch(number, leaves(str(number), 1)) for number in (1, 3, 2)])


def _passed_over(history: History) -> None:
    history.anchor([], [history.batch(number, leaves(str(number), 1)) for number in (1, 3)])
    history.anchor([], [history.batch(2, leaves("2", 1))])


def _dropped(history: History) -> None:
    suspension = history.status_list("suspension", 1, [])
    history.anchor([history.status_list("revocation", 1, [5]), suspension], [history.batch(1, leaves("a", 1))])
    history.anchor([suspension], [])


def _all_dropped(history: History) -> None:
    history.anchor([history.status_list("revocation", 1, [5])], [])
    history.anchor([], [])


def _other_code(history: History) -> RegistryTrust:
    return replace(history.trust, code_sha256=sha("another contract"))


NO_LEAVES = ("the root of a batch", "the root of an anchor", "a batch", "a list", "all lists", "the log")

CASES: dict[str, Make] = {
    "A10-batch.unknown-key": _unknown_key,
    "A10-batch.key-not-in-force": _revoked_key,
    "A10-batch.issuer-suspended": _suspended,
    "A12-list.unrevoked": _unrevoked,
    "A12-list.older": _older,
    "A12-list.changed-in-place": _in_place,
    "A12-list.twice": _two_stories,
    "A5-batch.leaf-twice": _leaf_twice,
    "A6-leaf.is-node": _leaf_node,
    **{f"A6-leaf.is-entry {what}": partial(_leaf_entry, what) for what in NO_LEAVES},
    "A12-status.order": _status_order,
    "A12-list.identity": _other_list,
    "A12-list.other-kind": _longer,
    "A5-batch.anchored-twice": _anchored_twice,
    "A9-anchor.batch-order": _out_of_order,
    "A9-batch.passed-over": _passed_over,
    "A12-list.dropped": _dropped,
    "A1-contract.code": _other_code,
}


PURPOSES = ("revocation", "suspension")


def one(files: Files, begin: str) -> bytes:
    (name,) = (name for name in files if re.fullmatch(rf"{re.escape(begin)}-[0-9a-f]{{16}}\.json", name))
    return files[name]


@pytest.mark.parametrize("name", CASES)
def test_a_breach_is_proved_from_the_file_and_no_longer_after_any_member_was_altered(
    name: str, begun: History, tmp_path: Path
) -> None:
    trust = CASES[name](begun) or begun.trust
    name = name.partition(" ")[0]
    report, files = accuse(begun, begun.write(tmp_path), trust)
    content = one(files, name)
    told = next(item for item in report.to_json()["properties"] if item["id"] == name.split("-", maxsplit=1)[0])
    named = {item["evidence"]["file"]: item["evidence"]["sha256"] for item in told["evidence"] if item["evidence"]}
    assert all(named[file] for file in files if file.startswith(told["id"] + "-"))
    verdict = proved_by(begun, content, trust=trust)
    assert (verdict.outcome, verdict.exit_code) == ("proved", 0), verdict
    assert content == accuse(begun, tmp_path, trust)[1][Evidence.parse(content).name]
    for what, bad in altered(content):
        assert proved_by(begun, bad, trust=trust).outcome == "not_proved", what


def test_a_list_that_is_gone_with_all_others_is_proved_too(begun: History, tmp_path: Path) -> None:
    _all_dropped(begun)
    content = one(accuse(begun, begun.write(tmp_path))[1], "A12-list.dropped")
    assert (json.loads(content)["material"]["second"]["lists"], proved_by(begun, content).outcome) == ([], "proved")


def test_a_batch_that_is_withheld_hides_no_leaf_of_another(begun: History, tmp_path: Path) -> None:
    _leaf_entry("a batch", begun)
    begun.anchor([], [begun.batch(3, leaves("3", 1))])
    (begun.write(tmp_path) / "batches/00000003.json").unlink()
    assert proved_by(begun, one(accuse(begun, tmp_path)[1], "A6-leaf.is-entry")).outcome == "proved"


def test_an_id_from_a_file_does_not_write_over_the_reader_s_screen(begun: History, tmp_path: Path) -> None:
    item = begun.status_list("suspension", 1, [], named="revocation", url="x\x1b[2K\rproved: all of it")
    begun.anchor([item], [])
    begun.write(tmp_path)
    (line,) = begun.anchors
    status = entries.status_entry(begun.registry_id, 1, bytes.fromhex(line["status_root"]))
    chain = Collector(begun.sender.rpc, begun.trust, hex(begun.last_block))
    chain.prove(partial(slots.anchored, root=bytes.fromhex(line["root"])))
    told = {
        **{name: item[name] for name in ("id", "version", "digest")},
        "document": begun.files[f"lists/{item['digest']}.json"], "lists": [line["status_root"]],
        "tree": [entries.entry_hash(status).hex()], PROOF: parts.proof(chain),
    }  # fmt: skip
    evidence = Evidence("list-itself", "A12", "list.identity", begun.sender.chain_id, begun.contract, told)
    verdict = proved_by(begun, evidence.to_bytes())
    assert verdict.outcome == "proved"
    assert verdict.sentence.isprintable()


def test_one_place_told_in_two_ways_is_not_two(begun: History, tmp_path: Path) -> None:
    """A tree with a node for two leaves moves the rest; and a lone last leaf stands on every level up."""
    content = leaves("b", 3)
    begun.anchor([], [begun.batch(1, leaves("a", 1)), begun.batch(2, content)])
    begun.write(tmp_path)
    root = bytes.fromhex(begun.anchors[0]["root"])
    status = entries.entry_hash(entries.status_entry(begun.registry_id, 1, bytes(32)))
    first, second = (begun._batch_hash(begun.files[f"batches/0000000{number}.json"]) for number in (1, 2))
    whole, short = [status, first, second], [root_of([status, first]), second]
    assert root_of(whole) == root_of(short) == root
    batch = {"number": 2, "size": 3, "key_id": KEY.key_id.hex(), "root": root_of(content).hex()}
    chain = Collector(begun.sender.rpc, begun.trust, hex(begun.last_block))
    chain.prove(partial(slots.anchored, root=root))
    proof = {PROOF: parts.proof(chain)}
    sides = [{"batch": batch, "index": len(tree) - 1, "tree": parts.hexes(tree)} for tree in (short, whole)]
    path = [root_of(content[:2]).hex()]
    told = {
        "the same": ("batch-places", "batch.anchored-twice", {"first": sides[0], "second": sides[1]}),
        "two leaves": ("leaf-node", "leaf.is-node", {
            "batch": batch, "tree": parts.hexes(whole), "hash": content[2].hex(),
            "leaf": {"index": 2, "path": path}, "node": {"level": 1, "index": 1, "path": path},
        }),
    }  # fmt: skip
    for why, (kind, code, material) in told.items():
        owner, known = KINDS[kind].codes[code], material | proof
        evidence = Evidence(kind, owner, code, begun.sender.chain_id, begun.contract, known)
        verdict = proved_by(begun, evidence.to_bytes())
        assert (verdict.outcome, why in verdict.sentence) == ("not_proved", True), verdict


@pytest.mark.parametrize("name", ["A9-batch.passed-over", "A12-list.dropped"])
def test_an_honest_order_told_backwards_proves_nothing(name: str, begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("1", 1))])
    begun.anchor([begun.status_list("revocation", 1, [5])], [begun.batch(2, leaves("2", 1))])
    begun.write(tmp_path)
    lines = begun.anchors[::-1]
    chain = Collector(begun.sender.rpc, begun.trust, hex(begun.last_block))
    sides: list[dict[str, Any]] = []
    for line in lines:
        chain.prove(partial(slots.anchored, root=bytes.fromhex(line["root"])))
        status = entries.status_entry(begun.registry_id, line["number"], bytes.fromhex(line["status_root"]))
        (batch,) = (begun.files[f"batches/0000000{number}.json"] for number in line["batches"])
        said = {name: batch[name] for name in ("number", "size", "root")} | {"key_id": KEY.key_id.hex()}
        tree = [entries.entry_hash(status).hex(), begun._batch_hash(batch).hex()]
        sides.append({"batch": said, "index": 1, "tree": tree})
    (item,) = lines[0]["lists"]
    held = {"version": 1, "digest": item["digest"], "document": None, "lists": [lines[0]["status_root"]]}
    kind, material = {
        "A9-batch.passed-over": ("batch-places", {"first": sides[0], "second": sides[1]}),
        "A12-list.dropped": ("list-gone", {
            "id": item["id"],
            "first": held | {"tree": sides[0]["tree"]}, "second": {"lists": [], "tree": sides[1]["tree"]},
        }),
    }[name]  # fmt: skip
    owner, code = name.split("-", maxsplit=1)
    told = material | {PROOF: parts.proof(chain)}
    evidence = Evidence(kind, owner, code, begun.sender.chain_id, begun.contract, told)
    verdict = proved_by(begun, evidence.to_bytes())
    assert verdict.outcome == "not_proved"
    assert "the earlier first" in verdict.sentence or "shows nothing" in verdict.sentence, verdict


@pytest.mark.parametrize("kind", ["status-tree", "list-itself", "leaf-entry"])
def test_an_honest_anchor_and_an_honest_leaf_prove_nothing(kind: str, begun: History, tmp_path: Path) -> None:
    preimage = entries.leaf_prefix(begun.registry_id, 1, 0, 1, sha("jcs")) + sha("rdf")
    leaf = entries.leaf_hash(preimage[:-32], preimage[-32:])
    begun.anchor([begun.status_list(purpose, 1, [5]) for purpose in PURPOSES], [begun.batch(1, [leaf])])
    begun.write(tmp_path)
    (line,), batch = begun.anchors, begun.files["batches/00000001.json"]
    status = entries.status_entry(begun.registry_id, 1, bytes.fromhex(line["status_root"]))
    tree = [entries.entry_hash(status).hex(), begun._batch_hash(batch).hex()]
    said = {name: batch[name] for name in ("number", "size", "root")} | {"key_id": KEY.key_id.hex()}
    item = line["lists"][0]
    material: dict[str, Any] = {
        "status-tree": {
            "lists": [{name: one[name] for name in ("id", "version", "digest")} for one in line["lists"]],
            "tree": tree,
        },
        "list-itself": {
            **{name: item[name] for name in ("id", "version", "digest")},
            "document": begun.files[f"lists/{item['digest']}.json"],
            "lists": [begun._list_hash(one).hex() for one in line["lists"]],
            "tree": tree,
        },
        "leaf-entry": {
            "leaf": leaf.hex(),
            "place": {"batch": said, "index": 0, "path": [], "tree": tree},
            "preimage": preimage.hex(),
        },
    }[kind]
    chain = Collector(begun.sender.rpc, begun.trust, hex(begun.last_block))
    chain.prove(partial(slots.anchored, root=bytes.fromhex(line["root"])))
    ((code, owner),) = KINDS[kind].codes.items()
    told = material | {PROOF: parts.proof(chain)}
    evidence = Evidence(kind, owner, code, begun.sender.chain_id, begun.contract, told)
    verdict = proved_by(begun, evidence.to_bytes())
    assert verdict.outcome == "not_proved"
    assert "1 to 133 bytes" in verdict.sentence or "shows nothing" in verdict.sentence, verdict


def test_without_a_block_hash_of_the_readers_own_nothing_is_proved(begun: History, tmp_path: Path) -> None:
    _older(begun)
    content = one(accuse(begun, begun.write(tmp_path))[1], "A12-list.older")
    trust = TrustProfile((begun.trust,))
    verdict = verify_evidence(content, trust)
    assert (verdict.outcome, verdict.exit_code) == ("unknown", 2)
    assert "--block-hash" in verdict.needed
    assert verify_evidence(content, trust, lambda _: bytes(32)).outcome == "not_proved"
    stranger = TrustProfile((replace(begun.trust, chain_id=1),))
    assert verify_evidence(content, stranger, block_hash_at(begun)).outcome == "unknown"
    assert verify_evidence(content.replace(b",", b", ", 1), trust, block_hash_at(begun)).outcome == "not_proved"


def test_what_is_published_must_be_looked_at_by_the_reader(honest: Honest, copy: Path) -> None:
    history, export = honest
    change(copy / "batches/00000002.json", lambda batch: batch["leaves"].__setitem__(0, other(batch["leaves"][0])))
    report, files = accuse(history, copy)
    content = one(files, "A5-batch.root")
    assert "--export" in proved_by(history, content).needed
    assert proved_by(history, content, open_source(str(copy))).outcome == "proved"
    assert proved_by(history, content, open_source(str(export))).outcome == "not_proved"
    for what, bad in altered(content):
        assert proved_by(history, bad, open_source(str(copy))).outcome == "not_proved", what
    assert "evidence: A5-batch.root-" in report.summary()


def test_what_no_file_can_prove_is_null_in_the_report_with_the_reason(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 2), KEY, signer=STRANGER)])
    report, files = accuse(begun, begun.write(tmp_path))
    told = next(item for item in report.to_json()["properties"] if item["id"] == "A10")["evidence"]
    assert not files
    assert [(item["code"], item["evidence"]) for item in told] == [("batch.signature", None)]
    assert "signed by nobody" in told[0]["reason"]


def test_a_compromise_declared_later_cannot_be_turned_against_an_earlier_batch(begun: History, tmp_path: Path) -> None:
    since = begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "markCompromised(bytes32,uint48)", KEY.key_id, since)
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    content = one(accuse(begun, begun.write(tmp_path))[1], "A10-batch.key-not-in-force")
    assert json.loads(content)["material"]["batch"]["number"] == 2
    assert proved_by(begun, content).outcome == "proved"


def test_evidence_names_nobody_and_carries_no_text_of_the_auditor(begun: History, tmp_path: Path) -> None:
    for make in (_revoked_key, _leaf_twice_later):
        make(begun)
    for content in accuse(begun, begun.write(tmp_path))[1].values():
        value = json.loads(content)
        assert value.keys() == {"format", "kind", "property", "code", "registry", "material"}
        assert b"did:" not in content


def _leaf_twice_later(history: History) -> None:
    history.anchor([], [history.batch(3, leaves("a", 3))])


def test_a_kind_is_refused_for_a_finding_that_is_not_its_own(begun: History, tmp_path: Path) -> None:
    _older(begun)
    value = json.loads(one(accuse(begun, begun.write(tmp_path))[1], "A12-list.older"))
    assert sorted(BY_CODE) == sorted(code for kind in KINDS.values() for code in kind.codes)
    for edit in ({"code": "list.unrevoked"}, {"property": "A5"}, {"kind": "signer"}, {"kind": "hearsay"}, {"note": ""}):
        assert proved_by(begun, canonical(value | edit) + b"\n").outcome == "not_proved"
