"""What a proof value says, and the short way to read one: its bytes always have the same heads at the same places.

The pattern takes only what `wire.py` reads item by item with the same result; the rest goes that way, also all that is
wrong. It exists because decoding CBOR in Python takes longer than an Ed25519 verification.
"""

import re
from dataclasses import dataclass

from registry.format.merkle import Direction
from registry.limits import MAX_INTEGER, MAX_PATH

Step = tuple[Direction, bytes]

MAX_STEPS = 2 * MAX_PATH + 2
"""Siblings in the batch and in the anchor, and what stands before D_rdf and before the batch's root."""

SIDES: tuple[Direction, Direction] = ("left", "right")


@dataclass(frozen=True)
class Wire:
    """What the bytes say, each value of its right type and length; whether it fits together is not known yet."""

    path: tuple[Step, ...]
    merkle_root: bytes
    target_hash: bytes
    tx_hash: bytes
    chain_id: int
    contract: bytes
    batch: int
    index: int
    size: int
    multikey: bytes
    signature: bytes
    batch_length: int
    anchor_number: int
    anchor_index: int
    anchor_size: int
    anchor_length: int

    @property
    def d_jcs(self) -> bytes:
        """SHA-256 of the canonical document that the proof claims: the end of the first step."""
        return self.path[0][1][-32:]


_SIBLING = rb"\x82[\x00\x01]\x58\x22\x58\x20.{32}"
_SIBLING_BYTES = 38
_UINT = rb"([\x00-\x17]|\x18.|\x19.{2}|\x1a.{4}|\x1b.{8})"
_WRAPPED = rb"\x58\x22\x58\x20(.{32})"
_PATTERN = re.compile(
    rb"\x85"
    rb"\x82\x03([\x80-\x97]|\x98.)"
    rb"\x82\x00\x58\x6a\x58\x68(.{104})" + rb"((?:" + _SIBLING + rb")*)"
    rb"\x82\x00\x58\x62\x58\x60(.{96})" + rb"((?:" + _SIBLING + rb")*)"
    rb"\x82\x00" + _WRAPPED + rb"\x82\x01" + _WRAPPED + rb"\x82\x02\x81\x83\x82\x00\x01\x82\x01" + _UINT
    + rb"\x82\x02" + _WRAPPED + rb"\x82\x18\x64\x58(.)"
    rb"(\x8d\x01" + _UINT + rb"\x54(.{20})" + 3 * _UINT + rb"\x58\x22(\xed\x01.{32})\x58\x40(.{64})" + 5 * _UINT
    + rb")",
    re.DOTALL,
)  # fmt: skip


def read(data: bytes) -> Wire | None:
    """The proof that these bytes are; None where the pattern leaves that open."""
    found = _PATTERN.fullmatch(data)
    if found is None:
        return None
    count, leaf, below, entry, above, root, target, chain, tx_hash, ours_length, ours, *fields = found.groups()
    chain_again, contract, batch, index, size, multikey, signature, *places = fields
    path: list[Step] = [("left", leaf), *_siblings(below), ("left", entry), *_siblings(above)]
    numbers = [_number(field) for field in (chain, chain_again, batch, index, size, *places)]
    if chain != chain_again or _length(count) != len(path) or len(path) > MAX_STEPS or ours_length[0] != len(ours):
        return None
    chain_id, _, batch_number, at, among, batch_length, anchor_number, anchor_index, anchor_size, anchor_length = (
        numbers
    )
    if not all(0 <= number <= MAX_INTEGER for number in numbers):
        return None
    if not (chain_id and batch_number and among and anchor_number and anchor_size):
        return None
    return Wire(
        path=tuple(path),
        merkle_root=root,
        target_hash=target,
        tx_hash=tx_hash,
        chain_id=chain_id,
        contract=contract,
        batch=batch_number,
        index=at,
        size=among,
        multikey=multikey,
        signature=signature,
        batch_length=batch_length,
        anchor_number=anchor_number,
        anchor_index=anchor_index,
        anchor_size=anchor_size,
        anchor_length=anchor_length,
    )


def _siblings(steps: bytes) -> list[Step]:
    starts = range(0, len(steps), _SIBLING_BYTES)
    return [(SIDES[steps[start + 1]], steps[start + 6 : start + _SIBLING_BYTES]) for start in starts]


def _number(head: bytes) -> int:
    """An unsigned integer in its shortest form; -1 in a longer one."""
    if len(head) == 1:
        return head[0]
    number = int.from_bytes(head[1:], "big")
    least = 24 if len(head) == 2 else 1 << 4 * (len(head) - 1)
    return number if number >= least else -1


def _length(head: bytes) -> int:
    """The length of an array of up to 255 items, in its shortest form; -1 in a longer one."""
    return head[0] - 0x80 if len(head) == 1 else head[1] if head[1] >= 24 else -1
