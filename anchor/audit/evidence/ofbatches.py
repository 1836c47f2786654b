"""The material of findings about batches: their signers, their leaves, and where they are anchored."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from anchor.audit.evidence import parts
from anchor.audit.evidence.context import PROOF
from anchor.audit.evidence.parts import Material, Open
from anchor.audit.report import Finding
from anchor.audit.view import View
from anchor.bundle import slots
from registry.format.merkle import Tree, root_of


def signer(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The batch's entry among those of its anchor."""
    batch = parts.batch(view, parts.number(finding))
    tree = parts.tree(view, parts.line_with(view, batch.number))
    entry, chain = parts.entry(batch), open_()
    chain.prove(lambda read: slots.lookup(read, root_of(tree), entry.key_id))
    yield {"batch": entry.to_json(), "tree": parts.hexes(tree), PROOF: parts.proof(chain)}


def leaf_twice(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The two places of the leaf that the finding names."""
    leaf = bytes.fromhex(finding.found)
    first = view.walk.batches.place(leaf)
    again = parts.batch(view, parts.number(finding))
    if first is None:
        raise parts.NotThere("the first place of this leaf")
    second = next(
        (index for index, one in enumerate(again.leaves) if one == leaf and (again.number, index) != first), None
    )
    if second is None:
        raise parts.NotThere("the second place of this leaf")
    places = sorted([first, (again.number, second)])
    sides, chain = [], open_()
    for number, index in places:
        tree = parts.tree(view, parts.line_with(view, number))
        chain.prove(partial(slots.anchored, root=root_of(tree)))
        sides.append(_place(view, number, index, tree))
    yield {"leaf": leaf.hex(), "first": sides[0], "second": sides[1], PROOF: parts.proof(chain)}


def leaf_node(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The leaf that the finding names, and its other place above the leaves."""
    batch = parts.batch(view, parts.number(finding))
    tree, found = parts.tree(view, parts.line_with(view, batch.number)), bytes.fromhex(finding.found)
    level, nodes, chain = 0, list(batch.leaves), open_()
    chain.prove(partial(slots.anchored, root=root_of(tree)))
    while len(nodes) > 1:
        # A lone last node goes up as it is, so the first level that has it is the one where it is made.
        level, lone = level + 1, len(nodes) % 2
        nodes = [root_of(nodes[at : at + 2]) for at in range(0, len(nodes), 2)]
        if found in nodes[: len(nodes) - lone]:
            place, index = nodes.index(found), batch.leaves.index(found)
            yield {
                "batch": parts.entry(batch).to_json(),
                "tree": parts.hexes(tree),
                "hash": found.hex(),
                "leaf": {"index": index, "path": parts.hexes(Tree(batch.leaves).path(index))},
                "node": {"level": level, "index": place, "path": parts.hexes(Tree(nodes).path(place))},
                PROOF: parts.proof(chain),
            }


def leaf_entry(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The leaf that the finding names, and what it is the hash of."""
    leaf = bytes.fromhex(finding.found)
    place, preimage = view.walk.batches.place(leaf), parts.preimage(view, leaf)
    if place is None:
        raise parts.NotThere("the leaf")
    tree, chain = parts.tree(view, parts.line_with(view, place[0])), open_()
    chain.prove(partial(slots.anchored, root=root_of(tree)))
    told = _place(view, *place, tree)
    yield {"leaf": leaf.hex(), "place": told, "preimage": preimage.hex(), PROOF: parts.proof(chain)}


def _place(view: View, number: int, index: int, tree: list[bytes]) -> Material:
    batch = parts.batch(view, number)
    return {
        "batch": parts.entry(batch).to_json(),
        "index": index,
        "path": parts.hexes(Tree(batch.leaves).path(index)),
        "tree": parts.hexes(tree),
    }


def places(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """Two places of the finding's batch, or of two batches of which the later one has the smaller number."""
    number = parts.number(finding)
    held = [(line.number, line.batches) for line in parts.lines_back(view, len(view.history.anchors))]
    all_ = [(batch, holder) for holder, batches in reversed(held) for batch in batches]
    if finding.code == "batch.anchored-twice":
        found = [at for at, (batch, _) in enumerate(all_) if batch == number][:2]
    else:
        here = [at for at, (_, holder) in enumerate(all_) if holder == number]
        before = max(range(here[0]), key=lambda at: all_[at][0], default=0) if here else 0
        pairs = pairwise(here) if finding.code == "anchor.batch-order" else ((before, at) for at in here)
        found = next(([one, other] for one, other in pairs if all_[one][0] > all_[other][0]), [])
    if len(found) < 2:
        raise parts.NotThere("the two places")
    sides, chain = [], open_()
    for at in found:
        batch, holder = all_[at]
        tree = parts.tree(view, parts.line(view, holder))
        index = 1 + sum(other == holder for _, other in all_[:at])
        chain.prove(partial(slots.anchored, root=root_of(tree)))
        entry = parts.entry(parts.batch(view, batch)).to_json()
        sides.append({"batch": entry, "index": index, "tree": parts.hexes(tree)})
    yield {"first": sides[0], "second": sides[1], PROOF: parts.proof(chain)}


def published(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The root that the chain has for the anchor."""
    number = parts.number(finding)
    if finding.subject.startswith("batch "):
        number = parts.line_with(view, number).number
    if not 0 < number <= len(view.history.anchors):
        raise parts.NotThere(f"there is no anchor {number} on the chain")
    root, chain = view.history.anchors[number - 1].root, open_()
    chain.prove(partial(slots.anchored, root=root))
    yield {"number": number, "root": root.hex(), PROOF: parts.proof(chain)}
