"""The checkpoint that a registry serves, and its tiles: read from beside its export, and held against the contract.

served = Served.read(export)                 None where the registry serves none
problem = served.unsigned(key)               "" where it is signed by the key
problem = served.other_head(head)            "" where the contract's log had that head at its size
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anchor.audit.source import ExportSource, Missing, open_source
from anchor.errors import Unreachable
from registry.errors import FormatError
from registry.format import consistency
from registry.format.note import Checkpoint, Note, NoteKey, parse_checkpoint
from registry.format.tiles import TileTree

CHECKPOINT_PATH = "log/checkpoint"


@dataclass(frozen=True)
class Served:
    """A checkpoint as it was served or kept; nothing of it is believed until it is checked."""

    content: bytes
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, content: bytes) -> "Served":
        """Raises FormatError note.*."""
        note = Note.parse(content)
        return cls(content, note, parse_checkpoint(note.text))

    @classmethod
    def read(cls, export: ExportSource) -> "Served | None":
        """What is served beside the export; None where there is nothing. Raises Unreachable, FormatError note.*."""
        try:
            return cls.parse(log_source(export).read(CHECKPOINT_PATH))
        except Missing:
            return None

    def signed_by(self, key: NoteKey) -> bool:
        """Whether it is the log of `key`, signed by it."""
        return self.checkpoint.origin == key.name and self.note.verify(key)

    def unsigned(self, key: NoteKey) -> str:
        """What is wrong with its signature, or ""; `key` is the trust profile's."""
        return (
            "" if self.signed_by(key) else f"The checkpoint is not signed by the key {key.name} of the trust profile."
        )

    def other_head(self, head: bytes) -> str:
        """What is wrong with its root, or ""; `head` is that of the contract's log at its size, 32 bytes."""
        if head == self.checkpoint.root:
            return ""
        size = self.checkpoint.size
        return f"The checkpoint of {size} entries has another root than the contract's log, {head.hex()}."

    def ahead(self, leaves: Sequence[bytes]) -> bool:
        """Whether it has more entries than the log that was read: of a later block, or of another log."""
        return self.checkpoint.size > len(leaves)

    def tree(self, export: ExportSource) -> TileTree:
        """Its tree, out of the tiles beside it. Raises FormatError tiles.*, Unreachable where one is missing."""
        source = log_source(export)

        def read(path: str) -> bytes:
            try:
                return source.read(f"log/{path}")
            except Missing:
                raise Unreachable(source.name, f"it has no log/{path}") from None

        tree = TileTree(self.checkpoint.size, read)
        if tree.root != self.checkpoint.root:
            raise FormatError("tiles.root", "", "The tiles do not lead to the root of the checkpoint")
        return tree

    def follows(self, before: "Served", tree: TileTree) -> str:
        """Whether its log begins with that of `before`, by a proof made of `tree`: what is wrong, or ""."""
        old, new = before.checkpoint, self.checkpoint
        if old.size > new.size:
            return (
                f"The checkpoint has {new.size} entries, and there was one of {old.size}: it is stale, or the log cut."
            )
        if not old.size:
            return ""
        try:
            path = consistency.prove(old.size, new.size, tree.subtree)
            consistency.check(old.size, new.size, old.root, new.root, path)
        except FormatError as flaw:
            return f"The log does not begin with the {old.size} entries of the checkpoint before: {flaw}"
        return ""


def log_source(export: ExportSource) -> ExportSource:
    """Where /log is: beside the API, or in the copy that was made of it."""
    return open_source(export.api) if export.api else export
