"""A development chain behind HTTP for every test: `chain` has the node, its URLs, a client, and the funded accounts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.utils import get_create_address

from anchor.devnode import DevNode, Server
from tests.support import chains, probe


@dataclass
class Chain:
    """What most tests need."""

    node: DevNode
    server: Server
    w3: Web3
    accounts: tuple[LocalAccount, ...] = chains.FUNDED

    def rpc(self, name: str, *params: Any) -> Any:
        """A method's result, over HTTP."""
        answer = self.w3.provider.make_request(name, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, name: str, *params: Any) -> dict[str, Any]:
        """The error that a method must answer with, over HTTP."""
        answer = self.w3.provider.make_request(name, list(params))  # type: ignore[arg-type]
        assert "result" not in answer, answer
        return dict(answer["error"])

    def refusal(self, **fields: object) -> str:
        """The text with which the pool refuses a transaction of the first account."""
        error = self.error("eth_sendRawTransaction", "0x" + self.sign(**fields).hex())
        assert error["code"] == -32000
        return str(error["message"])

    def sign(self, account: int = 0, **fields: object) -> bytes:
        """A signed transfer of nothing to oneself, unless `fields` say otherwise."""
        sender = self.accounts[account]
        return probe.signed(self.w3, sender, **({"to": sender.address, "gas": 21_000} | fields))

    def send(self, account: int = 0, **fields: object) -> str:
        """Send such a transaction; its hash."""
        return str(self.rpc("eth_sendRawTransaction", "0x" + self.sign(account, **fields).hex()))

    def deploy_later(self) -> str:
        """The address that the probe contract will have when the next block is made."""
        sent = self.send(to="", data=probe.CREATION, gas=300_000, nonce=0)
        assert self.rpc("eth_getTransactionReceipt", sent) is None
        return get_create_address(self.accounts[0].address, 0)

    def answer(self, body: object, *, read_only: bool = False) -> Any:
        """The node's answer to a JSON value or to raw bytes, without HTTP."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answered = self.node.answer(raw, read_only=read_only)
        return None if answered is None else json.loads(answered)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Blocks come with transactions and tools alone."""
    with chains.devnode(tmp_path) as (node, server):
        yield Chain(node, server, chains.web3(server.url))
