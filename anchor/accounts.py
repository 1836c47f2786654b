"""The accounts that work for the contract: do they have their roles, and what can they still pay?"""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from anchor.contract import RegistryContract, role
from anchor.node import Node, Rpc, at, block_by_tag
from anchor.worker.round import ANCHOR_GAS


@dataclass(frozen=True)
class Account:
    """`balance` in wei; `anchors` is how many it pays for at the newest block's base fee and the least tip."""

    role: str
    address: bytes
    holds: bool
    balance: int
    anchors: int


def accounts(rpc: Rpc, contract: bytes, addresses: Mapping[str, bytes], min_tip: int) -> list[Account]:
    """The accounts by role (OPERATOR_ROLE, REGISTRAR_ROLE), all at one block; `min_tip` in wei per gas.

    Raises Unreachable; Inconsistent when the block was replaced meanwhile or the contract is not there.
    """
    node, registry = Node(rpc), RegistryContract(contract)
    newest = node.header(node.ask([block_by_tag("latest")])[0])
    calls = []
    for name, address in addresses.items():
        calls.append(registry.read(newest.hash, "hasRole", role(name), to_checksum_address(address)))
        calls.append(("eth_getBalance", ["0x" + address.hex(), at(newest.hash)]))
    answers = iter(node.ask(calls))
    price = ANCHOR_GAS * (newest.base_fee + min_tip)
    found = []
    for name, address in addresses.items():
        holds = bool(registry.answer("hasRole", node.data(next(answers)))[0])
        balance = node.quantity(next(answers))
        found.append(Account(name, address, holds, balance, balance // price))
    return found
