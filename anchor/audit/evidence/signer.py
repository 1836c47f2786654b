"""`signer`: a batch is anchored whose key was not in force, or whose issuer was suspended, at the anchor's time."""

from collections.abc import Iterator

from anchor.audit.evidence.anchors import MAX_TREE, BatchEntry, anchored, root_with
from anchor.audit.evidence.context import PROOF, Context
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.verify.jsonfields import Fields

NAMES = frozenset({"batch", "tree", PROOF})


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """The anchor's tree holds the batch's entry; storage holds the anchor's time and the key's window.

    A compromise that was declared later is not held against a batch: whoever declares one ends the key as well, at the
    time of the declaration, so a key that nobody had declared stolen then was not revoked then.
    """
    batch = BatchEntry.read(material.object("batch"), material.place("batch"))
    tree = material.hashes("tree", MAX_TREE)
    root = root_with(tree, batch.hash(context.trust.registry_id), "this batch")
    found = context.proved(material, lambda read: slots.lookup(read, root, batch.key_id))
    number, time = anchored(found["anchor_number"]), found["anchor_time"]
    begin = f"Batch {batch.number} is in anchor {number} of {time}, under key {batch.key_id.hex()}"
    if found["key_issuer"] == bytes(32):
        yield Shown("batch.unknown-key", f"{begin}, which the contract does not know.")
        return
    added, revoked = found["key_added_at"], found["key_revoked_at"]
    if not added <= time or 0 < revoked <= time:
        window = f"from {added} to {revoked or 'now'}"
        yield Shown("batch.key-not-in-force", f"{begin}, which was in force {window} (Unix seconds).")
    if found["issuer_suspended"]:
        yield Shown("batch.issuer-suspended", f"{begin}, whose issuer was suspended at that time.")
