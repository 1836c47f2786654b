"""`checkpoints` and `checkpoint-chain`: what the registry's own key signed contradicts itself, or the contract."""

from collections.abc import Iterator, Sequence
from typing import Any

from anchor.audit.evidence.context import PROOF, Context, Needs
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import consistency
from registry.format.merkle import RFC9162, root_of
from registry.format.note import Checkpoint, Note, NoteKey, parse_checkpoint
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


def of_two(first: bytes, second: bytes, keys: Sequence[NoteKey]) -> dict[str, str]:
    """The material of `checkpoints`, from two notes that one of `keys` signed; all other signatures are left out."""
    notes = (Note.parse(first), Note.parse(second))
    ordered = sorted(notes, key=lambda note: parse_checkpoint(note.text).root)
    return {name: _alone(note, keys) for name, note in zip(("first", "second"), ordered, strict=True)}


def against_chain(
    signed: bytes, keys: Sequence[NoteKey], leaves: Sequence[bytes], proof: dict[str, Any]
) -> dict[str, Any]:
    """The material of `checkpoint-chain`: `leaves` of the whole log, `proof` of its size and head in storage.

    Raises FormatError where the checkpoint is larger than the log: that is to be checked under a later block.
    """
    note = Note.parse(signed)
    size = parse_checkpoint(note.text).size
    path = consistency.prove(size, len(leaves), lambda start, end: root_of(leaves[start:end], RFC9162))
    root = root_of(leaves[:size], RFC9162).hex()
    return {"checkpoint": _alone(note, keys), "root": root, "path": [one.hex() for one in path], PROOF: proof}


def _alone(note: Note, keys: Sequence[NoteKey]) -> str:
    """The note with the signature of the first key that signed it. The registry could add others under its name."""
    key = next((key for key in keys if note.verify(key)), None)
    if key is None:
        raise FormatError("evidence.signature", "/material", "The checkpoint is not signed by the registry's key")
    own = tuple(one for one in note.signatures if (one.name, one.key_id) == (key.name, key.key_id))
    return Note(note.text, own).to_bytes().decode()


def _signed(text: str, context: Context) -> Checkpoint:
    """The checkpoint of a note that has the log key's signature and no other. Raises Needs, FormatError."""
    keys = context.trust.log_keys
    if not keys:
        raise Needs("Your trust profile has no log_key for this registry: get it from its operator and add it.")
    note = Note.parse(text.encode())
    checkpoint = parse_checkpoint(note.text)
    key = next((key for key in keys if note.verify(key)), None)
    if len(note.signatures) != 1 or key is None:
        raise FormatError("evidence.signature", "/material", "The checkpoint is not signed by the registry's key alone")
    if checkpoint.origin != key.name:
        raise FormatError("evidence.origin", "/material", "The checkpoint is of another log than the key's")
    return checkpoint
