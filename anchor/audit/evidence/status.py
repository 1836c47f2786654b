"""`status-tree`, `list-itself`: what an anchor's status lists show alone, without those of another anchor."""

from collections.abc import Iterator

from anchor.audit.evidence.context import PROOF, Context
from anchor.audit.evidence.lists import SIDE, numbers, side, whole
from anchor.audit.evidence.verdict import Shown
from registry.errors import FormatError
from registry.format import entries
from registry.verify.document import shown
from registry.verify.jsonfields import Fields

TREE_NAMES = frozenset({"lists", "tree", PROOF})
LIST_NAMES = SIDE | {"id", PROOF}


def tree(material: Fields, context: Context) -> Iterator[Shown]:
    """All lists of an anchor, in the order that they have there."""
    found, ids = whole(material, context.trust.registry_id)
    (number,) = numbers(material, context, found)
    order = [entries.list_hash(one) for one in ids]
    if order != sorted(order):
        yield Shown("status.order", f"Anchor {number} has its status lists in another order than that of their hashes.")


def itself(material: Fields, context: Context) -> Iterator[Shown]:
    """A list that says of itself something else than where it is anchored.

    Not whether its issuer is another than the key's: the signature is not anchored, and anybody can make one.
    """
    list_id = material.text("id")
    found = side(material, context.trust.registry_id, list_id)
    if found.document is None:
        raise FormatError("evidence.list", "/material/document", "The list is not there")
    (number,) = numbers(material, context, found)
    purpose, _, _ = found.kind
    if found.document.get("id") != list_id or not list_id.endswith(f"-{purpose}"):
        where = f"Anchor {number} has version {found.version} of list {shown(list_id)}"
        yield Shown("list.identity", f"{where}, which says that it is another list, or of another purpose.")
