"""The registry contract's calls, answers, errors and events, by its ABI. No network here: `node.py` asks.

ABI work is web3's; it is given no provider, so it cannot ask anything by itself.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from web3 import Web3

from anchor.errors import Inconsistent, Reverted
from anchor.jsonrpc import RpcError, data, quantity
from anchor.node import at
from contracts import artifact
from registry.format.nesting import SAFE_RECURSION

sys.setrecursionlimit(SAFE_RECURSION)  # importing web3 raised it to where deep JSON ends the process

OPERATOR_ROLE = "OPERATOR_ROLE"
REGISTRAR_ROLE = "REGISTRAR_ROLE"

ANCHOR, ISSUER_ADDED, KEY_COMPROMISED = 1, 2, 7
"""Kinds of log entries: an anchor, and the first and last of those that change an issuer or a key."""


@dataclass(frozen=True)
class Tip:
    """The contract's log: entries, block of the newest one, how many of them are anchors."""

    size: int
    time: int
    block_number: int
    anchors: int
    closed: bool


@dataclass(frozen=True)
class Key:
    """A key in the contract; times are Unix seconds, 0 is "not there"."""

    issuer: bytes
    added_at: int
    revoked_at: int
    compromised_at: int


@dataclass(frozen=True)
class LogEntry:
    """One event `Entry`, and where it was seen."""

    position: int
    kind: int
    subject: bytes  # 32 bytes
    time: int
    previous_block: int
    actor: bytes  # 20 bytes
    payload: bytes
    block_number: int
    block_hash: bytes
    tx_hash: bytes

    @property
    def anchor_number(self) -> int:
        """The number in an ANCHOR entry's payload."""
        return int.from_bytes(self.payload, "big")


class RegistryContract:
    """The contract at `address` (20 bytes): builds JSON-RPC calls and reads their answers."""

    def __init__(self, address: bytes) -> None:
        self.address = address
        self._hex = "0x" + address.hex()
        self._contract: Any = _offline().eth.contract(address=to_checksum_address(address), abi=artifact().abi)

    def calldata(self, name: str, *arguments: Any) -> bytes:
        """What to send in order to call a function."""
        return bytes.fromhex(self._contract.encode_abi(name, list(arguments))[2:])

    def read(self, block_hash: bytes, name: str, *arguments: Any) -> tuple[str, list[Any]]:
        """The JSON-RPC call for a view in the state after one block."""
        call = {"to": self._hex, "data": "0x" + self.calldata(name, *arguments).hex()}
        return "eth_call", [call, at(block_hash)]

    def answer(self, name: str, raw: bytes) -> tuple[Any, ...]:
        """Read a view's answer. Raises Inconsistent when it is not one, as from an address without our code."""
        try:
            return tuple(_codec().decode(_outputs(name), raw))
        except DecodingError:
            raise Inconsistent(f"{len(raw)} bytes are no answer to {name}()") from None

    def tip(self, raw: bytes) -> Tip:
        """Read the answer to tip()."""
        return Tip(*self.answer("tip", raw)[0])

    def key(self, raw: bytes) -> Key:
        """Read the answer to keyOf()."""
        return Key(*self.answer("keyOf", raw))

    def entries_call(self, first: int, last: int) -> tuple[str, list[Any]]:
        """The JSON-RPC call for the log's entries of a range of blocks."""
        wanted = {"address": self._hex, "topics": [entry_topic()], "fromBlock": hex(first), "toBlock": hex(last)}
        return "eth_getLogs", [wanted]

    def entries(self, answer: Any) -> list[LogEntry]:
        """Read the answer, in the order of positions. Entries of other contracts are not ours: Inconsistent."""
        try:
            found = [_entry(item) for item in answer if bytes.fromhex(item["address"][2:]) == self.address]
        except (TypeError, KeyError, ValueError, DecodingError):
            raise Inconsistent("a log entry has another form than the contract gives it") from None
        if len(found) != len(answer):
            raise Inconsistent("the logs hold entries of another contract")
        return sorted(found, key=lambda entry: entry.position)


def reverted(refusal: RpcError) -> Reverted | None:
    """The contract's own error in a node's refusal, decoded; None when the refusal is about something else."""
    if not isinstance(refusal.data, str):
        return Reverted("", ()) if "revert" in refusal.message.lower() else None
    try:
        raw = data(refusal.data)
        found = _errors().get(raw[:4])
        return Reverted(found[0], _codec().decode(found[1], raw[4:])) if found else Reverted("0x" + raw[:4].hex(), ())
    except (ValueError, DecodingError):
        return Reverted("", ())


@cache
def role(name: str) -> bytes:
    """The 32 bytes that stand for a role in the contract: keccak256 of its name."""
    return bytes(Web3.keccak(text=name))


@cache
def entry_topic() -> str:
    """Topic 0 of the event `Entry`."""
    event = next(item for item in artifact().abi if item["type"] == "event" and item["name"] == "Entry")
    return "0x" + event_abi_to_log_topic(event).hex()  # type: ignore[arg-type]


def _entry(item: dict[str, Any]) -> LogEntry:
    topic, position, kind, subject = (data(one, 32) for one in item["topics"])
    if item.get("removed") or "0x" + topic.hex() != entry_topic():
        raise ValueError("not an entry of the canonical chain")
    time, previous, actor, payload = _codec().decode(["uint64", "uint64", "address", "bytes"], data(item["data"]))
    return LogEntry(
        position=int.from_bytes(position, "big"),
        kind=int.from_bytes(kind, "big"),
        subject=subject,
        time=time,
        previous_block=previous,
        actor=bytes.fromhex(actor[2:]),
        payload=payload,
        block_number=quantity(item["blockNumber"]),
        block_hash=data(item["blockHash"], 32),
        tx_hash=data(item["transactionHash"], 32),
    )


@cache
def _offline() -> Web3:
    """web3 for its ABI codec alone."""
    w3 = Web3(ens=None)
    w3.middleware_onion.clear()
    return w3


def _codec() -> Any:
    return _offline().codec


@cache
def _outputs(name: str) -> list[str]:
    function = next(item for item in artifact().abi if item["type"] == "function" and item["name"] == name)
    return [_type(output) for output in function["outputs"]]


@cache
def _errors() -> dict[bytes, tuple[str, list[str]]]:
    found = [item for item in artifact().abi if item["type"] == "error"]
    return {
        function_abi_to_4byte_selector(item): (item["name"], [_type(one) for one in item["inputs"]])  # type: ignore[arg-type]
        for item in found
    }


def _type(item: dict[str, Any]) -> str:
    """A type as the codec wants it: a struct is the tuple of its members."""
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    members: Sequence[dict[str, Any]] = item["components"]
    suffix = str(item["type"]).removeprefix("tuple")
    return f"({','.join(_type(one) for one in members)}){suffix}"
