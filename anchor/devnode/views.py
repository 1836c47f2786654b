"""The JSON shapes of blocks, transactions and receipts, as geth writes them."""

from typing import Any

from anchor.devnode.chain import Chain, Included
from anchor.devnode.shapes import Header
from anchor.devnode.transactions import DYNAMIC_FEE, LEGACY, Transaction

Json = dict[str, Any]

EMPTY_WITHDRAWALS: list[Json] = []


def data(value: bytes) -> str:
    """Bytes as 0x and lower-case digits."""
    return f"0x{bytes(value).hex()}"


def maybe(value: bytes | None) -> str | None:
    """Bytes, or null where there are none."""
    return data(value) if value else None


def block(chain: Chain, header: Header, *, full: bool) -> Json:
    """A block with its transactions' hashes or, `full`, their bodies."""
    included = chain.included(header)
    transactions: list[Any] = [
        transaction(found.transaction, header, found.position) if full else data(found.transaction.hash)
        for found in included
    ]
    return _header(header) | {
        "size": hex(chain.size_of(header)),
        "uncles": [],
        "withdrawals": EMPTY_WITHDRAWALS,
        "transactions": transactions,
    }


def _header(header: Header) -> Json:
    return {
        "number": hex(header.block_number),
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.uncles_hash),
        "miner": data(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "difficulty": "0x0",
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "nonce": data(header.nonce),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawalsRoot": data(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "requestsHash": data(header.requests_hash),
    }


def transaction(tx: Transaction, header: Header | None = None, position: int | None = None) -> Json:
    """A transaction in a block, or one that waits in the pool."""
    included = header is not None
    body: Json = {
        "hash": data(tx.hash),
        "type": hex(tx.type),
        "chainId": hex(tx.chain_id or 0),
        "nonce": hex(tx.nonce),
        "from": data(tx.sender),
        "to": maybe(tx.to),
        "value": hex(tx.value),
        "gas": hex(tx.gas),
        "gasPrice": hex(tx.effective_price(header.base_fee_per_gas) if header else tx.fee_cap),
        "input": data(tx.data),
        "v": hex(tx.v),
        "r": hex(tx.r),
        "s": hex(tx.s),
        "blockHash": data(header.hash) if header else None,
        "blockNumber": hex(header.block_number) if header else None,
        "transactionIndex": hex(position) if included and position is not None else None,
    }
    if tx.type == DYNAMIC_FEE:
        body |= {"maxFeePerGas": hex(tx.fee_cap), "maxPriorityFeePerGas": hex(tx.tip_cap)}
    if tx.type != LEGACY:
        entries = [
            {"address": data(address), "storageKeys": [data(key.to_bytes(32, "big")) for key in keys]}
            for address, keys in tx.access_list
        ]
        body |= {"yParity": hex(tx.v), "accessList": entries}
    return body


def receipt(header: Header, found: Included, logs: list[Json]) -> Json:
    """What executing the transaction did."""
    tx = found.transaction
    return {
        "transactionHash": data(tx.hash),
        "transactionIndex": hex(found.position),
        "blockHash": data(header.hash),
        "blockNumber": hex(header.block_number),
        "from": data(tx.sender),
        "to": maybe(tx.to),
        "type": hex(tx.type),
        "status": hex(found.status),
        "gasUsed": hex(found.gas_used),
        "cumulativeGasUsed": hex(found.cumulative_gas),
        "effectiveGasPrice": hex(tx.effective_price(header.base_fee_per_gas)),
        "contractAddress": maybe(found.created) if found.status else None,
        "logs": logs,
        "logsBloom": data(found.bloom),
    }
