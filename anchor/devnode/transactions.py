"""A signed transaction: decoded once, its sender recovered once, every field typed."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import rlp
from eth_utils.crypto import keccak

from anchor.devnode.errors import refused
from anchor.devnode.evm import Evm

LEGACY, ACCESS_LIST, DYNAMIC_FEE = range(3)
SUPPORTED = (LEGACY, ACCESS_LIST, DYNAMIC_FEE)
"""Blobs need a beacon chain, and nothing here delegates accounts."""

CREATION = b""
"""`to` of a transaction that creates a contract."""

GAS_BASE = 21_000
GAS_FLOOR_PER_TOKEN = 10
TOKENS_PER_BYTE = 4
"""EIP-7623: a zero byte is one token, any other four; ten gas each is the least that calldata costs."""

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of secp256k1's order: EIP-2 allows no larger `s`, so that a signature has one form."""

MEMORY = 4096
"""Decoded transactions kept: recovering a sender takes milliseconds without a native library."""


@dataclass(frozen=True)
class Transaction:
    """Amounts in wei, fees in wei per gas; `to` is 20 bytes or CREATION; `body` is the EVM's own object."""

    hash: bytes
    raw: bytes
    type: int
    chain_id: int | None
    sender: bytes
    nonce: int
    to: bytes
    value: int
    gas: int
    data: bytes
    fee_cap: int
    tip_cap: int
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...]
    v: int
    r: int
    s: int
    intrinsic_gas: int
    body: Any

    @property
    def cost(self) -> int:
        """The most that the sender can be charged."""
        return self.fee_cap * self.gas + self.value

    @property
    def floor_gas(self) -> int:
        """Least gas by EIP-7623."""
        zeros = self.data.count(0)
        return GAS_BASE + GAS_FLOOR_PER_TOKEN * (zeros + TOKENS_PER_BYTE * (len(self.data) - zeros))

    def effective_tip(self, base_fee: int) -> int:
        """What the block's producer gets per gas; negative when the fee cap is below the base fee."""
        return min(self.tip_cap, self.fee_cap - base_fee)

    def effective_price(self, base_fee: int) -> int:
        """What the sender pays per gas."""
        return min(self.fee_cap, base_fee + self.tip_cap)

    @property
    def created(self) -> bytes | None:
        """Address of the contract that this transaction creates."""
        return bytes(keccak(rlp.encode([self.sender, self.nonce]))[12:]) if self.to == CREATION else None


class Decoder:
    """Bytes to transactions, with a memory. The caller holds the database's lock."""

    def __init__(self, evm: Evm) -> None:
        self._evm = evm
        self._remembered: OrderedDict[bytes, Transaction] = OrderedDict()

    def decode(self, raw: bytes, sender: bytes | None = None) -> Transaction:
        """The transaction in `raw`; `sender` is given for bytes that were checked before, and saves recovering it.

        Raises Fault with geth's words for what is no transaction of a supported type with a valid signature.
        """
        known = self._remembered.get(raw)
        if known is None:
            known = self._remembered[raw] = self._decode(raw, sender)
            if len(self._remembered) > MEMORY:
                self._remembered.popitem(last=False)
        return known

    def _decode(self, raw: bytes, sender: bytes | None) -> Transaction:
        body = self._parse(raw)
        kind = raw[0] if raw[0] < 0x80 else LEGACY
        if not (body.r and 0 < body.s <= HALF_ORDER):
            raise refused("invalid transaction v, r, s values")
        if sender is None:
            try:
                sender = bytes(body.sender)
            except Exception as problem:  # a point off the curve fails in many ways
                raise refused(f"invalid sender: {problem}") from problem
        return Transaction(
            hash=bytes(keccak(raw)),
            raw=raw,
            type=kind,
            chain_id=body.chain_id,
            sender=sender,
            nonce=body.nonce,
            to=bytes(body.to),
            value=body.value,
            gas=body.gas,
            data=bytes(body.data),
            fee_cap=body.max_fee_per_gas,
            tip_cap=body.max_priority_fee_per_gas,
            access_list=tuple((bytes(address), tuple(slots)) for address, slots in body.access_list) if kind else (),
            v=body.y_parity if kind else body.v,
            r=body.r,
            s=body.s,
            intrinsic_gas=body.intrinsic_gas,
            body=body,
        )

    def _parse(self, raw: bytes) -> Any:
        if not raw:
            raise refused("typed transaction too short")
        if raw[0] < 0x80 and raw[0] not in SUPPORTED[1:]:
            raise refused("transaction type not supported")
        try:
            body = self._evm.decode(raw)
            same = body.encode() == raw
        except Exception as problem:  # the decoder raises whatever the bytes lead it to
            raise refused(f"rlp: {type(problem).__name__}: {problem}") from problem
        if not same:
            raise refused("rlp: not the canonical encoding of this transaction")
        return body
