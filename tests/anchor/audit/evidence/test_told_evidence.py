"""Evidence that a liar tells by hand proves nothing against an honest history, and writes on nobody's screen."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.evidence import parts
from anchor.audit.evidence.context import PROOF
from anchor.audit.evidence.file import Evidence
from anchor.audit.evidence.kinds import KINDS
from anchor.audit.evidence.verdict import Verdict
from anchor.bundle import slots
from anchor.bundle.make import Collector
from registry.format import entries
from registry.format.merkle import root_of
from tests.support.evidencing import proved_by
from tests.support.history import KEY, History, leaves
from tests.support.specimen import sha

PURPOSES = ("revocation", "suspension")


def judged(history: History, kind: str, code: str, material: dict[str, Any]) -> Verdict:
    """What a reader says of this material, with a proof of all anchors there are."""
    chain = Collector(history.sender.rpc, history.trust, hex(history.last_block))
    for line in history.anchors:
        chain.prove(partial(slots.anchored, root=bytes.fromhex(line["root"])))
    told = material | {PROOF: parts.proof(chain)}
    evidence = Evidence(kind, KINDS[kind].codes[code], code, history.sender.chain_id, history.contract, told)
    return proved_by(history, evidence.to_bytes())


def test_an_id_from_a_file_does_not_write_over_the_reader_s_screen(begun: History, tmp_path: Path) -> None:
    item = begun.status_list("suspension", 1, [], named="revocation", url="x\x1b[2K\rproved: all of it")
    begun.anchor([item], [])
    begun.write(tmp_path)
    (line,) = begun.anchors
    status = entries.status_entry(begun.registry_id, 1, bytes.fromhex(line["status_root"]))
    told = {
        **{name: item[name] for name in ("id", "version", "digest")},
        "document": begun.files[f"lists/{item['digest']}.json"], "lists": [line["status_root"]],
        "tree": [entries.entry_hash(status).hex()],
    }  # fmt: skip
    verdict = judged(begun, "list-itself", "list.identity", told)
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
        verdict = judged(begun, kind, code, material)
        assert (verdict.outcome, why in verdict.sentence) == ("not_proved", True), verdict


@pytest.mark.parametrize("name", ["A9-batch.passed-over", "A12-list.dropped"])
def test_an_honest_order_told_backwards_proves_nothing(name: str, begun: History, tmp_path: Path) -> None:
    begun.anchor([], [begun.batch(1, leaves("1", 1))])
    begun.anchor([begun.status_list("revocation", 1, [5])], [begun.batch(2, leaves("2", 1))])
    begun.write(tmp_path)
    lines = begun.anchors[::-1]
    sides: list[dict[str, Any]] = []
    for line in lines:
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
    verdict = judged(begun, kind, name.split("-", maxsplit=1)[1], material)
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
    (code,) = KINDS[kind].codes
    verdict = judged(begun, kind, code, material)
    assert verdict.outcome == "not_proved"
    assert "1 to 133 bytes" in verdict.sentence or "shows nothing" in verdict.sentence, verdict
