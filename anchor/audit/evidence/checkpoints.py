"""`checkpoints` and `checkpoint-chain`: what the registry's own key signed contradicts itself, or the contract."""

from collections.abc import Iterator

from anchor.audit.evidence.context import PROOF, Context, Needs
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import consistency
from registry.format.note import Checkpoint, Note, parse_checkpoint
from registry.limits import MAX_PATH
from registry.verify.jsonfields import Fields

FORK_NAMES = frozenset({"first", "second"})
CHAIN_NAMES = frozenset({"checkpoint", "root", "path", PROOF})


def fork(material: Fields, context: Context) -> Iterator[Shown]:
    """Two checkpoints of one size with two roots: nothing else is needed, for only the registry can sign them."""
    first, second = (_signed(material.text(name), context) for name in ("first", "second"))
    if first.size == second.size and first.root < second.root:
        sentence = f"The registry's key signed two heads for {first.size} entries: "
        yield Shown("checkpoint.fork", f"{sentence}{first.root.hex()} and {second.root.hex()}.")


def chain(material: Fields, context: Context) -> Iterator[Shown]:
    """The contract's log had `root` at the checkpoint's size, as a consistency proof to its head shows."""
    checkpoint = _signed(material.text("checkpoint"), context)
    root, path = material.binary("root", 32), material.hashes("path", 2 * MAX_PATH)
    size, head = context.proved(material, slots.log)
    consistency.check(checkpoint.size, size, root, head, path)
    if root != checkpoint.root:
        sentence = f"The registry's key signed {checkpoint.root.hex()} as the head of {checkpoint.size} entries"
        yield Shown("checkpoint.other-head", f"{sentence}; in the contract it was {root.hex()}.")


def _signed(text: str, context: Context) -> Checkpoint:
    """The checkpoint of a note that has the log key's signature and no other. Raises Needs, FormatError."""
    key = context.trust.log_key
    if key is None:
        raise Needs("Your trust profile has no log_key for this registry: get it from its operator and add it.")
    note = Note.parse(text.encode())
    checkpoint = parse_checkpoint(note.text)
    if len(note.signatures) != 1 or not note.verify(key):
        raise FormatError("evidence.signature", "/material", "The checkpoint is not signed by the registry's key alone")
    if checkpoint.origin != key.name:
        raise FormatError("evidence.origin", "/material", "The checkpoint is of another log than the key's")
    return checkpoint
