"""The seam to py-evm: no other file of this package knows its names, so another EVM would be a change here alone.

py-evm executes (Prague rules) and keeps state tries and headers in our store. The canonical chain, transactions,
receipts and logs are our own tables: py-evm's indexes cannot be rewound without its private parts.
Nothing of the beacon chain is modelled: no withdrawals, no blobs, no system contracts.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import rlp
from eth.chains.base import Chain
from eth.consensus.applier import ConsensusApplier
from eth.consensus.noproof import NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.exceptions import HeaderNotFound, Revert
from eth.rlp.accounts import Account
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from trie.hexary import HexaryTrie

from anchor.devnode.limits import GAS_LIMIT
from anchor.devnode.shapes import NOBODY, AccountProof, Applied, Call, Header, Log, Outcome

sys.setrecursionlimit(12_288)
# Importing the EVM set this to 100,000 (py_ecc), where deep recursion ends the process instead of raising an error.
# 12,288 is what py-evm itself asks for, to reach 1,024 nested calls.

FORK = "prague"
WORDS = {
    "OutOfGas": "out of gas",
    "InvalidInstruction": "invalid opcode",
    "InvalidJumpDestination": "invalid jump destination",
    "InsufficientFunds": "insufficient balance for transfer",
    "WriteProtection": "write protection",
    "InsufficientStack": "stack underflow",
    "FullStack": "stack limit reached",
}
"""py-evm's errors in geth's words."""

Refusal = ValidationError
"""What the EVM raises for a transaction it will not execute (balance, nonce, gas)."""


class StateStore(BaseDB):
    """Base of the store that `Evm` is given: `[key]`, assignment, deletion, `_exists`; KeyError for a missing key."""


class Evm:
    """Execution over one store for one chain id."""

    def __init__(self, store: StateStore, chain_id: int) -> None:
        rules: Any = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))
        # py-evm takes chain id and rules from class attributes, so every chain id is a class of its own
        chain_type: Any = type("DevelopmentChain", (Chain,), {"chain_id": chain_id, "vm_configuration": rules})
        self._type = chain_type
        self._store = AtomicDB(store)
        self._context = ChainContext(chain_id)
        self._chain = chain_type(self._store)
        self._vm_type: Any = chain_type.get_vm_class_for_block_number(0)

    def found(self, funds: Mapping[bytes, int], timestamp: int, note: bytes) -> Header:
        """Write the first block's state and header; `note` of up to 32 bytes says what this chain is."""
        state = {a: {"balance": wei, "nonce": 0, "code": b"", "storage": {}} for a, wei in funds.items()}
        header = {
            "coinbase": NOBODY,
            "difficulty": POST_MERGE_DIFFICULTY,
            "extra_data": note,
            "gas_limit": GAS_LIMIT,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "timestamp": timestamp,
        }
        chain = self._type.from_genesis(self._store, header, state)
        return cast(Header, chain.get_canonical_head())

    def header(self, block_hash: bytes) -> Header | None:
        """The header with this hash, canonical or not."""
        try:
            return cast(Header, self._chain.get_block_header_by_hash(block_hash))
        except HeaderNotFound:
            return None

    def child(self, parent: Header, timestamp: int, randomness: bytes) -> Header:
        """The header of the next block before anything is in it (base fee by EIP-1559)."""
        made = self._chain.create_header_from_parent(
            parent, timestamp=timestamp, gas_limit=GAS_LIMIT, coinbase=NOBODY, mix_hash=randomness, extra_data=b""
        )
        return cast(Header, made)

    def decode(self, raw: bytes) -> Any:
        """A signed transaction as the EVM wants it. Raises all sorts of errors for other bytes."""
        return PragueVM.get_transaction_builder().decode(raw)

    def account(self, header: Header, address: bytes) -> tuple[int, int, bytes]:
        """(nonce, balance in wei, code) after the block."""
        state = self._state_after(header)
        return state.get_nonce(address), state.get_balance(address), bytes(state.get_code(address))

    def storage(self, header: Header, address: bytes, slot: int) -> int:
        """A storage word after the block."""
        return int(self._state_after(header).get_storage(address, slot))

    def _state_after(self, header: Any, **changes: int) -> Any:
        at = header.copy(**changes) if changes else header
        return self._vm_type.build_state(self._store, at, self._context, self._previous(header))

    def _previous(self, header: Header) -> Iterator[bytes]:
        """Hashes for BLOCKHASH, newest first; read lazily, since few contracts ask."""
        hashes = self._vm_type.get_prev_hashes(header.parent_hash, self._chain.chaindb)
        return cast(Iterator[bytes], hashes)

    def call(self, header: Header, call: Call, gas: int, nonce: int) -> Outcome:
        """Execute on the state after the block, in its context, free of charge; nothing is kept.

        Raises Refusal when even a call cannot start (value above balance, gas below the intrinsic cost).
        """
        state = self._state_after(header, base_fee_per_gas=0)
        builder: Any = PragueVM.get_transaction_builder()
        unsigned = builder.new_unsigned_dynamic_fee_transaction(
            chain_id=self._context.chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=gas,
            to=call.to,
            value=call.value,
            data=call.data,
            access_list=call.access_list,
        )
        done = state.apply_transaction(SpoofTransaction(unsigned, from_=call.sender))
        remaining, refunded = done.get_gas_remaining(), done.get_gas_refund()
        spent = gas - remaining
        refund = min(refunded, spent // 5)
        return Outcome(
            output=bytes(done.output or b""),
            gas_used=spent - refund + done.data_floor_gas,
            refund=refund,
            error=_words(done.error) if done.is_error else None,
            reverted=done.is_error and isinstance(done.error, Revert),
        )

    def build(self, header: Header) -> "Building":
        """Begin a block with a header made by `child`."""
        return Building(self._chain.get_vm(header), header)

    def keep(self, header: Header) -> None:
        """Store a header so that `header` finds it."""
        self._store[header.hash] = rlp.encode(header)

    def prove_account(self, state_root: bytes, address: bytes) -> AccountProof:
        """Account and proof; an account that is not there is proved absent."""
        trie: Any = HexaryTrie(self._store, state_root)
        key = keccak(address)
        found = trie[key]
        account = rlp.decode(found, Account) if found else Account()
        nodes = [rlp.encode(node) for node in trie.get_proof(key)]
        return AccountProof(account.nonce, account.balance, account.storage_root, account.code_hash, nodes)

    def prove_slot(self, storage_root: bytes, slot: bytes) -> tuple[int, list[bytes]]:
        """Value of a 32-byte slot and its proof; an empty slot is proved absent."""
        trie: Any = HexaryTrie(self._store, storage_root)
        key = keccak(slot)
        found = trie[key]
        value = int.from_bytes(rlp.decode(found), "big") if found else 0
        return value, [rlp.encode(node) for node in trie.get_proof(key)]


class Building:
    """A block under construction: apply transactions, then seal."""

    def __init__(self, vm: Any, header: Header) -> None:
        self._vm = vm
        self._header: Any = header
        self._transactions: list[Any] = []
        self._receipts: list[Any] = []

    @property
    def gas_used(self) -> int:
        """Gas of the transactions so far."""
        return int(self._header.gas_used)

    def nonce(self, address: bytes) -> int:
        """Nonce in the state so far."""
        return int(self._vm.state.get_nonce(address))

    def apply(self, transaction: Any) -> Applied:
        """Execute a decoded transaction as the next one. Raises Refusal, and then nothing has changed."""
        receipt, _ = self._vm.apply_transaction(self._header, transaction)
        before = self.gas_used
        self._header = self._vm.add_receipt_to_header(self._header, receipt)
        self._transactions.append(transaction)
        self._receipts.append(receipt)
        return Applied(
            status=1 if receipt.state_root == b"\x01" else 0,
            gas_used=self.gas_used - before,
            cumulative_gas=self.gas_used,
            bloom=int(receipt.bloom).to_bytes(256, "big"),
            logs=tuple(_log(entry) for entry in receipt.logs),
        )

    def seal(self) -> tuple[Header, int]:
        """Compute the roots, write the state and validate. Returns the final header and the block's size in bytes."""
        vm = self._vm
        block = vm.set_block_transactions_and_withdrawals(
            vm.get_block(), self._header, tuple(self._transactions), tuple(self._receipts)
        )
        sealed = vm.mine_block(block).block
        return cast(Header, sealed.header), len(rlp.encode(sealed))


def _words(error: Exception) -> str:
    """What clients of other nodes read for the same failure."""
    name = type(error).__name__
    return WORDS.get(name, f"{name}: {error}")


def _log(entry: Any) -> Log:
    topics: Sequence[int] = entry.topics
    return Log(bytes(entry.address), tuple(topic.to_bytes(32, "big") for topic in topics), bytes(entry.data))
