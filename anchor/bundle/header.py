"""A block's header: RLP whose Keccak-256 is the block's hash, so whoever knows the hash knows the state below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anchor.bundle import rlp
from anchor.bundle.hashing import keccak
from anchor.bundle.trie import ASK_FOR_ANOTHER
from anchor.jsonrpc import data, quantity
from registry.limits import MAX_TIME
from registry.verify.evidence import Unproved

FIELDS = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot",
    "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
"""In the order of the encoding, up to Osaka. Forks add at the end: those from `baseFeePerGas` on may be missing."""

_NUMBERS = frozenset(
    ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas")
)
_FIRST = 15
"""Fields of the first blocks."""

MAX_FIELDS = 32
"""Forks after Osaka will add some; what they mean does not matter here, for the hash covers them."""

MAX_HEADER_BYTES = 2048
"""A header of 21 fields has about 650 bytes."""

_STATE_ROOT, _NUMBER, _TIME = FIELDS.index("stateRoot"), FIELDS.index("number"), FIELDS.index("timestamp")


@dataclass(frozen=True)
class Header:
    """What a verifier needs of it. Times are Unix seconds; hashes have 32 bytes."""

    hash: bytes
    parent: bytes
    state_root: bytes
    number: int
    time: int

    @classmethod
    def read(cls, encoded: bytes) -> "Header":
        """Raises Unproved: header, where the bytes are no header."""
        try:
            parent, root, number, time = _fields(encoded)
        except rlp.BadRlp as problem:
            raise Unproved("header", f"The bundle's header is not one: {problem}.", ASK_FOR_ANOTHER) from None
        return cls(keccak(encoded), parent, root, number, time)


def _fields(encoded: bytes) -> tuple[bytes, bytes, int, int]:
    """Parent, state root, number and time."""
    fields = rlp.decode(encoded)
    if not isinstance(fields, list) or not _FIRST <= len(fields) <= MAX_FIELDS:
        raise rlp.BadRlp("it has not the fields of a header")
    parent, root = fields[0], fields[_STATE_ROOT]
    number, time = rlp.integer(fields[_NUMBER], 8), rlp.integer(fields[_TIME], 8)
    if not (isinstance(root, bytes) and isinstance(parent, bytes) and len(root) == len(parent) == 32):
        raise rlp.BadRlp("parent or state root are not of a header")
    if time > MAX_TIME:
        raise rlp.BadRlp("its time is not of a header")
    return parent, root, number, time


def encode(block: Mapping[str, Any]) -> bytes:
    """The header's RLP, from the block as JSON-RPC gives it. Raises ValueError, KeyError for what is not a block.

    A field of a later fork is not known here; then the result has another hash than the block.
    """
    present = [name for place, name in enumerate(FIELDS) if place < _FIRST or block.get(name) is not None]
    return rlp.encode(
        [rlp.number(quantity(block[name])) if name in _NUMBERS else data(block[name]) for name in present]
    )
