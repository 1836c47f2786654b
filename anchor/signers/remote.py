"""A signer behind JSON-RPC: `eth_signTransaction` as web3signer, Clef's proxies and geth answer it.

It holds the key; we hold its address. It is asked for one transaction at a time and never sends anything.
"""

from anchor.errors import SignerError, Unreachable
from anchor.jsonrpc import DEFAULT_TIMEOUT, JsonRpc, RpcError, data
from anchor.signer import Transaction

MAX_ANSWER_BYTES = 1024 * 1024
"""Geth repeats the transaction as JSON; more than a pool takes (128 KiB), twice and in hexadecimal, is no answer."""

REMEDY = "Nothing was signed or sent. The next look asks it again"


class RemoteSigner:
    """The account `address` (20 bytes) at `url`, which may carry a user and a password. Safe to keep open."""

    def __init__(self, url: str, address: bytes, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._rpc = JsonRpc(url, timeout=timeout, max_bytes=MAX_ANSWER_BYTES)
        self._address = address

    @property
    def address(self) -> bytes:
        """The account, 20 bytes."""
        return self._address

    def sign(self, transaction: Transaction) -> bytes:
        """The signed transaction. Raises SignerError, also when there is no answer within the timeout."""
        place = f"The signer at {self._rpc.endpoint}"
        try:
            answer = self._rpc.call("eth_signTransaction", self._request(transaction))
        except RpcError as refusal:
            raise SignerError(f"{place} refused: {refusal.message}", REMEDY) from None
        except Unreachable as problem:
            raise SignerError(f"{place} cannot be asked: {problem.problem}", REMEDY) from None
        try:
            return data(answer["raw"] if isinstance(answer, dict) else answer)  # geth's form, and everybody else's
        except (KeyError, ValueError):
            raise SignerError(f"{place} returned no signed transaction", REMEDY) from None

    def _request(self, transaction: Transaction) -> dict[str, str]:
        """As JSON-RPC has it: quantities in hexadecimal. The type follows from the fees."""
        request = {
            "from": "0x" + self._address.hex(),
            "chainId": hex(transaction.chain_id),
            "nonce": hex(transaction.nonce),
            "gas": hex(transaction.gas),
            "maxFeePerGas": hex(transaction.max_fee),
            "maxPriorityFeePerGas": hex(transaction.max_tip),
            "value": hex(transaction.value),
            "data": "0x" + transaction.data.hex(),
        }
        if transaction.to is not None:
            request["to"] = "0x" + transaction.to.hex()
        return request

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._rpc.endpoint}, 0x{self._address.hex()})"
