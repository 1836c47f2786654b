"""What goes into the EVM and comes out of it, in plain types that name no library."""

from dataclasses import dataclass
from typing import Protocol

NOBODY = b"\0" * 20
"""Receives the tips, and is the sender of a call that names none."""


class Header(Protocol):
    """A block header. Integers are wei, gas, seconds; hashes are 32 bytes."""

    block_number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    gas_limit: int
    gas_used: int
    base_fee_per_gas: int
    state_root: bytes
    transaction_root: bytes
    receipt_root: bytes
    uncles_hash: bytes
    coinbase: bytes
    extra_data: bytes
    nonce: bytes
    mix_hash: bytes
    bloom: int
    withdrawals_root: bytes
    blob_gas_used: int
    excess_blob_gas: int
    parent_beacon_block_root: bytes
    requests_hash: bytes


@dataclass(frozen=True)
class Outcome:
    """What one execution did. `gas_used` is what the sender pays for; `refund` is already taken off it."""

    output: bytes
    gas_used: int
    refund: int
    error: str | None
    reverted: bool


@dataclass(frozen=True)
class Log:
    """One event: address of 20 bytes, up to four topics of 32 bytes, data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Applied:
    """A transaction inside a block under construction."""

    status: int
    gas_used: int
    cumulative_gas: int
    bloom: bytes
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Call:
    """A message without signature, as eth_call gives it."""

    sender: bytes
    to: bytes
    value: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...] = ()


@dataclass(frozen=True)
class AccountProof:
    """Account fields and the trie nodes (RLP, root first) that prove them under a state root."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes
    nodes: list[bytes]
