"""Evidence from an audit convinces a reader who trusts no auditor, and only as long as nothing in it is altered."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from anchor.audit.evidence.file import Evidence
from anchor.audit.evidence.kinds import BY_CODE, KINDS
from anchor.audit.evidence.verify import verify_evidence
from anchor.audit.log import fetch
from anchor.audit.pinned import Pinned
from anchor.audit.source import open_source
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
    lists = [history.status_list(purpose, 1, []) for purpose in ("revocation", "suspension")]
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
