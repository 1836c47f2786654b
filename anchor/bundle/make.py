"""Make a bundle: verify the credential against a node that must prove what it says, and keep what was needed.

The questions are those of `registry.verify`, so a bundle holds what its reader will ask for, endorsements included.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from anchor.bundle import header as headers
from anchor.bundle import slots
from anchor.bundle.file import MAX_CREDENTIAL_BYTES, Bundle
from anchor.bundle.offline import check
from anchor.bundle.proved import account_of, facts_at, read_word
from anchor.bundle.trie import Trie
from anchor.errors import Unreachable, WrongChain
from anchor.jsonrpc import DEFAULT_TIMEOUT, JsonRpc, RpcError, data, quantity
from registry.errors import FormatError
from registry.format.strictjson import canonical
from registry.verify.evidence import ChainAnswer, ChainView, StatusEvidence, StatusSource, Unproved
from registry.verify.report import Report
from registry.verify.trust import RegistryTrust, TrustProfile
from registry.verify.verify import verify

T = TypeVar("T")

MAX_ROUNDS = 320
"""Questions that wait for each other: a binary search over at most 2^256 suspensions, and a few before it."""

SLOTS_AT_ONCE = 100
"""Storage keys in one eth_getProof; geth takes 1024, some public nodes less."""

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""A hundred proofs of a dozen nodes, in hex."""

STATE_IS_GONE = "; ask a node that keeps the state of the last 128 blocks at least, with --rpc"


@dataclass(frozen=True)
class Made:
    """A bundle, what it says, and the block (number, hash) that it says it of."""

    bundle: Bundle
    report: Report
    block_number: int
    block_hash: bytes


def make(
    file: bytes, *, trust: TrustProfile, status: StatusSource, now: datetime, rpc: Sequence[str] = ()
) -> Made | Report:
    """Bundle the credential `file` at the finalized block; or the report that says why the chain has no proof of it.

    `rpc` overrides the profile's nodes. Asks the first that answers and proves. Raises Unreachable, WrongChain.
    """
    opened: list[Collector] = []
    kept = _Kept(status)

    def open_(registry: RegistryTrust) -> ChainView:
        if not opened:
            opened.append(collector(rpc or registry.rpc, registry))
        if opened[0].registry != registry:
            raise Unproved("not-in-bundle", "A bundle holds proofs of one registry alone.", "Verify it online")
        return opened[0]

    report = verify(file, trust=trust, chain=open_, status=kept, now=now)
    if not opened or report.check("anchor").outcome != "pass" or len(file) > MAX_CREDENTIAL_BYTES:
        return report
    bundle = opened[0].bundle(file, kept.pieces())
    block = opened[0].header
    # What is handed out was read back and says the same.
    proved = check(file, Bundle.parse(bundle.to_bytes()), trust=trust, block_hash=block.hash, now=now)
    if (proved.verdict, proved.checks) != (report.verdict, report.checks):
        raise AssertionError("a bundle says something else than what it was made of")
    return Made(bundle, proved, block.number, block.hash)


def collector(urls: Sequence[str], registry: RegistryTrust) -> "Collector":
    """A collector at the first node that answers and proves. Raises Unreachable, WrongChain."""
    problem: Unreachable = Unreachable("chain", "no endpoint is named")
    for url in urls:
        try:
            return Collector(JsonRpc(url, timeout=DEFAULT_TIMEOUT, max_bytes=MAX_ANSWER_BYTES), registry)
        except Unreachable as found:
            problem = found
    raise problem


class Collector:
    """A `ChainView` on one registry at one finalized block: believes only what is proved, and keeps the proofs."""

    def __init__(self, node: JsonRpc, registry: RegistryTrust, at: str = "finalized") -> None:
        """`at`: another block than the newest finalized one, by its number in JSON-RPC's hexadecimal."""
        self.registry = registry
        self._node = node
        self._address = "0x" + registry.contract.hex()
        self._asked: list[Callable[[slots.Read], Any]] = []
        chain_id, block = self._read(lambda: node.batch([("eth_chainId", []), ("eth_getBlockByNumber", [at, False])]))
        if self._read(lambda: quantity(chain_id)) != registry.chain_id:
            raise WrongChain(registry.chain_id, quantity(chain_id))
        if block is None:
            raise Unreachable(node.endpoint, "it knows no finalized block yet")
        self.encoded = self._read(lambda: headers.encode(block))
        self.header = self._proved(lambda: headers.Header.read(self.encoded))
        if self._read(lambda: data(block["hash"], 32)) != self.header.hash:
            problem = "the header of its finalized block has another hash than it says, or fields of a later fork"
            raise Unreachable(node.endpoint, problem)
        self._references: list[Any] = [
            {"blockHash": block["hash"], "requireCanonical": True}, {"blockHash": block["hash"]}, block["number"]
        ]  # fmt: skip
        self.code = self._read(lambda: data(self._ask("eth_getCode", self._address)))
        proof = self._proof(())
        accounts = self._proved(lambda: _linked(self.header.state_root, _nodes(proof["accountProof"])))
        self._storage_root, _ = self._proved(lambda: account_of(accounts, registry.contract))
        self.account = tuple(sorted(accounts.used))
        self._storage: set[bytes] = set()

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        """What the contract said about an anchor root and a key, 32 bytes each, at this block. Raises Unreachable."""
        found = self.prove(lambda read: slots.lookup(read, root, key_id))
        return ChainAnswer(facts_at(self.header, self.registry.chain_id, self.registry.contract, self.code, found))

    def prove(self, question: Callable[[slots.Read], T]) -> T:
        """What `question` makes of the words it reads, once all of them are proved. Raises Unreachable."""
        for _ in range(MAX_ROUNDS):
            storage = self._trie(self._storage)
            missing: set[int] = set()

            def word(slot: int, storage: Trie = storage, missing: set[int] = missing) -> int:
                try:
                    return read_word(storage, slot)
                except Unproved:
                    missing.add(slot)  # what depends on it is asked in the next round
                    return 0

            found = question(word)
            if not missing:
                self._asked.append(question)
                return found
            self._fetch(missing)
        raise Unreachable(self._node.endpoint, "its proofs do not come to an end")

    @property
    def storage(self) -> tuple[bytes, ...]:
        """The nodes that everything asked so far went through, and no node besides."""
        storage = self._trie(self._storage)
        for question in self._asked:
            question(lambda slot: read_word(storage, slot))
        return tuple(sorted(storage.used))

    def bundle(self, file: bytes, status: Sequence[bytes]) -> Bundle:
        """Everything that was asked, and no node besides."""
        return Bundle(
            chain_id=self.registry.chain_id,
            contract=self.registry.contract,
            header=self.encoded,
            code=self.code,
            account=self.account,
            storage=self.storage,
            status=tuple(status),
            credential=file,
        )

    def _fetch(self, missing: set[int]) -> None:
        """Nodes on the way to these slots. Raises Unreachable where the node proves none of them."""
        ordered = sorted(slot % 2**256 for slot in missing)
        for start in range(0, len(ordered), SLOTS_AT_ONCE):
            wanted = ordered[start : start + SLOTS_AT_ONCE]
            proof = self._proof(wanted)
            self._storage.update(self._read(partial(_storage_nodes, proof)))
        storage = self._trie(self._storage)
        for slot in ordered:
            self._proved(partial(read_word, storage, slot))

    def _trie(self, nodes: set[bytes]) -> Trie:
        return self._proved(lambda: _linked(self._storage_root, nodes))

    def _proof(self, wanted: Sequence[int]) -> Any:
        keys = ["0x" + slot.to_bytes(32, "big").hex() for slot in wanted]
        return self._ask("eth_getProof", self._address, keys)

    def _ask(self, method: str, *params: Any) -> Any:
        """At the block, named in the strictest way that the node takes; what it says is proved afterwards."""
        while True:
            try:
                return self._node.call(method, *params, self._references[0])
            except RpcError as refusal:
                if len(self._references) == 1:
                    problem = f"{method} at the finalized block: {refusal.message}{STATE_IS_GONE}"
                    raise Unreachable(self._node.endpoint, problem) from None
                del self._references[0]

    def _read(self, question: Callable[[], T]) -> T:
        """Whatever is not an answer is unreachable."""
        try:
            return question()
        except RpcError as refusal:
            raise Unreachable(self._node.endpoint, f"{refusal.method}: {refusal.message}") from None
        except (ValueError, KeyError, TypeError):
            raise Unreachable(self._node.endpoint, "its answer has another form than it should") from None

    def _proved(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except Unproved as flaw:
            problem = f"it does not prove the state of its finalized block ({flaw.problem.rstrip('.')}){STATE_IS_GONE}"
            raise Unreachable(self._node.endpoint, problem) from None


class _Kept:
    """A status source that remembers what it gave, in canonical form."""

    def __init__(self, source: StatusSource) -> None:
        self._source = source
        self._given: set[bytes] = set()

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        """As the source. Raises Unreachable."""
        found = self._source.fetch(list_id, anchor_number)
        with suppress(FormatError):  # check 6 says so
            self._given.add(canonical(StatusEvidence.parse(found).to_json()))
        return found

    def pieces(self) -> list[bytes]:
        return sorted(self._given)


def _linked(root: bytes, nodes: "set[bytes] | list[bytes]") -> Trie:
    """A trie of the nodes that are reached by hash: some nodes also send those that are inside others."""
    return Trie(root, sorted(nodes), strict=False)


def _nodes(values: Any) -> list[bytes]:
    return [data(value) for value in values]


def _storage_nodes(proof: Any) -> set[bytes]:
    return {node for item in proof["storageProof"] for node in _nodes(item["proof"])}
