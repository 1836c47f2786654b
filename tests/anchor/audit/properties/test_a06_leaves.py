"""A6: a leaf that stands for something else as well could carry a proof from one batch, or one registry, to another."""

from pathlib import Path

from registry.format.merkle import root_of
from tests.support.auditing import broken, look, outcomes
from tests.support.history import History, leaves


def test_leaves_that_are_roots_or_entries_are_named_and_stay_named(begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("a", 2))])
    clean = look(begun, begun.write(tmp_path))
    assert (clean.clean, outcomes(clean)["A6"]) == (True, "holds")
    batch = begun.files["batches/00000001.json"]
    stolen = {
        "the root of batch 1": bytes.fromhex(batch["root"]),
        "the root of anchor 1": bytes.fromhex(begun.anchors[0]["root"]),
        "the entry of batch 1": begun._batch_hash(batch),
    }
    begun.anchor([], [begun.batch(2, [*stolen.values(), *leaves("b", 1)])])
    for _ in range(2):  # found, and found again when the chain has gone on
        report = look(begun, begun.write(tmp_path))
        assert {(one.subject, one.code) for one in report.findings} == {("batch 2", "leaf.is-entry")}
        assert [what for what in stolen if what in str(report.findings)] == list(stolen)
        assert broken(report) == {"A6"}
        begun.anchor([], [begun.batch(3, leaves("c", 1))])


def test_a_leaf_that_is_a_node_above_others_is_named(begun: History, tmp_path: Path) -> None:
    """The second preimage: the upper half of a tree, passed off as leaves of the same batch."""
    begun.anchor([], [begun.batch(1, leaves("a", 4))])
    assert look(begun, begun.write(tmp_path)).clean
    pair = leaves("b", 2)
    begun.anchor([], [begun.batch(2, [*pair, root_of(pair), *leaves("c", 1)])])
    report = look(begun, begun.write(tmp_path))
    assert {(one.subject, one.code) for one in report.findings} == {("batch 2", "leaf.is-node")}
    assert broken(report) == {"A6"}
