"""The contract's log as a node tells it: entries decoded, in order, and whether they lead to the contract's own head.

A node can leave an event out or tell an old story; it cannot do so and still match the head, because the contract keeps
the peaks of the log's tree in storage. That is what makes everything derived from the log trustworthy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from anchor.audit.pinned import Pinned
from anchor.audit.report import Book
from anchor.bundle import slots
from anchor.errors import Unreachable
from anchor.jsonrpc import data, quantity
from registry.format.entries import log_entry
from registry.format.merkle import RFC9162, Frontier

ENTRY_TOPIC = keccak(text="Entry(uint64,uint8,bytes32,uint64,uint64,address,bytes)")

TIP_SLOT = slots.TIP.to_bytes(32, "big")


@dataclass(frozen=True)
class Entry:
    """One entry of the log. `time` is the block's, Unix seconds; `previous_block` is where the entry before it is."""

    position: int
    kind: int
    subject: bytes  # 32 bytes
    time: int
    block: int
    previous_block: int
    actor: bytes  # 20 bytes
    payload: bytes
    block_hash: bytes = field(default=b"", compare=False)
    """What the node calls its block, 32 bytes; none where it was not read from a node. It is not in the leaf."""

    @property
    def leaf(self) -> bytes:
        """Its hash in the log's tree."""
        return RFC9162.leaf_hash(self.preimage)

    @property
    def preimage(self) -> bytes:
        """What it says, 132 bytes."""
        return log_entry(self.position, self.kind, self.subject, self.time, self.block, self.actor, self.payload)


@dataclass(frozen=True)
class Tip:
    """Storage slot 0: size of the log, time and block of its newest entry, anchors so far, whether it is closed."""

    size: int
    time: int
    block: int
    anchors: int
    closed: bool

    @classmethod
    def unpack(cls, slot: bytes) -> "Tip":
        """Solidity packs struct members from the low end: 8, 6, 8, 8 and 1 bytes."""
        word = int.from_bytes(slot, "big")
        low64 = (1 << 64) - 1
        return cls(
            size=word & low64,
            time=word >> 64 & (1 << 48) - 1,
            block=word >> 112 & low64,
            anchors=word >> 176 & low64,
            closed=bool(word >> 240 & 0xFF),
        )


def fetch(chain: Pinned, first_block: int) -> list[Entry]:
    """All entries the node tells of, by position; Unreachable when one cannot be read."""
    return sorted(decoded(chain, chain.logs(first_block, ENTRY_TOPIC)), key=lambda entry: entry.position)


def decoded(chain: Pinned, logs: Sequence[dict[str, Any]]) -> list[Entry]:
    """The entries in the node's order. Raises Unreachable for what no contract of ours emits."""
    try:
        return [_decode(log) for log in logs]
    except (ValueError, KeyError, TypeError, IndexError, DecodingError):
        raise Unreachable(chain.rpc.endpoint, "it told of a log entry that cannot be decoded") from None


def check(book: Book, chain: Pinned, entries: Sequence[Entry]) -> bool:
    """Whether `entries` are the whole log at the pinned block; what is wrong is written into `book`."""
    tip = Tip.unpack(chain.slot(TIP_SLOT))
    if not _contiguous(book, entries, tip.size):
        return False
    frontier = Frontier()
    for entry in entries:
        frontier.append(entry.leaf)
    same = _matches_head(book, chain, frontier.root, tip)
    for before, entry in pairwise(entries):
        name = f"entry {entry.position}"
        book.expect(
            "LogIsComplete",
            entry.previous_block == before.block,
            name,
            "log.previous-block",
            "It does not point back to the block of the entry before it.",
            str(before.block),
            str(entry.previous_block),
        )
        book.expect(
            "TimesNeverGoBack",
            before.time <= entry.time <= chain.block.time and before.block <= entry.block,
            name,
            "log.time",
            "Its time or block lies before that of the entry before it, or after the block it was read at.",
        )
    return same


def _contiguous(book: Book, entries: Sequence[Entry], size: int) -> bool:
    invariant, complete = "LogIsComplete", True
    expected = 0
    for entry in entries:
        if not book.expect(
            invariant,
            entry.position >= expected,
            f"entry {entry.position}",
            "log.repeated",
            "The node tells of this entry more than once.",
        ):
            complete = False
            continue
        complete &= _no_gap(book, expected, entry.position)
        expected = entry.position + 1
    complete &= _no_gap(book, expected, size)
    return complete & book.expect(
        invariant,
        expected <= size and size > 0,
        "log",
        "log.size",
        "The node tells of more entries than the contract counts, or the contract counts none.",
        str(size),
        str(len(entries)),
    )


def _no_gap(book: Book, expected: int, position: int) -> bool:
    last = position - 1
    return book.expect(
        "LogIsComplete",
        position <= expected,
        f"entry {expected}" if last == expected else f"entries {expected} to {last}",
        "log.omitted",
        "The contract counts it, but the node leaves it out of the history. Ask another node.",
    )


def _matches_head(book: Book, chain: Pinned, root: bytes, tip: Tip) -> bool:
    size, head = chain.call("head()")
    stored = stored_head(chain.slot, tip.size)
    checks = (
        ("log.head", "The head that follows from the entries is not the one the contract answers.", head),
        ("log.peaks", "The head that follows from the entries is not the one in the contract's storage.", stored),
    )
    same = True
    for code, sentence, found in checks:
        same &= book.expect("LogIsComplete", found == root, "head", code, sentence, root.hex(), found.hex())
    return same & book.expect(
        "LogIsComplete",
        int.from_bytes(size, "big") == tip.size,
        "head",
        "log.size",
        "The contract's head() and its storage disagree about the log's size.",
        str(tip.size),
        str(int.from_bytes(size, "big")),
    )


def stored_head(slot: Callable[[bytes], bytes], size: int) -> bytes:
    """The head that follows from the peaks in storage.

    `slot` reads 32 bytes at a position. 32 bytes, none for an empty log. Raises what `slot` does.
    """
    return slots.head(lambda place: int.from_bytes(slot(place.to_bytes(32, "big")), "big"), size) if size else b""


def _decode(log: dict[str, Any]) -> Entry:
    topics = [data(topic, 32) for topic in log["topics"]]
    time, previous, actor, payload = decode(["uint64", "uint64", "address", "bytes"], data(log["data"]))
    return Entry(
        position=int.from_bytes(topics[1], "big"),
        kind=int.from_bytes(topics[2], "big"),
        subject=topics[3],
        time=time,
        block=quantity(log["blockNumber"]),
        previous_block=previous,
        actor=bytes.fromhex(actor[2:]),
        payload=payload,
        block_hash=data(log["blockHash"], 32),
    )
