"""The contract on py-evm without a node: one block per transaction, a clock that tests set, calls by ABI.

For tests of the contract itself. What needs JSON-RPC, finality or reorganisations uses tests/support/chains.py.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth.chains.base import MiningChain
from eth.consensus.applier import ConsensusApplier
from eth.consensus.noproof import NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode, encode
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from contracts import artifact
from registry.format import entries, merkle

CHAIN_ID = 1337
START = 1_700_000_000
"""Time of the first block, Unix seconds."""

GAS_LIMIT = 30_000_000
SEND_GAS = 8_000_000
"""Gas offered with a transaction: enough for the deployment."""

MAX_FEE = 10**10
ETHER = 10**18
NAMES = ("admin", "operator", "registrar", "accreditor", "other", "stranger")
"""Accounts with money."""

NO_PREDECESSOR = (0, "0x" + "00" * 20, 0, bytes(32))


@cache
def account(name: str) -> PrivateKey:
    """An Ethereum account made from a name; those in NAMES have money."""
    return PrivateKey(hashlib.sha256(b"account " + name.encode()).digest())


def address(name: str) -> bytes:
    """The 20 bytes of a named account."""
    return bytes(account(name).public_key.to_canonical_address())


def role(name: str) -> bytes:
    """`OPERATOR`, `REGISTRAR`, `ACCREDITOR` or `ADMIN` as the contract's 32 bytes."""
    return bytes(32) if name == "ADMIN" else bytes(keccak(text=f"{name}_ROLE"))


class Reverted(AssertionError):
    """A call was refused with a custom error of the contract: its name and arguments."""

    def __init__(self, name: str, *arguments: Any) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@dataclass(frozen=True)
class Log:
    """One event: topics of 32 bytes, and data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Receipt:
    """What one transaction did in its block."""

    block: int
    time: int
    gas_used: int
    contract: bytes  # 20 bytes; zero unless it was a deployment
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Entry:
    """An entry of the contract's log, as an auditor reads it from an event and its block."""

    position: int
    kind: int
    subject: bytes
    time: int
    block: int
    previous_block: int
    actor: bytes
    payload: bytes

    @property
    def leaf(self) -> bytes:
        """Its leaf in the log's tree."""
        actor = self.actor
        entry = entries.log_entry(self.position, self.kind, self.subject, self.time, self.block, actor, self.payload)
        return merkle.RFC9162.leaf_hash(entry)


class Evm:
    """A chain in memory under Prague rules. `time` is the next block's time; it moves on by 12 with every block."""

    def __init__(self, chain_id: int = CHAIN_ID, time: int = START) -> None:
        rules: Any = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))
        kind: Any = type("TestChain", (MiningChain,), {"chain_id": chain_id, "vm_configuration": rules})
        header = {
            "difficulty": POST_MERGE_DIFFICULTY,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "gas_limit": GAS_LIMIT,
            "timestamp": time,
        }
        money = {"balance": 10_000 * ETHER, "nonce": 0, "code": b"", "storage": {}}
        self._chain = kind.from_genesis(AtomicDB(), header, {address(name): money for name in NAMES})
        self.chain_id = chain_id
        self.time = time + 12

    def send(self, sender: str, to: bytes, data: bytes) -> Receipt:
        """Mine a block with one transaction of a named account; `to` empty = deployment. A refused one raises Reverted
        with the raw bytes as its only argument, and stays in its block."""
        (done,) = self.mine([(sender, to, data)])
        if isinstance(done, Reverted):
            raise done
        return done

    def mine(self, sends: Sequence[tuple[str, bytes, bytes]]) -> "list[Receipt | Reverted]":
        """Mine a block with these transactions in this order, which is how things happen in the same second; each is
        (sender, to, data). Gives what each did, or why it was refused."""
        self._chain.set_header_timestamp(self.time)
        state = self._chain.get_vm().state
        senders = [sender for sender, _, _ in sends]
        nonces = [state.get_nonce(address(one)) + senders[:place].count(one) for place, one in enumerate(senders)]
        signed = [
            self._unsigned(nonce, MAX_FEE, to, data).as_signed_transaction(account(sender))
            for nonce, (sender, to, data) in zip(nonces, sends, strict=True)
        ]
        mined, receipts, computations = self._chain.mine_all(signed)
        header = mined.imported_block.header
        assert header.timestamp == self.time
        self.time += 12
        done: list[Receipt | Reverted] = []
        before = 0
        for (_, to, _), receipt, computation in zip(sends, receipts, computations, strict=True):
            used, before = receipt.gas_used - before, receipt.gas_used  # a receipt counts from the block's beginning
            if computation.is_error:
                done.append(Reverted("", bytes(computation.output)))
                continue
            logs = tuple(
                Log(one.address, tuple(topic.to_bytes(32, "big") for topic in one.topics), one.data)
                for one in receipt.logs
            )
            created = bytes(computation.msg.storage_address) if not to else bytes(20)
            done.append(Receipt(header.block_number, header.timestamp, used, created, logs))
        return done

    def call(self, to: bytes, data: bytes, sender: str = "stranger") -> tuple[bytes, int]:
        """Answer and gas of a call in the newest block's context; keeps nothing. Raises Reverted like `send`."""
        head = self._chain.get_canonical_head()
        state = self._chain.get_vm(head.copy(base_fee_per_gas=0)).state
        unsigned = self._unsigned(state.get_nonce(address(sender)), 0, to, data)
        done = state.apply_transaction(SpoofTransaction(unsigned, from_=address(sender)))
        if done.is_error:
            raise Reverted("", bytes(done.output))
        return bytes(done.output), int(SEND_GAS - done.get_gas_remaining())

    def _unsigned(self, nonce: int, max_fee: int, to: bytes, data: bytes) -> Any:
        return PragueVM.get_transaction_builder().new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=0,
            max_fee_per_gas=max_fee,
            gas=SEND_GAS,
            to=to,
            value=0,
            data=data,
            access_list=(),
        )

    def storage(self, of: bytes, slot: int) -> int:
        """A storage word after the newest block."""
        return int(self._chain.get_vm(self._chain.get_canonical_head()).state.get_storage(of, slot))

    def code(self, of: bytes) -> bytes:
        """The runtime code at an address."""
        return bytes(self._chain.get_vm(self._chain.get_canonical_head()).state.get_code(of))


class Registry:
    """A deployed registry. `send` and `call` name a function of the ABI; refusals come out as Reverted(name, …)."""

    def __init__(
        self, evm: Evm | None = None, *, delay: int = 0, predecessor: Sequence[Any] = NO_PREDECESSOR, roles: bool = True
    ) -> None:
        self.evm = evm or Evm()
        self.receipts: list[Receipt] = []
        arguments = encode(
            ["address", "uint48", "(uint64,address,uint64,bytes32)"], [address("admin"), delay, tuple(predecessor)]
        )
        self.address = self._do(lambda: self.evm.send("admin", b"", artifact().bytecode + arguments)).contract
        for name in ("operator", "registrar", "accreditor") if roles else ():
            self.send("admin", "grantRole", role(name.upper()), address(name))

    def send(self, sender: str, function: str, *arguments: Any) -> Receipt:
        """A transaction in a block of its own."""
        return self._do(lambda: self.evm.send(sender, self.address, calldata(function, arguments)))

    def together(self, *sends: tuple[Any, ...]) -> "list[Receipt | Reverted]":
        """Transactions in one block and so in one second; each is (sender, function, arguments...), and gives its
        receipt or its refusal."""
        mined = self.evm.mine([(sender, self.address, calldata(name, rest)) for sender, name, *rest in sends])
        done = [decoded(one.arguments[0]) if isinstance(one, Reverted) else one for one in mined]
        self.receipts += [one for one in done if isinstance(one, Receipt)]
        return done

    def call(self, function: str, *arguments: Any) -> Any:
        """A view's answer: a value, or a tuple of them."""
        output, _ = self.evm.call(self.address, calldata(function, arguments))
        values = decode([signature(each) for each in _function(function)["outputs"]], output)
        return values[0] if len(values) == 1 else values

    def entries(self) -> list[Entry]:
        """Every entry so far, from the events alone."""
        return [entry for receipt in self.receipts for entry in entries_of(receipt)]

    def _do(self, action: Any) -> Receipt:
        try:
            receipt: Receipt = action()
        except Reverted as refused:
            raise decoded(refused.arguments[0]) from None
        self.receipts.append(receipt)
        return receipt


def entries_of(receipt: Receipt) -> Iterator[Entry]:
    """The log entries among a transaction's events."""
    types = ["uint64", "uint64", "address", "bytes"]
    name = bytes(keccak(text="Entry(uint64,uint8,bytes32,uint64,uint64,address,bytes)"))
    for log in receipt.logs:
        if log.topics[0] != name:
            continue
        position, kind = (int.from_bytes(topic, "big") for topic in log.topics[1:3])
        time, previous, actor, payload = decode(types, log.data)
        actor = bytes.fromhex(actor[2:])
        yield Entry(position, kind, log.topics[3], time, receipt.block, previous, actor, payload)


def decoded(data: bytes) -> Reverted:
    """The custom error in a refused call's answer."""
    for item in artifact().abi:
        if item["type"] == "error" and keccak(text=item["name"] + _inputs(item))[:4] == data[:4]:
            return Reverted(item["name"], *decode([signature(each) for each in item["inputs"]], data[4:]))
    return Reverted("not an error of the contract", data)


def calldata(function: str, arguments: Sequence[Any]) -> bytes:
    """Selector and arguments of a function of the artifact's ABI."""
    item = _function(function)
    types = [signature(each) for each in item["inputs"]]
    return bytes(keccak(text=function + _inputs(item))[:4]) + encode(types, arguments)


def signature(parameter: dict[str, Any]) -> str:
    """A parameter's type as selectors spell it: tuples by their members."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(signature(each) for each in parameter['components'])}){kind.removeprefix('tuple')}"


def _inputs(item: dict[str, Any]) -> str:
    return f"({','.join(signature(each) for each in item['inputs'])})"


@cache
def _function(name: str) -> Any:
    (found,) = (item for item in artifact().abi if item["type"] == "function" and item["name"] == name)
    return found
