"""Admission receipts (FORMAT.md section 13): what the registry took on when a batch was sealed, and until when.

    "credanchor-rcpt1" || registry_id || u64(batch) || u64(size) || issuer_key_id || batch_root
        || u64(accepted_at) || u64(anchor_by)                                                     144 bytes

The registry's own key signs it, the one that signs its notes. No note can be such bytes: a note's text holds no zero
byte, and u64(batch) begins with one. For one credential the same receipt goes with its leaf and its path.
"""

from dataclasses import dataclass
from typing import Any

from registry.errors import FormatError
from registry.format import entries, signature
from registry.format.merkle import root_from_path
from registry.format.multibase import ED25519_PREFIX
from registry.format.note import NoteKey
from registry.format.strictjson import canonical, parse
from registry.limits import MAX_INTEGER

RECEIPT_FORMAT = "credanchor-receipt/1"
RECEIPT_BYTES = 144

MAX_RECEIPT_BYTES = 8 * 1024
"""53 steps of 67 characters and the members around them: 4.2 kB."""

_TAG = b"credanchor-rcpt1"
_BATCH = {
    "format", "registry_id", "batch", "size", "key_id", "root", "accepted_at", "anchor_by", "signature",
}  # fmt: skip
_PLACE = {"index", "leaf", "path"}


@dataclass(frozen=True)
class Duty:
    """What is promised: that this batch (its entry, 128 bytes) is anchored by `anchor_by`; times in Unix seconds.

    `registry_id`, `key_id` (the issuer's key) and `root` have 32 bytes.
    """

    registry_id: bytes
    batch: int
    size: int
    key_id: bytes
    root: bytes
    accepted_at: int
    anchor_by: int

    @property
    def preimage(self) -> bytes:
        """The 144 bytes that are signed. Raises FormatError format.integer, format.length."""
        # The entry's bytes behind its tag are exactly the five members; it checks their lengths.
        entry = entries.batch_entry(self.registry_id, self.batch, self.size, self.key_id, self.root)
        times = self.accepted_at.to_bytes(8, "big") + self.anchor_by.to_bytes(8, "big")
        return _TAG + entry[len(_TAG) :] + times

    @property
    def entry_hash(self) -> bytes:
        """The leaf that must be in some anchor's tree, 32 bytes."""
        return entries.entry_hash(
            entries.batch_entry(self.registry_id, self.batch, self.size, self.key_id, self.root),
        )


@dataclass(frozen=True)
class Place:
    """Where one credential is in the batch: its leaf (32 bytes), and the siblings from it up to the root."""

    index: int
    leaf: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Receipt:
    """A duty and 64 bytes of signature, of a batch or, with `place`, of one credential in it."""

    duty: Duty
    signature: bytes
    place: Place | None = None

    def verify(self, key: NoteKey) -> bool:
        """Whether the registry's key signed it. Where `place` leads was seen to when the receipt was read."""
        return signature.verify(ED25519_PREFIX + key.public, self.signature, self.duty.preimage)

    def to_json(self) -> dict[str, Any]:
        """Its members; hex is lower-case, times are Unix seconds."""
        duty = self.duty
        members: dict[str, Any] = {
            "format": RECEIPT_FORMAT,
            "registry_id": duty.registry_id.hex(),
            "batch": duty.batch,
            "size": duty.size,
            "key_id": duty.key_id.hex(),
            "root": duty.root.hex(),
            "accepted_at": duty.accepted_at,
            "anchor_by": duty.anchor_by,
            "signature": signature.to_text(self.signature),
        }
        if self.place is not None:
            path = [sibling.hex() for sibling in self.place.path]
            members |= {"index": self.place.index, "leaf": self.place.leaf.hex(), "path": path}
        return members

    def to_bytes(self) -> bytes:
        """The file: canonical JSON (RFC 8785) and a line feed."""
        return canonical(self.to_json()) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> "Receipt":
        """Read a receipt strictly. Raises FormatError receipt.*, inclusion.*, format.*, proof.form.

        Its signature is not verified yet; that a credential's path leads to the batch's root is.
        """
        members = parse(data, max_bytes=MAX_RECEIPT_BYTES)
        if not isinstance(members, dict) or members.keys() not in (_BATCH, _BATCH | _PLACE):
            names = f"{', '.join(sorted(_BATCH))}; for one credential also {', '.join(sorted(_PLACE))}"
            raise FormatError("receipt.members", "", f"A receipt has exactly the members {names}")
        if members["format"] != RECEIPT_FORMAT:
            raise FormatError("receipt.format", "/format", f"The format is not {RECEIPT_FORMAT}")
        value = members["signature"]
        duty = Duty(
            registry_id=_hash(members["registry_id"], "/registry_id"),
            batch=_integer(members, "batch", 1),
            size=_integer(members, "size", 1),
            key_id=_hash(members["key_id"], "/key_id"),
            root=_hash(members["root"], "/root"),
            accepted_at=_integer(members, "accepted_at", 1),
            anchor_by=_integer(members, "anchor_by", 1),
        )
        if duty.anchor_by <= duty.accepted_at:
            raise FormatError("receipt.times", "/anchor_by", "It is not later than accepted_at")
        made = cls(duty, signature.from_text(value if isinstance(value, str) else "", "/signature"))
        return made if members.keys() == _BATCH else made.at(_place(members))

    def at(self, place: Place) -> "Receipt":
        """The same for one credential. Raises FormatError receipt.path, inclusion.* where it is not in the batch."""
        duty = self.duty
        if root_from_path(place.leaf, place.index, duty.size, place.path) != duty.root:
            raise FormatError("receipt.path", "/path", "The path does not lead from the leaf to the batch's root")
        return Receipt(duty, self.signature, place)


def _place(members: dict[str, Any]) -> Place:
    path = members["path"]
    if not isinstance(path, list):
        raise FormatError("receipt.value", "/path", "It is not an array")
    steps = tuple(_hash(step, f"/path/{number}") for number, step in enumerate(path))
    return Place(_integer(members, "index", 0), _hash(members["leaf"], "/leaf"), steps)


def _integer(members: dict[str, Any], name: str, least: int) -> int:
    value = members[name]
    if type(value) is not int or not least <= value <= MAX_INTEGER:
        raise FormatError("receipt.value", f"/{name}", f"It is not an integer from {least} to {MAX_INTEGER}")
    return value


def _hash(value: Any, where: str) -> bytes:
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return bytes.fromhex(value)
    raise FormatError("receipt.value", where, "It is not 32 bytes in lower-case hexadecimal")
