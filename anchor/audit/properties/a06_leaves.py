"""A6: a leaf stands for one credential at one place, and for nothing else."""

from anchor.audit.properties.property import Property, missing
from anchor.audit.view import View


def check(view: View) -> str:
    """No leaf is a root or an entry; those of credentials that holders gave are recomputed from the files."""
    if reason := missing(view):
        return reason
    _no_leaf_is_an_entry(view)
    for given in view.credentials:
        proof, leaf = given.proof, given.leaf
        place = view.walk.batches.place(leaf)
        view.book.expect(
            "CredentialsHaveTheirLeaf",
            place == (proof.batch, proof.index),
            given.name,
            "leaf.not-published",
            "Its leaf, recomputed from the file, is not in the export at the place that its proof names, "
            "although the issuer's key signed that batch.",
            f"batch {proof.batch}, leaf {proof.index}",
            f"batch {place[0]}, leaf {place[1]}" if place else "nowhere",
        )
    return "" if view.credentials else "what is inside a leaf: only holders know it, and none gave a credential"


def _no_leaf_is_an_entry(view: View) -> None:
    batches, lists = view.walk.batches, view.walk.lists
    others = {
        **{anchor.root: f"the root of anchor {anchor.number}" for anchor in view.history.anchors},
        **{entry: f"the entry of batch {number}" for number, entry in batches.entries.items()},
        **{root: f"the root of batch {number}" for number, (root, size) in batches.roots.items() if size > 1},
        **{entry: f"an entry of list {name}" for entry, name in lists.entries.items()},
        **{leaf: f"log entry {position}" for position, leaf in enumerate(view.leaves)},
        **{entry: f"status entry {number}" for entry, number in view.walk.status_entries.items()},
    }
    for value, what in others.items():
        place = batches.place(value)
        view.book.expect(
            "LeavesAreNoNodes",
            place is None,
            f"batch {place[0]}" if place else what,
            "leaf.is-entry",
            f"Leaf {place[1] if place else 0} is {what}: a proof could pass one off as the other.",
            found=value.hex(),
        )


LEAVES = Property(
    6,
    "leaves",
    "a leaf stands for one credential at one place in one batch: none is a node, a root or an entry",
    ("LeavesAreNoNodes", "CredentialsHaveTheirLeaf"),
    check,
)
