"""What is wrong on the chain itself: the operator did it, and the export tells it truly."""

from pathlib import Path

from tests.support.auditing import found, look
from tests.support.history import ISSUER, KEY, LISTS, REGISTRAR, STRANGER, History, leaves


def test_a_revocation_that_is_taken_back_is_named_with_its_index(begun: History, tmp_path: Path) -> None:
    begun.anchor([begun.status_list("revocation", 1, [5, 9])], [])
    begun.anchor([begun.status_list("revocation", 2, [5])], [])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {(f"list {LISTS}-revocation version 2 in anchor 2", "list.unrevoked")}
    assert "index 9" in report.findings[0].sentence


def test_a_list_that_vanishes_takes_its_revocations_with_it(begun: History, tmp_path: Path) -> None:
    begun.anchor([begun.status_list("revocation", 1, [5])], [])
    begun.anchor([], [begun.batch(1, leaves("a", 1))])
    assert found(look(begun, begun.write(tmp_path))) == {(f"list {LISTS}-revocation in anchor 2", "list.dropped")}


def test_an_anchor_that_tells_two_stories_of_one_list_is_caught(begun: History, tmp_path: Path) -> None:
    begun.anchor([begun.status_list("revocation", 1, []), begun.status_list("revocation", 2, [5])], [])
    codes = {code for _, code in found(look(begun, begun.write(tmp_path)))}
    assert "list.twice" in codes


def test_an_older_version_of_a_list_is_named(begun: History, tmp_path: Path) -> None:
    older, newer = begun.status_list("suspension", 1, []), begun.status_list("suspension", 2, [5])
    begun.anchor([newer], [])
    begun.anchor([older], [])
    assert found(look(begun, begun.write(tmp_path))) == {
        (f"list {LISTS}-suspension version 1 in anchor 2", "list.older")
    }


def test_a_version_that_is_changed_in_place_is_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([begun.status_list("suspension", 1, [])], [])
    begun.anchor([begun.status_list("suspension", 1, [5])], [])
    assert found(look(begun, begun.write(tmp_path))) == {
        (f"list {LISTS}-suspension version 1 in anchor 2", "list.changed-in-place")
    }


def test_a_status_root_that_was_anchored_without_its_lists_is_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([begun.status_list("revocation", 1, [])], [], status_root=b"\x11" * 32)
    assert found(look(begun, begun.write(tmp_path))) == {
        ("anchor 1", "status.root"),
        ("anchor 1", "anchor.root"),
    }


def test_a_key_that_the_contract_never_knew_is_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 2), STRANGER)])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 1", "batch.unknown-key")}


def test_a_batch_signed_by_another_key_than_it_names_is_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 2), KEY, signer=STRANGER)])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 1", "batch.signature")}


def test_only_a_batch_anchored_after_its_key_was_revoked_is_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "revokeKey(bytes32)", KEY.key_id)
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 2", "batch.key-not-in-force")}


def test_a_batch_anchored_while_its_issuer_was_suspended_is_named(begun: History, tmp_path: Path) -> None:
    begun.call(REGISTRAR, "suspendIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "reinstateIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("batch 1", "batch.issuer-suspended")}


def test_a_compromise_that_was_declared_later_is_a_note_and_not_a_finding(begun: History, tmp_path: Path) -> None:
    since = begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "markCompromised(bytes32,uint48)", KEY.key_id, since)
    begun.anchor([], [begun.batch(2, leaves("b", 2))])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("batch 2", "batch.key-not-in-force")}
    assert [note for note in report.notes if "batch 1" in note]


def test_a_leaf_in_two_batches_is_named_with_both_places(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 3)), begun.batch(2, [*leaves("b", 1), leaves("a", 3)[2]])])
    report = look(begun, begun.write(tmp_path))
    assert found(report) == {("batch 2", "batch.leaf-twice")}
    assert "Leaf 1 is also leaf 2 of batch 1" in report.findings[0].sentence


def test_a_batch_number_that_was_left_out_is_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 1)), begun.batch(3, leaves("b", 1))])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 2", "batch.gap")}


def test_a_batch_that_was_anchored_twice_is_named(begun: History, tmp_path: Path) -> None:
    number = begun.batch(1, leaves("a", 1))
    begun.anchor([], [number])
    begun.anchor([], [number])
    assert found(look(begun, begun.write(tmp_path))) == {("batch 1", "batch.anchored-twice")}
