"""The material of each kind, from what an audit has read. None of it is believed: it is checked like anybody's."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from anchor.audit.evidence import checkpoints, history
from anchor.audit.evidence import receipt as receipts
from anchor.audit.evidence.anchors import BatchEntry
from anchor.audit.evidence.context import PROOF
from anchor.audit.manifest import AnchorLine, BatchFile, ListLine
from anchor.audit.report import Finding
from anchor.audit.source import batch_path, list_path
from anchor.audit.view import View
from anchor.bundle import slots
from anchor.bundle.make import Collector
from registry.format.merkle import Tree, root_of
from registry.format.receipt import Receipt
from registry.format.strictjson import parse
from registry.limits import MAX_STATUS_EVIDENCE_BYTES

Material = dict[str, Any]
Open = Callable[[], Collector]
"""Asks the node for proofs at the audited block. Raises Unreachable where it gives none."""

MAX_EARLIER = 32
"""Earlier versions of a list that are tried; each may mean reading one list."""


class NotThere(Exception):
    """What the proof would need was not published, or not found. The message says what."""


def proof(chain: Collector) -> Material:
    """Header, account and storage nodes, all of them needed."""
    return {
        "header": chain.encoded.hex(),
        "account": [node.hex() for node in chain.account],
        "storage": [node.hex() for node in chain.storage],
    }


def code(_view: View, _finding: Finding, open_: Open) -> Iterator[Material]:
    """The contract's code."""
    chain = open_()
    yield {"code": chain.code.hex(), PROOF: proof(chain)}


def log(view: View, _finding: Finding, open_: Open) -> Iterator[Material]:
    """All entries, and the head in storage."""
    chain = open_()
    chain.prove(slots.log)
    yield {"entries": [history.to_json(entry) for entry in view.entries], PROOF: proof(chain)}


def checkpoint(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The checkpoint that the finding names by its root, and the contract's log at its size."""
    chain = open_()
    chain.prove(slots.log)
    for served in view.signed:
        if served.checkpoint.root.hex() == finding.found and not served.ahead(view.leaves):
            yield checkpoints.against_chain(served.content, view.leaves, proof(chain))


def fork(view: View, finding: Finding, _open: Open) -> Iterator[Material]:
    """The two checkpoints of one size that the finding names by their roots."""
    heads = {(one.checkpoint.size, one.checkpoint.root.hex()): one.content for one in view.signed}
    for (size, root), content in heads.items():
        other = heads.get((size, finding.found))
        if root == finding.expected and other is not None:
            yield checkpoints.of_two(content, other)


def signer(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The batch's entry among those of its anchor."""
    batch = _batch(view, _number(finding))
    tree = _tree(view, _line_with(view, batch.number))
    entry, chain = _entry(batch), open_()
    chain.prove(lambda read: slots.lookup(read, root_of(tree), entry.key_id))
    yield {"batch": entry.to_json(), "tree": _hexes(tree), PROOF: proof(chain)}


def leaf_twice(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The two places of the leaf that the finding names."""
    leaf = bytes.fromhex(finding.found)
    first = view.walk.batches.place(leaf)
    again = _batch(view, _number(finding))
    if first is None:
        raise NotThere("the first place of this leaf")
    second = next(
        (index for index, one in enumerate(again.leaves) if one == leaf and (again.number, index) != first), None
    )
    if second is None:
        raise NotThere("the second place of this leaf")
    places = sorted([first, (again.number, second)])
    sides, chain = [], open_()
    for number, index in places:
        batch, tree = _batch(view, number), _tree(view, _line_with(view, number))
        chain.prove(partial(slots.anchored, root=root_of(tree)))
        sides.append(
            {
                "batch": _entry(batch).to_json(),
                "index": index,
                "path": _hexes(Tree(batch.leaves).path(index)),
                "tree": _hexes(tree),
            }
        )
    yield {"leaf": leaf.hex(), "first": sides[0], "second": sides[1], PROOF: proof(chain)}


def status_lists(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The version that the finding names, with each earlier one from the newest on."""
    for number, line in sorted(view.walk.lines.items()):
        for item in line.lists:
            if finding.subject == f"list {item.id} version {item.version} in anchor {number}":
                yield from _pairs(view, finding, line, item, open_)


def published(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The root that the chain has for the anchor."""
    number = _number(finding)
    if finding.subject.startswith("batch "):
        number = _line_with(view, number).number
    if not 0 < number <= len(view.history.anchors):
        raise NotThere(f"there is no anchor {number} on the chain")
    root, chain = view.history.anchors[number - 1].root, open_()
    chain.prove(partial(slots.anchored, root=root))
    yield {"number": number, "root": root.hex(), PROOF: proof(chain)}


def receipt(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The receipt that the finding names, and the anchors in which the batch is absent: see `evidence.receipt`."""
    name = finding.subject.partition(", receipt ")[2]
    found = Receipt.parse(view.given.receipts[name]) if name in view.given.receipts else None
    if found is None:
        raise NotThere("the receipt")
    duty, anchors = found.duty, view.history.anchors
    end = min(sum(anchor.time <= duty.anchor_by for anchor in anchors) + 1, len(anchors))
    holding = (number for number in range(end, 1, -1) if any(one <= duty.batch for one in _listed(view, number)))
    begin = next(holding, 1)
    chain = open_()
    chain.prove(lambda read: receipts.ask(read, [one.root for one in anchors[begin - 1 : end]], duty.anchor_by))
    yield {
        "receipt": Receipt(duty, found.signature).to_bytes().decode(),
        "begin": begin,
        "anchors": [_said(view, number) for number in range(begin, end + 1)],
        PROOF: proof(chain),
    }


def _listed(view: View, number: int) -> tuple[int, ...]:
    line = view.walk.lines.get(number)
    return line.batches if line else ()


def _said(view: View, number: int) -> Material:
    line = view.walk.lines.get(number)
    if line is None:
        raise NotThere(f"what anchor {number} is made of, which is not published")
    batches = [_entry(_batch(view, one)).to_json() for one in line.batches]
    return {"status_root": line.status_root.hex(), "batches": batches}


def _pairs(view: View, finding: Finding, line: AnchorLine, item: ListLine, open_: Open) -> Iterator[Material]:
    twice, bits = finding.code == "list.twice", finding.code == "list.unrevoked"
    earlier = [
        (before, one)
        for number, before in sorted(view.walk.lines.items(), reverse=True)
        if (number == line.number if twice else number < line.number)
        for one in before.lists
        if one.id == item.id and (one.version, one.digest) != (item.version, item.digest)
    ]
    for before, one in earlier[:MAX_EARLIER]:
        older, newer = (before, one), (line, item)
        if twice and one.version > item.version:
            older, newer = newer, older
        chain = open_()
        for root in {root_of(_tree(view, side)) for side in (before, line)}:
            chain.prove(partial(slots.anchored, root=root))
        yield {
            "id": item.id,
            "first": _side(view, *older, bits),
            "second": _side(view, *newer, bits),
            PROOF: proof(chain),
        }


def _side(view: View, line: AnchorLine, item: ListLine, bits: bool) -> Material:
    document = None
    if bits:
        document = parse(view.export.read(list_path(item.digest)), max_bytes=MAX_STATUS_EVIDENCE_BYTES)
    return {
        "version": item.version,
        "digest": item.digest.hex(),
        "document": document,
        "lists": _hexes(line.list_hashes(view.registry)),
        "tree": _hexes(_tree(view, line)),
    }


def _tree(view: View, line: AnchorLine) -> list[bytes]:
    """The leaves of an anchor's tree, as the export says what it is made of. Raises NotThere."""
    known = view.walk.batches.entries
    if gone := [number for number in line.batches if number not in known]:
        raise NotThere(f"batch {gone[0]} of anchor {line.number} cannot be read, so its tree is not known")
    return [line.status_hash(view.registry), *(known[number] for number in line.batches)]


def _line_with(view: View, batch: int) -> AnchorLine:
    line = next((line for _, line in sorted(view.walk.lines.items()) if batch in line.batches), None)
    if line is None:
        raise NotThere(f"no anchor lists batch {batch}")
    return line


def _batch(view: View, number: int) -> BatchFile:
    return BatchFile.parse(view.export.read(batch_path(number)))


def _entry(batch: BatchFile) -> BatchEntry:
    return BatchEntry(batch.number, batch.size, batch.key_id, batch.root)


def _hexes(hashes: list[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def _number(finding: Finding) -> int:
    """Like 3 of "batch 3"."""
    word = finding.subject.split()[-1]
    if not word.isascii() or not word.isdigit():
        raise NotThere(f"the finding names no number: {finding.subject}")
    return int(word)


MATERIALS: Mapping[str, Callable[[View, Finding, Open], Iterator[Material]]] = {
    "code": code,
    "history": log,
    "checkpoints": fork,
    "checkpoint-chain": checkpoint,
    "signer": signer,
    "leaf-twice": leaf_twice,
    "status-lists": status_lists,
    "published": published,
    "receipt": receipt,
}
"""By kind."""
