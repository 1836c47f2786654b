"""Size and head of the log by storage proof: under a block's hash, believing no answer of the node."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from eth_utils.crypto import keccak

from anchor.audit.headers import rehashed
from anchor.audit.log import Tip
from anchor.audit.pinned import Pinned
from anchor.audit.report import Book
from anchor.bundle import slots
from anchor.bundle.proved import account_of, read_word
from anchor.bundle.trie import Trie
from anchor.errors import AnchorError, Unreachable
from anchor.jsonrpc import RpcError, data
from registry.verify.evidence import Unproved

INVARIANT = "HeadIsProved"
WHAT = "size and head by storage proof"

MAX_NODES = 8192
"""Trie nodes in one answer: 65 slots, and for each a path of at most 64 nodes, with room."""


class NoProof(AnchorError):
    """The node gives no proof that could be looked at. That is no breach, and nothing is proved."""


@dataclass(frozen=True)
class Proved:
    """What follows from the block's hash alone. `code_hash` is Keccak-256; hashes have 32 bytes.

    `head` is none where the log has another size than the one that was asked for: other peaks would be needed.
    """

    code_hash: bytes
    tip: Tip
    head: bytes


def check(book: Book, chain: Pinned, code: bytes, tip: Tip, head: bytes) -> tuple[bool, str]:
    """Hold what the node answered against what it proves. Whether nothing differs; and what was not looked at, and why.

    `code`, `tip` and `head` are what everything else was derived from. A node may refuse to prove, and lose nothing by
    that but its proof; one that gives a proof must give a true one.
    """
    try:
        proved = prove(chain, tip.size)
    except NoProof as problem:
        return True, f"{WHAT}: {problem}"
    except Unproved:
        sentence = "The proof that the node gives of the contract's storage does not lead to the block's state root."
        return book.expect(INVARIANT, False, "head", "head.proof", sentence), ""
    held = True
    for name, sentence, shown, true in (
        ("head.code", "The contract's code is not the one that the node shows.", keccak(code), proved.code_hash),
        ("head.size", "The log has another size than the node shows.", _number(tip), _number(proved.tip)),
        ("head.other", "The log has another head than the entries lead to.", head, proved.head),
    ):
        if true:
            told = f"{sentence} The block's state root proves it: the node lies."
            held &= book.expect(INVARIANT, shown == true, "head", name, told, true.hex(), shown.hex())
    return held, ""


def prove(chain: Pinned, size: int) -> Proved:
    """The log at the pinned block, where it should have `size` entries.

    Raises NoProof, or Unproved where there is a proof that does not hold.
    """
    told = chain.headers([chain.block.number])
    header = rehashed(told[0]) if told else None
    if header is None or header.hash != chain.block.hash:
        raise NoProof("the block's header does not hash to its hash, so it shows no state")
    account, storage = _asked(chain, [place.to_bytes(32, "big") for place in (slots.TIP, *slots.peaks(size))])
    storage_root, code_hash = account_of(Trie(header.state_root, account, strict=False), chain.contract)
    words = Trie(storage_root, storage, strict=False)
    read = partial(read_word, words)
    found = Tip.unpack(read(slots.TIP).to_bytes(32, "big"))
    return Proved(code_hash, found, slots.head(read, size) if found.size == size else b"")


def _asked(chain: Pinned, places: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Nodes of the trie of accounts and of the contract's storage, as the node gives them. Raises NoProof."""
    try:
        answer = chain.proof(places)
        account = _nodes(answer["accountProof"])
        storage = [node for item in answer["storageProof"] for node in _nodes(item["proof"])]
    except (RpcError, Unreachable):
        raise NoProof("the node gives no storage proofs (eth_getProof) at this block; ask another with --rpc") from None
    except (ValueError, KeyError, TypeError):
        raise NoProof("the node's answer to eth_getProof has another form than it should") from None
    if not account or len(account) + len(storage) > MAX_NODES:
        raise NoProof("the node's answer to eth_getProof is empty, or far too large")
    return account, storage


def _nodes(values: Any) -> list[bytes]:
    return [data(value) for value in values]


def _number(tip: Tip) -> bytes:
    """Size, time and block of the newest entry, anchors and closing, as one word."""
    parts = ((tip.size, 8), (tip.time, 6), (tip.block, 8), (tip.anchors, 8), (int(tip.closed), 1))
    return b"".join(value.to_bytes(length, "big") for value, length in parts)
