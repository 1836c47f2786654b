"""How a registry ends: what its log came to, the call that closes it in favour of a successor, and the proof of both.

The successor's genesis names the old contract, the size of its log and its head; the old log's last entry names the
successor. Between the two there is nothing: the closing entry's position is the size that the genesis names.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from anchor.contract import RegistryContract, reverted
from anchor.deploy import RECEIPT_SECONDS, Account, Deployment, Predecessor
from anchor.errors import Inconsistent, Unreachable, WrongChain, WrongContract
from anchor.jsonrpc import JsonRpc, RpcError, data, quantity
from anchor.node import at
from anchor.signer import Signer
from contracts import artifact

FINAL_SECONDS = 1800.0
"""How long a block may take to become final: twice what Ethereum needs on a good day."""

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class State:
    """A registry contract at one block. `successor` is (chain id, contract), (0, 20 zero bytes) while it is open."""

    block: int
    size: int
    head: bytes
    anchors: int
    closed: bool
    successor: tuple[int, bytes]


class Registry:
    """A contract at `address` (20 bytes) on chain `chain_id`, seen through one node. Close it after use."""

    def __init__(self, rpc_url: str, chain_id: int, address: bytes) -> None:
        self.chain_id = chain_id
        self.address = address
        self.rpc = JsonRpc(rpc_url)
        self._contract = RegistryContract(address)
        found = quantity(self.rpc.call("eth_chainId"))
        if found != chain_id:
            self.rpc.close()
            raise WrongChain(chain_id, found)

    def close(self) -> None:
        """Drop the connection."""
        self.rpc.close()

    def state(self, tag: str) -> State:
        """What it says at block `tag` (latest or finalized), named by hash. Raises WrongContract, Unreachable."""
        block = self.rpc.call("eth_getBlockByNumber", tag, False)
        if block is None:
            raise Unreachable(self.rpc.endpoint, f"it knows no {tag} block yet")
        block_hash = data(block["hash"], 32)
        code = data(self.rpc.call("eth_getCode", "0x" + self.address.hex(), at(block_hash)))
        if code != artifact().runtime:
            raise WrongContract(self.address, f"at the {tag} block there is other code than the artifact's, or none")
        names = ("head", "tip", "successor")
        raw = self.rpc.batch([self._contract.read(block_hash, name) for name in names])
        head, tip, successor = (self._contract.answer(name, data(one)) for name, one in zip(names, raw, strict=True))
        size, _, _, anchors, closed = tip[0]
        if size != head[0]:
            raise Inconsistent("head() and tip() disagree about the size of the log")
        named = (int(successor[0]), bytes.fromhex(successor[1][2:]))
        return State(quantity(block["number"]), size, head[1], anchors, closed, named)

    def genesis(self, deploy_block: int) -> Predecessor:
        """The predecessor that entry 0 names, all zero where there is none. Raises Inconsistent, Unreachable."""
        method, parameters = self._contract.entries_call(deploy_block, deploy_block)
        entries = self._contract.entries(self.rpc.call(method, *parameters))
        if not entries or entries[0].position != 0:
            raise Inconsistent(f"block {deploy_block} does not hold the log's first entry")
        try:
            told = decode(["uint64", "address", "uint64", "address", "uint64", "bytes32"], entries[0].payload)
        except DecodingError:
            raise Inconsistent("the log's first entry is no genesis") from None
        return Predecessor(told[2], bytes.fromhex(told[3][2:]), told[4], told[5])

    def end(self, admin: Signer, successor: Deployment, timeout: float = RECEIPT_SECONDS) -> None:
        """Close the log for ever in favour of `successor`, and wait until that is mined.

        Raises Reverted when the contract refuses, as when `admin` does not hold the admin's role; InsufficientFunds.
        """
        address = to_checksum_address(successor.contract)
        call = self._contract.calldata("close", successor.chain_id, address)
        try:
            Account(self.rpc, admin, timeout).transact(self.address, call)
        except RpcError as refusal:
            raise reverted(refusal) or refusal from None

    def until_there(self, timeout: float = FINAL_SECONDS) -> None:
        """Wait until the contract stands at a finalized block. Raises Unreachable after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.state("finalized")
                return
            except WrongContract:  # not yet, or never
                if time.monotonic() > deadline:
                    raise
            time.sleep(POLL_SECONDS)

    def until_final(self, holds: Callable[[State], bool], timeout: float = FINAL_SECONDS) -> State:
        """The first state at a finalized block of which `holds` is true. Raises Unreachable after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not holds(state := self.state("finalized")):
            if time.monotonic() > deadline:
                raise Unreachable(self.rpc.endpoint, f"what was sent was not final within {timeout:g} s")
            time.sleep(POLL_SECONDS)
        return state
