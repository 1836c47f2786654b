"""Gas of every function that writes, to the unit, on py-evm under Prague rules; a change of the contract shows here."""

import json
from pathlib import Path

from contracts import artifact
from registry.format import entries
from tests.contracts.test_log import sha
from tests.support.evm import Registry, address, role

PINNED = json.loads(Path(__file__).with_name("gas.json").read_text("utf-8"))
"""Function -> gas of one call in the story below; `python -m tests.contracts.test_gas` writes it anew."""

STEADY_ANCHOR_GAS = 75_000
STEADY = range(65, 129)
"""Anchors 65 to 128: every level of the tree below is in use, as in the long run."""


def measured() -> dict[str, int]:
    """Gas of each writing function, each called once in an order in which all are allowed."""
    registry = Registry()
    did, key = "did:web:north-sea.example", b"\xed\x01" + sha("key")
    issuer, key_id, scope = entries.issuer_id(did), entries.issuer_key_id(key), sha("scope")
    now = registry.evm.time
    story = [
        ("registrar", "addIssuer", did),
        ("registrar", "addKey", issuer, key),
        ("operator", "anchor", 1, sha("root 1")),
        ("registrar", "suspendIssuer", issuer, sha("reason")),
        ("registrar", "reinstateIssuer", issuer, sha("reason")),
        ("registrar", "revokeKey", key_id),
        ("registrar", "markCompromised", key_id, now + 36),
        ("accreditor", "accredit", issuer, scope, now, now + 10_000, sha("decision")),
        ("accreditor", "withdrawAccreditation", issuer, scope, sha("reason")),
        ("admin", "grantRole", role("OPERATOR"), address("other")),
        ("admin", "revokeRole", role("OPERATOR"), address("other")),
        ("operator", "renounceRole", role("OPERATOR"), address("operator")),
        ("admin", "changeDefaultAdminDelay", 7_200),
        ("admin", "rollbackDefaultAdminDelay"),
        ("admin", "beginDefaultAdminTransfer", address("other")),
        ("admin", "cancelDefaultAdminTransfer"),
        ("admin", "beginDefaultAdminTransfer", address("other")),
        ("other", "acceptDefaultAdminTransfer"),
        ("other", "close", 5, address("stranger")),
    ]
    gas: dict[str, int] = {}
    for sender, name, *arguments in story:
        if name == "acceptDefaultAdminTransfer":
            registry.evm.time += 10 * 86_400
        used = registry.send(str(sender), str(name), *arguments).gas_used
        gas.setdefault(str(name), used)
    return gas


def test_every_function_that_writes_costs_what_is_pinned() -> None:
    writing = {
        item["name"]
        for item in artifact().abi
        if item["type"] == "function" and item["stateMutability"] not in ("view", "pure")
    }
    assert set(PINNED) == writing
    assert measured() == PINNED


def test_an_anchor_costs_at_most_75_000_gas_in_the_long_run() -> None:
    registry = Registry()
    used = [
        registry.send("operator", "anchor", number, sha(f"root {number}")).gas_used for number in range(1, STEADY.stop)
    ]
    steady = used[STEADY.start - 1 :]
    assert len(steady) == len(STEADY)
    assert sum(steady) / len(steady) <= STEADY_ANCHOR_GAS


if __name__ == "__main__":
    Path(__file__).with_name("gas.json").write_text(json.dumps(measured(), indent=1) + "\n", "utf-8")
