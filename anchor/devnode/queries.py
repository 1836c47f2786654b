"""The eth_ methods that read: chain, state, logs, proofs, fees, pool."""

from collections import defaultdict
from typing import Any

from anchor.devnode import blockref, params, views
from anchor.devnode.chain import Included
from anchor.devnode.errors import invalid
from anchor.devnode.execute import Executor
from anchor.devnode.fees import Fees
from anchor.devnode.limits import MAX_PROOF_SLOTS, SUGGESTED_TIP
from anchor.devnode.logs import Logs
from anchor.devnode.parts import Parts
from anchor.devnode.rpc import Handler, Method, method
from anchor.devnode.shapes import Header
from anchor.devnode.transactions import Transaction
from anchor.devnode.views import Json, data


class Queries:
    """Handlers take JSON values and give JSON values; the caller holds the database's lock."""

    def __init__(self, parts: Parts, logs: Logs, chain_id: int, version: str) -> None:
        self._evm = parts.evm
        self._chain = parts.chain
        self._pool = parts.pool
        self._logs = logs
        self._fees = Fees(parts.evm, parts.chain)
        self._executor = Executor(parts.evm)
        self._chain_id = chain_id
        self._version = version

    def methods(self) -> dict[str, Method]:
        """The table; `public` ones are open to web pages of any origin."""
        public: dict[str, Handler] = {
            "web3_clientVersion": lambda: self._version,
            "net_version": lambda: str(self._chain_id),
            "eth_chainId": lambda: hex(self._chain_id),
            "eth_syncing": lambda: False,
            "eth_blockNumber": lambda: hex(self._chain.head.block_number),
            "eth_getBlockByNumber": self.block_by_number,
            "eth_getBlockByHash": self.block_by_hash,
            "eth_getBlockReceipts": self.block_receipts,
            "eth_getBlockTransactionCountByNumber": self.count_by_number,
            "eth_getBlockTransactionCountByHash": self.count_by_hash,
            "eth_getTransactionByHash": self.transaction,
            "eth_getTransactionByBlockNumberAndIndex": self.transaction_by_number,
            "eth_getTransactionByBlockHashAndIndex": self.transaction_by_hash,
            "eth_getTransactionReceipt": self.receipt,
            "eth_getTransactionCount": self.nonce,
            "eth_getBalance": self.balance,
            "eth_getCode": self.code,
            "eth_getStorageAt": self.storage,
            "eth_getProof": self.proof,
            "eth_getLogs": self._logs.search,
            "eth_call": self.call,
        }
        private: dict[str, Handler] = {
            "net_listening": lambda: True,
            "eth_accounts": list,
            "eth_gasPrice": lambda: hex(self._fees.gas_price()),
            "eth_maxPriorityFeePerGas": lambda: hex(SUGGESTED_TIP),
            "eth_blobBaseFee": lambda: "0x1",
            "eth_feeHistory": self.fee_history,
            "eth_estimateGas": self.estimate,
            "txpool_status": self.pool_status,
            "txpool_content": self.pool_content,
        }
        table = {name: method(run, public=True) for name, run in public.items()}
        return table | {name: method(run) for name, run in private.items()}

    def block_by_number(self, number: Any, full: Any = False) -> Json | None:
        return self._block(blockref.find(self._chain, number), full)

    def block_by_hash(self, block: Any, full: Any = False) -> Json | None:
        return self._block(self._chain.by_hash(params.hash32(block)), full)

    def _block(self, header: Header | None, full: Any) -> Json | None:
        wanted = params.flag(full)
        return None if header is None else views.block(self._chain, header, full=wanted)

    def block_receipts(self, block: Any) -> list[Json] | None:
        header = blockref.find(self._chain, block)
        return None if header is None else self._receipts(header, self._chain.included(header))

    def _receipts(self, header: Header, wanted: list[Included]) -> list[Json]:
        logs: dict[str, list[Json]] = defaultdict(list)
        for entry in self._logs.of_block(header.hash, header.block_number):
            logs[entry["transactionHash"]].append(entry)
        return [views.receipt(header, found, logs[data(found.transaction.hash)]) for found in wanted]

    def receipt(self, tx_hash: Any) -> Json | None:
        found = self._chain.find(params.hash32(tx_hash))
        return None if found is None else self._receipts(found[0], [found[1]])[0]

    def count_by_number(self, number: Any) -> str | None:
        header = blockref.find(self._chain, number)
        return None if header is None else hex(len(self._chain.included(header)))

    def count_by_hash(self, block: Any) -> str | None:
        header = self._chain.by_hash(params.hash32(block))
        return None if header is None else hex(len(self._chain.included(header)))

    def transaction(self, tx_hash: Any) -> Json | None:
        wanted = params.hash32(tx_hash)
        if found := self._chain.find(wanted):
            return views.transaction(found[1].transaction, found[0], found[1].position)
        waiting = self._pool.get(wanted)
        return None if waiting is None else views.transaction(waiting)

    def transaction_by_number(self, number: Any, index: Any) -> Json | None:
        return self._transaction_in(blockref.find(self._chain, number), index)

    def transaction_by_hash(self, block: Any, index: Any) -> Json | None:
        return self._transaction_in(self._chain.by_hash(params.hash32(block)), index)

    def _transaction_in(self, header: Header | None, index: Any) -> Json | None:
        position = params.quantity(index)
        included = [] if header is None else self._chain.included(header)
        if header is None or position >= len(included):
            return None
        return views.transaction(included[position].transaction, header, position)

    def nonce(self, address: Any, block: Any = "latest") -> str:
        account = params.address(address)
        if block == "pending":
            return hex(self._pool.next_nonce(account))
        return hex(self._evm.account(blockref.need(self._chain, block), account)[0])

    def balance(self, address: Any, block: Any = "latest") -> str:
        return hex(self._evm.account(blockref.need(self._chain, block), params.address(address))[1])

    def code(self, address: Any, block: Any = "latest") -> str:
        return data(self._evm.account(blockref.need(self._chain, block), params.address(address))[2])

    def storage(self, address: Any, slot: Any, block: Any = "latest") -> str:
        header = blockref.need(self._chain, block)
        return data(self._evm.storage(header, params.address(address), params.slot(slot)).to_bytes(32, "big"))

    def proof(self, address: Any, slots: Any, block: Any = "latest") -> Json:
        account = params.address(address)
        if not isinstance(slots, list) or len(slots) > MAX_PROOF_SLOTS:
            raise invalid(f"storage keys are an array of at most {MAX_PROOF_SLOTS}")
        keys = [params.slot(slot) for slot in slots]
        header = blockref.need(self._chain, block)
        found = self._evm.prove_account(header.state_root, account)
        storage = []
        for given, key in zip(slots, keys, strict=True):
            value, nodes = self._evm.prove_slot(found.storage_root, key.to_bytes(32, "big"))
            storage.append({"key": given, "value": hex(value), "proof": [data(node) for node in nodes]})
        return {
            "address": data(account),
            "accountProof": [data(node) for node in found.nodes],
            "balance": hex(found.balance),
            "codeHash": data(found.code_hash),
            "nonce": hex(found.nonce),
            "storageHash": data(found.storage_root),
            "storageProof": storage,
        }

    def call(self, message: Any, block: Any = "latest") -> str:
        call, gas, _ = params.call(message)
        return data(self._executor.call(blockref.need(self._chain, block), call, gas))

    def estimate(self, message: Any, block: Any = "latest") -> str:
        call, gas, fee_cap = params.call(message)
        return hex(self._executor.estimate(blockref.need(self._chain, block), call, gas, fee_cap))

    def fee_history(self, count: Any, newest: Any, percentiles: Any = None) -> Json:
        return self._fees.history(count, newest, percentiles)

    def pool_status(self) -> Json:
        pending, queued = self._pooled()
        return {"pending": hex(len(pending)), "queued": hex(len(queued))}

    def pool_content(self) -> Json:
        pending, queued = self._pooled()
        return {"pending": _by_account(pending), "queued": _by_account(queued)}

    def _pooled(self) -> tuple[list[Transaction], list[Transaction]]:
        """Those that follow their account's nonce without a gap, and the others."""
        pending: list[Transaction] = []
        queued: list[Transaction] = []
        reach: dict[bytes, int] = {}
        for tx in self._pool.all():
            if tx.sender not in reach:
                reach[tx.sender] = self._pool.next_nonce(tx.sender)
            (pending if tx.nonce < reach[tx.sender] else queued).append(tx)
        return pending, queued


def _by_account(transactions: list[Transaction]) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for tx in transactions:
        found[data(tx.sender)][str(tx.nonce)] = views.transaction(tx)
    return found
