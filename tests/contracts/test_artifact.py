"""The committed artifact: it is what the sources compile to, it cannot be changed later, and it calls nobody."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from anchor.audit.state import PROXY_SLOTS
from contracts import artifact
from tests.support.evm import CHAIN_ID, Evm, Registry, Reverted, signature

CONTRACTS = Path(__file__).parents[2] / "contracts"
ARTIFACT = "CredentialRegistry.json"

STATICCALL = 0xFA
FORBIDDEN = {
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFF: "SELFDESTRUCT",
}
"""What an upgrade, a proxy or a call into foreign code would need."""


def instructions(code: bytes) -> Iterator[tuple[int, bytes]]:
    """Instructions of a program, each with the data that it carries if it is a PUSH. The artifact has no metadata."""
    at = 0
    while at < len(code):
        data = code[at + 1 : at + 1 + max(0, code[at] - 0x5F if code[at] <= 0x7F else 0)]
        yield code[at], data
        at += 1 + len(data)


def opcodes(code: bytes) -> set[int]:
    return {opcode for opcode, _ in instructions(code)}


WRITING = {
    item["name"]
    for item in artifact().abi
    if item["type"] == "function" and item["stateMutability"] not in ("view", "pure")
}
"""Functions that change something."""


def toolchain() -> str:
    """Path of node; skips where it or the packages are missing, which in CI is a failure."""
    node = shutil.which("node")
    if node and (CONTRACTS / "node_modules" / "solc").is_dir():
        return node
    reason = "node or contracts/node_modules is missing (run npm ci in contracts/)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(*command: str) -> str:
    """Output of a command in contracts/; fails with it when the command does."""
    done = subprocess.run(command, cwd=CONTRACTS, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_artifact_rebuilds_byte_for_byte() -> None:
    assert "is what these sources compile to" in run(toolchain(), "build.mjs", "--check")


def test_the_same_artifact_is_built_in_another_directory(tmp_path: Path) -> None:
    node, elsewhere = toolchain(), tmp_path / "a longer path" / "contracts"
    shutil.copytree(CONTRACTS, elsewhere, ignore=shutil.ignore_patterns("node_modules", "out", "cache", ARTIFACT))
    (elsewhere / "node_modules").symlink_to(CONTRACTS / "node_modules")
    run(node, str(elsewhere / "build.mjs"))
    assert (elsewhere / ARTIFACT).read_bytes() == (CONTRACTS / ARTIFACT).read_bytes()


def test_the_sources_are_those_the_artifact_was_made_of() -> None:
    ours = {f"src/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in CONTRACTS.glob("src/*.sol")}
    assert ours
    assert ours == {name: digest for name, digest in artifact().sources.items() if name.startswith("src/")}


def test_forge_tests_pass() -> None:
    toolchain()
    program = CONTRACTS / "node_modules" / ".bin" / "forge"
    printed = run(str(program), "test", "--json").splitlines()
    report = json.loads(next(line for line in printed if line.startswith("{")))  # what the compiler says comes before
    results = {name: test["status"] for suite in report.values() for name, test in suite["test_results"].items()}
    assert len(results) >= 30
    assert set(results.values()) == {"Success"}, results
    campaign = report["test/Invariants.t.sol:InvariantsTest"]["test_results"]["invariant_every_promise_is_kept()"]
    called = {
        name.rpartition(".")[2]: calls["calls"] for name, calls in campaign["kind"]["Invariant"]["metrics"].items()
    }
    assert called.keys() == WRITING  # a function that the random sequences leave out is not covered by any promise
    assert min(called.values()) > 50


def test_the_same_code_stands_at_every_address() -> None:
    made = artifact()
    assert hashlib.sha256(made.runtime).digest() == made.code_sha256
    for chain_id, delay in ((CHAIN_ID, 0), (7, 86_400)):
        registry = Registry(Evm(chain_id), delay=delay, roles=False)
        assert registry.evm.code(registry.address) == made.runtime


def test_the_code_can_neither_be_replaced_nor_call_foreign_code() -> None:
    used = opcodes(artifact().runtime)
    assert STATICCALL in used  # SHA-256 is a precompile: the walk reads instructions
    assert not used & FORBIDDEN.keys()


@pytest.mark.parametrize("opcode", sorted(FORBIDDEN))
def test_the_walk_over_the_code_finds_an_instruction_behind_data_that_looks_like_one(opcode: int) -> None:
    assert opcode in opcodes(bytes([0x61, opcode, opcode, opcode]))
    assert opcode not in opcodes(bytes([0x61, opcode, opcode, 0x00]))


def test_nothing_can_be_paused_upgraded_or_removed() -> None:
    ours = {"anchor", "addIssuer", "suspendIssuer", "reinstateIssuer", "addKey", "revokeKey", "markCompromised"}
    ours |= {"accredit", "withdrawAccreditation", "close"}
    roles = {"grantRole", "revokeRole", "renounceRole", "beginDefaultAdminTransfer", "cancelDefaultAdminTransfer"}
    roles |= {"acceptDefaultAdminTransfer", "changeDefaultAdminDelay", "rollbackDefaultAdminDelay"}
    assert ours | roles == WRITING
    assert not any(item["type"] in ("fallback", "receive") for item in artifact().abi)


def test_the_code_answers_to_no_selector_but_those_of_the_interface() -> None:
    selectors = {selector(item) for item in artifact().abi if item["type"] == "function"}
    registry = Registry()
    constants = {data.rjust(4, b"\0") for _, data in instructions(artifact().runtime) if 0 < len(data) <= 4}
    assert selectors <= constants  # whatever the code compares a call with is among them
    assert {each for each in constants if answers(registry, each + bytes(320))} == selectors
    assert not answers(registry, b"")


def selector(item: dict[str, Any]) -> bytes:
    return bytes(keccak(text=f"{item['name']}({','.join(signature(each) for each in item['inputs'])})")[:4])


def answers(registry: Registry, data: bytes) -> bool:
    """Whether there is a function for it: without one a call is refused without a word."""
    try:
        registry.evm.call(registry.address, data)
    except Reverted as refused:
        return bool(refused.arguments[0])
    return True


def test_the_code_knows_no_slot_of_a_proxy() -> None:
    used = {data for _, data in instructions(artifact().runtime)}
    assert not used & {bytes.fromhex(slot) for slot in PROXY_SLOTS.values()}
    registry = Registry()
    for slot in PROXY_SLOTS.values():
        assert registry.evm.storage(registry.address, int(slot, 16)) == 0


def test_no_slot_of_the_storage_moves() -> None:
    ours = {"_tip": 0, "_peaks": 1, "_latestRoot": 2, "_anchors": 3, "_issuers": 4, "_keys": 5, "_accreditations": 6}
    library = {"_roles": 7, "_pendingDefaultAdmin": 8, "_pendingDefaultAdminSchedule": 8, "_currentDelay": 8}
    library |= {"_currentDefaultAdmin": 9, "_pendingDelay": 9, "_pendingDelaySchedule": 9}
    assert artifact().storage == ours | library | {"_successorChainId": 10, "_successor": 10}


def test_the_readme_publishes_the_hash_of_the_code() -> None:
    assert artifact().code_sha256.hex() in (CONTRACTS / "README.md").read_text("utf-8")


def test_the_package_lock_pins_hashes_and_names_no_host() -> None:
    text = (CONTRACTS / "package-lock.json").read_text("utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "://" not in text
    assert "resolved" not in text
