"""The material of each kind, from what an audit has read. None of it is believed: it is checked like anybody's."""

from collections.abc import Callable, Iterator, Mapping

from anchor.audit.evidence import checkpoints, history, ofbatches, oflists, parts
from anchor.audit.evidence import receipt as receipts
from anchor.audit.evidence.context import PROOF
from anchor.audit.evidence.parts import Material, Open
from anchor.audit.report import Finding
from anchor.audit.view import View
from anchor.bundle import slots
from registry.format.receipt import Receipt


def code(_view: View, _finding: Finding, open_: Open) -> Iterator[Material]:
    """The contract's code."""
    chain = open_()
    yield {"code": chain.code.hex(), PROOF: parts.proof(chain)}


def log(view: View, _finding: Finding, open_: Open) -> Iterator[Material]:
    """All entries, and the head in storage."""
    chain = open_()
    chain.prove(slots.log)
    yield {"entries": [history.to_json(entry) for entry in view.entries], PROOF: parts.proof(chain)}


def checkpoint(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The checkpoint that the finding names by its root, and the contract's log at its size."""
    chain = open_()
    chain.prove(slots.log)
    for served in view.signed:
        if served.checkpoint.root.hex() == finding.found and not served.ahead(view.leaves):
            yield checkpoints.against_chain(served.content, view.trust.log_keys, view.leaves, parts.proof(chain))


def fork(view: View, finding: Finding, _open: Open) -> Iterator[Material]:
    """The two checkpoints of one size that the finding names by their roots."""
    heads = {(one.checkpoint.size, one.checkpoint.root.hex()): one.content for one in view.signed}
    for (size, root), content in heads.items():
        other = heads.get((size, finding.found))
        if root == finding.expected and other is not None:
            yield checkpoints.of_two(content, other, view.trust.log_keys)


def receipt(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The receipt that the finding names, and the anchors in which the batch is absent: see `evidence.receipt`."""
    name = finding.subject.partition(", receipt ")[2]
    found = Receipt.parse(view.given.receipts[name]) if name in view.given.receipts else None
    if found is None:
        raise parts.NotThere("the receipt")
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
        PROOF: parts.proof(chain),
    }


def _listed(view: View, number: int) -> tuple[int, ...]:
    line = view.walk.lines.get(number)
    return line.batches if line else ()


def _said(view: View, number: int) -> Material:
    line = parts.line(view, number)
    batches = [parts.entry(parts.batch(view, one)).to_json() for one in line.batches]
    return {"status_root": line.status_root.hex(), "batches": batches}


MATERIALS: Mapping[str, Callable[[View, Finding, Open], Iterator[Material]]] = {
    "code": code,
    "history": log,
    "checkpoints": fork,
    "checkpoint-chain": checkpoint,
    "signer": ofbatches.signer,
    "leaf-twice": ofbatches.leaf_twice,
    "leaf-node": ofbatches.leaf_node,
    "leaf-entry": ofbatches.leaf_entry,
    "batch-places": ofbatches.places,
    "list-gone": oflists.list_gone,
    "status-lists": oflists.status_lists,
    "list-itself": oflists.list_itself,
    "status-tree": oflists.status_tree,
    "published": ofbatches.published,
    "receipt": receipt,
}
"""By kind."""
