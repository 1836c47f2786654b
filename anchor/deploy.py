"""Puts the contract on a chain and hands out its roles. Run once per registry, by its admin."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from anchor.chain import GWEI
from anchor.contract import OPERATOR_ROLE, REGISTRAR_ROLE, RegistryContract, role
from anchor.errors import AnchorError, InsufficientFunds, Unreachable, WrongChain, WrongContract
from anchor.jsonrpc import JsonRpc, RpcError, data, quantity
from anchor.node import Node, block_by_tag
from anchor.signer import Signer, Transaction, sign
from contracts import artifact

RECEIPT_SECONDS = 300.0
"""How long a transaction may take to be mined: several blocks of a public network in a busy hour."""

POLL_SECONDS = 0.1

GAS_MARGIN = 1.25


@dataclass(frozen=True)
class Predecessor:
    """The registry that another one continues: contract (20 bytes), size and RFC 9162 head (32 bytes) of its log."""

    chain_id: int
    contract: bytes
    size: int
    head: bytes


NO_PREDECESSOR = Predecessor(0, bytes(20), 0, bytes(32))


@dataclass(frozen=True)
class Deployment:
    """A contract that stands. `deploy_block` is where its log begins; block and code by their 32-byte hashes."""

    chain_id: int
    contract: bytes
    deploy_block: int
    deploy_block_hash: bytes
    code_sha256: bytes


def chain_of(rpc_urls: Sequence[str]) -> int:
    """The chain id that all endpoints serve. Raises WrongChain when they differ, Unreachable when one is silent."""
    found: int | None = None
    for url in rpc_urls:
        rpc = JsonRpc(url)
        try:
            chain_id = quantity(rpc.call("eth_chainId"))
        except (RpcError, ValueError):
            raise Unreachable(rpc.endpoint, "it does not say which chain it serves") from None
        finally:
            rpc.close()
        if found not in (None, chain_id):
            raise WrongChain(found, chain_id)
        found = chain_id
    assert found is not None  # noqa: S101  (settings name at least one)
    return found


def deploy(
    rpc_url: str,
    admin: Signer,
    *,
    operator: bytes,
    registrar: bytes,
    admin_delay: int = 0,
    predecessor: Predecessor = NO_PREDECESSOR,
    timeout: float = RECEIPT_SECONDS,
) -> Deployment:
    """Deploy the contract, grant the two roles (to 20-byte addresses), and wait until all is done.

    `admin_delay` is the pause in seconds between the two steps of handing on the admin role; 0 is for development.
    `predecessor` is the registry that this one continues, for ever in entry 0 of its log.
    If the process dies in the middle, a contract without roles is left behind, which is useless and harmless.
    Raises Unreachable (also when nothing is mined in `timeout` seconds), InsufficientFunds, WrongContract.
    """
    if len({admin.address, operator, registrar}) != 3:
        raise ValueError("admin, operator and registrar are three different accounts")
    rpc = JsonRpc(rpc_url)
    try:
        creation = _creation(admin.address, admin_delay, predecessor)
        return _deploy(Account(rpc, admin, timeout), creation, operator, registrar)
    finally:
        rpc.close()


def _deploy(account: "Account", creation: bytes, operator: bytes, registrar: bytes) -> Deployment:
    made = account.transact(None, creation)
    contract = RegistryContract(data(made["contractAddress"], 20))
    code = data(account.rpc.call("eth_getCode", made["contractAddress"], "latest"))
    if code != artifact().runtime:
        raise WrongContract(contract.address, "the code that was deployed is not the one of the artifact")
    for name, holder in ((OPERATOR_ROLE, operator), (REGISTRAR_ROLE, registrar)):
        account.transact(contract.address, contract.calldata("grantRole", role(name), to_checksum_address(holder)))
    return Deployment(
        chain_id=account.chain_id,
        contract=contract.address,
        deploy_block=quantity(made["blockNumber"]),
        deploy_block_hash=data(made["blockHash"], 32),
        code_sha256=artifact().code_sha256,
    )


def _creation(admin: bytes, admin_delay: int, before: Predecessor) -> bytes:
    """The artifact's bytecode and the constructor's arguments: admin, delay, the predecessor's four members."""
    words = (int.from_bytes(admin, "big"), admin_delay, before.chain_id, int.from_bytes(before.contract, "big"))
    numbers = b"".join(word.to_bytes(32, "big") for word in (*words, before.size))
    return artifact().bytecode + numbers + before.head


class Account:
    """One account that sends transactions one after the other, each mined before the next."""

    def __init__(self, rpc: JsonRpc, signer: Signer, timeout: float) -> None:
        self.rpc = rpc
        self._signer = signer
        self._timeout = timeout
        self._address = "0x" + signer.address.hex()
        self.chain_id = quantity(rpc.call("eth_chainId"))

    def transact(self, to: bytes | None, payload: bytes) -> dict[str, str]:
        """Send, wait, and return the receipt."""
        call = {"from": self._address, "data": "0x" + payload.hex()}
        if to is not None:
            call["to"] = "0x" + to.hex()
        node = Node(self.rpc)
        nonce, balance, latest = self.rpc.batch(
            [
                ("eth_getTransactionCount", [self._address, "latest"]),
                ("eth_getBalance", [self._address, "latest"]),
                block_by_tag("latest"),
            ]
        )
        tip = max(node.tip_suggestion(), GWEI // 10)
        max_fee = 2 * node.header(latest).base_fee + tip
        try:
            gas = int(quantity(self.rpc.call("eth_estimateGas", call)) * GAS_MARGIN)
        except RpcError as refusal:
            if "insufficient funds" in refusal.message.lower():
                raise InsufficientFunds(self._signer.address, quantity(balance), max_fee) from None
            raise
        if quantity(balance) < gas * max_fee:
            raise InsufficientFunds(self._signer.address, quantity(balance), gas * max_fee)
        transaction = Transaction(self.chain_id, quantity(nonce), to, gas, max_fee, tip, payload)
        signed = sign(self._signer, transaction)
        node.send(signed.raw)
        return self._receipt(signed.hash)

    def _receipt(self, tx_hash: bytes) -> dict[str, str]:
        deadline = time.monotonic() + self._timeout
        while True:
            found = self.rpc.call("eth_getTransactionReceipt", "0x" + tx_hash.hex())
            if isinstance(found, dict) and found.get("blockNumber"):
                if quantity(found["status"]) != 1:
                    raise AnchorError(f"Transaction 0x{tx_hash.hex()} was mined but failed. Deploy again.")
                return found
            if time.monotonic() > deadline:
                problem = f"transaction 0x{tx_hash.hex()} was not mined within {self._timeout:g} s"
                raise Unreachable(self.rpc.endpoint, problem)
            time.sleep(POLL_SECONDS)
