"""Chains for tests: the development node, and anvil as an independent second opinion."""

import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from anchor.devnode import DevNode, Server, serve

ETHER = 10**18

FUNDED: tuple[LocalAccount, ...] = tuple(Account.from_key(i.to_bytes(32, "big")) for i in range(1, 6))
"""Accounts with 1,000 ether on both chains; their keys are 1 to 5."""

ANVIL_CHAIN_ID = 11155111
"""Sepolia's: anvil plays the public test network."""

FOUNDRY = Path(__file__).parents[2] / "contracts" / "node_modules" / "@foundry-rs"

START_SECONDS = 20.0


@contextmanager
def devnode(
    tmp_path: Path, *, prefund: Mapping[str, int] | None = None, block_interval: float = 0, **options: Any
) -> Iterator[tuple[DevNode, Server]]:
    """A development chain in `tmp_path`/chain.db behind HTTP. Blocks come with transactions and tools alone unless
    `block_interval` is given; `options` go to DevNode. FUNDED accounts have 1,000 ether each."""
    funds: Mapping[str, int] = (
        {str(account.address): 1000 * ETHER for account in FUNDED} if prefund is None else prefund
    )
    node = DevNode(tmp_path / "chain.db", prefund=funds, block_interval=block_interval, **options)
    with node, serve(node) as server:
        yield node, server


@contextmanager
def anvil(*options: str, chain_id: int = ANVIL_CHAIN_ID) -> Iterator[str]:
    """The URL of a fresh anvil chain; skips where anvil is not installed (in CI that is a failure).

    The platform's own program is started: the npm wrapper, when killed, leaves its child running. `finalized` is 6 and
    `safe` 3 blocks behind. Prague rules, as the development chain has.
    """
    program = anvil_program()
    port = _free_port()
    fixed = ("--chain-id", str(chain_id), "--slots-in-an-epoch", "3", "--hardfork", "prague", "--port", str(port))
    process = subprocess.Popen(
        [program, *fixed, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        w3 = _wait(process, url, chain_id)
        for account in FUNDED:
            w3.provider.make_request("anvil_setBalance", [account.address, hex(1000 * ETHER)])  # type: ignore[arg-type]
        yield url
    finally:
        process.kill()
        process.wait()


def anvil_program() -> Path:
    """The anvil binary of this platform. Skips or, in CI, fails where it is missing."""
    machine = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    program = FOUNDRY / f"anvil-{platform.system().lower()}-{machine}" / "bin" / "anvil"
    if not program.exists():
        reason = f"anvil is not installed at {program} (run npm ci in contracts/)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def web3(url: str) -> Web3:
    """A client that never repeats a request by itself."""
    return Web3(HTTPProvider(url, request_kwargs={"timeout": 20}, exception_retry_configuration=None))


def _wait(process: "subprocess.Popen[bytes]", url: str, chain_id: int) -> Web3:
    w3 = web3(url)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"anvil ended with {process.returncode}"
        with suppress(OSError):
            assert w3.eth.chain_id == chain_id  # whoever else had the port would answer differently
            return w3
        time.sleep(0.02)
    raise AssertionError("anvil did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
