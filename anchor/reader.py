"""Reads the registry contract for a verifier, on the standard library alone; every answer is of one finalized block."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from anchor.errors import Unreachable, WrongChain
from anchor.jsonrpc import DEFAULT_TIMEOUT, JsonRpc, RpcError, data, quantity
from anchor.kept import Kept
from registry.verify.evidence import ChainAnswer, ChainFacts

T = TypeVar("T")

LOOKUP_SELECTOR = bytes.fromhex("4540d45b")
"""lookup(bytes32,bytes32). A test compares it with the artifact; Keccak is not in the standard library."""

LOOKUP_WORDS = 17
"""Words in the answer, in the order of the contract's struct Lookup."""

WORD = 32

_NO_CODE = hashlib.sha256(b"").digest()
_NOTHING = [bytes(WORD)] * LOOKUP_WORDS

MAX_ANSWER_BYTES = 1024 * 1024
"""The code of a contract is at most 24 KiB, and everything else is smaller: more is a broken or hostile node."""

HEAD_SECONDS = 1.0
"""How long a head is taken for the newest: a bulk check asks once a second, not once a file."""

KEPT_ANSWERS = 4096
"""Answers remembered, one for each final block, anchor and key."""


class Reader:
    """One contract, seen through the first of `urls` that answers.

    All files of an anchor share one answer for as long as the finalized block stays the same.
    """

    def __init__(
        self,
        urls: Sequence[str],
        chain_id: int,
        contract: bytes,
        code_sha256: bytes,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self._urls = tuple(urls)
        self._chain_id = chain_id
        self._contract = contract
        self._address = "0x" + contract.hex()
        self.code_sha256 = code_sha256
        self._timeout = timeout
        self._nodes: dict[str, JsonRpc] = {}
        self._lock = threading.Lock()
        self._heads: dict[JsonRpc, _Head] = {}
        self._kept: Kept[tuple[bytes, bytes, bytes], ChainAnswer] = Kept(KEPT_ANSWERS)

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        """What the contract says about an anchor root and a key (32 bytes each) at the newest finalized block."""
        if not self._urls:
            raise Unreachable("chain", "the trust profile names no endpoint")
        problem: Unreachable | None = None
        for url in self._urls:
            try:
                return self._lookup(self._node(url), root, key_id)
            except Unreachable as found:
                problem = found  # another node may answer; a node that answers is believed, whatever it says
        assert problem is not None  # noqa: S101  (there is at least one address)
        raise problem

    def close(self) -> None:
        """Drop the connections that are kept open; the next question opens new ones."""
        with self._lock:
            for node in self._nodes.values():
                node.close()

    def _node(self, url: str) -> JsonRpc:
        with self._lock:
            if url not in self._nodes:
                self._nodes[url] = JsonRpc(url, timeout=self._timeout, max_bytes=MAX_ANSWER_BYTES, strict=True)
            return self._nodes[url]

    def _lookup(self, node: JsonRpc, root: bytes, key_id: bytes) -> ChainAnswer:
        head = self._recent_head(node)
        kept = self._kept.get((head.final, root, key_id))
        if kept is not None:
            return kept
        answer = _read(node, lambda: self._ask(node, head, root, key_id))
        if not answer.pending:
            self._kept.put((head.final, root, key_id), answer)
        return answer

    def _recent_head(self, node: JsonRpc) -> "_Head":
        seen = self._heads.get(node)
        if seen is None or time.monotonic() - seen.at > HEAD_SECONDS:
            seen = self._heads[node] = _read(node, lambda: self._head(node))
        return seen

    def _head(self, node: JsonRpc) -> "_Head":
        """Chain id, finalized block, newest block, in one request."""
        chain_id, final, latest = node.batch(
            [
                ("eth_chainId", []),
                ("eth_getBlockByNumber", ["finalized", False]),
                ("eth_getBlockByNumber", ["latest", False]),
            ]
        )
        if quantity(chain_id) != self._chain_id:
            raise WrongChain(self._chain_id, quantity(chain_id))
        if final is None or latest is None:
            raise Unreachable(node.endpoint, "it knows no finalized block yet")
        return _Head(final, latest)

    def _ask(self, node: JsonRpc, head: "_Head", root: bytes, key_id: bytes) -> ChainAnswer:
        """Code and facts at the finalized block, named by hash; the newest one only says what is on its way."""
        question = "0x" + (LOOKUP_SELECTOR + root + key_id).hex()
        code, words = self._state(node, head.final, question)
        ours = code == self.code_sha256
        if ours and _anchored(words):
            return ChainAnswer(self._facts(head, code, words))
        newest, newer = self._state(node, head.latest, question)
        pending = newest == self.code_sha256 and _anchored(newer)
        if ours:
            return ChainAnswer(self._facts(head, code, words), pending)
        # Another contract's answer to our question means nothing; check 5 fails on the code alone. Only a contract that
        # was deployed after the finalized block is not another one: there it knows nothing yet.
        young = code == _NO_CODE and newest == self.code_sha256
        return ChainAnswer(self._facts(head, newest if young else code, _NOTHING), pending and young)

    def _state(self, node: JsonRpc, block_hash: bytes, question: str) -> tuple[bytes, list[bytes]]:
        """SHA-256 of the code and the answer to lookup(), in one request; no answer where the code is not ours."""
        block = {"blockHash": "0x" + block_hash.hex(), "requireCanonical": True}
        ask_code = ("eth_getCode", [self._address, block])
        try:
            code, answer = node.batch([ask_code, ("eth_call", [{"to": self._address, "data": question}, block])])
        except RpcError:  # other code may refuse the question; or the node refused the block, and does so again
            code, answer = node.call(*_spread(ask_code)), None
            if hashlib.sha256(data(code)).digest() == self.code_sha256:
                raise
        found = hashlib.sha256(data(code)).digest()
        return found, _words(node, answer) if found == self.code_sha256 else _NOTHING

    def _facts(self, head: "_Head", code_sha256: bytes, words: list[bytes]) -> ChainFacts:
        number = [int.from_bytes(word, "big") for word in words]
        return ChainFacts(
            chain_id=self._chain_id,
            contract=self._contract,
            code_sha256=code_sha256,
            block_number=head.number,
            block_hash=head.final,
            block_time=head.time,
            finalized=True,
            log_size=number[1],
            log_head=words[2],
            closed=bool(number[3]),
            anchor_number=number[4],
            anchor_position=number[5],
            anchor_time=number[6],
            anchor_block=number[7],
            key_issuer=words[8],
            key_added_at=number[9],
            key_revoked_at=number[10],
            key_compromised_at=number[11],
            issuer_added_at=number[12],
            issuer_suspended=bool(number[13]),
            latest_number=number[14],
            latest_root=words[15],
            latest_time=number[16],
        )


class _Head:
    """The finalized block (number, hash, time) and the hash of the newest one."""

    def __init__(self, final: Any, latest: Any) -> None:
        self.number = quantity(final["number"])
        self.time = quantity(final["timestamp"])
        self.final = data(final["hash"], 32)
        self.latest = data(latest["hash"], 32)
        self.at = time.monotonic()


def _spread(call: tuple[str, list[Any]]) -> tuple[Any, ...]:
    return call[0], *call[1]


def _anchored(words: list[bytes]) -> bool:
    return any(words[4])


def _words(node: JsonRpc, answer: Any) -> list[bytes]:
    raw = data(answer)
    if len(raw) != LOOKUP_WORDS * WORD:
        raise Unreachable(node.endpoint, "its answer to lookup() has another length than the contract's")
    return [raw[place : place + WORD] for place in range(0, len(raw), WORD)]


def _read(node: JsonRpc, question: Callable[[], T]) -> T:
    """Whatever is not an answer is 'unreachable'."""
    try:
        return question()
    except RpcError as refusal:
        raise Unreachable(node.endpoint, f"{refusal.method}: {refusal.message}") from None
    except (ValueError, KeyError, TypeError):
        raise Unreachable(node.endpoint, "its answer is not what Ethereum JSON-RPC defines") from None
