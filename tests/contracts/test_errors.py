"""Every error of the contract is provoked, and says what it should to whoever reads it: these tests and the worker."""

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode

from anchor.contract import reverted
from anchor.jsonrpc import RpcError
from contracts import artifact
from registry.format import entries
from tests.contracts.test_log import sha
from tests.support.evm import CHAIN_ID, NO_PREDECESSOR, START, Evm, Registry, Reverted, address, calldata, decoded, role

DID, OTHER_DID = "did:web:north-sea.example", "did:web:baltic.example"
ISSUER, OTHER_ISSUER = entries.issuer_id(DID), entries.issuer_id(OTHER_DID)
KEY = b"\xed\x01" + sha("key")
KEY_ID = entries.issuer_key_id(KEY)
NOBODY, ROOT, SCOPE, REASON = sha("nobody"), sha("root 1"), sha("scope"), sha("reason")
DELAY = 1_000

BEGUN, ADDED, REVOKED = (START + 12 * block for block in (5, 6, 7))
"""Times of blocks of the open registry: an admin's transfer, and a key added and revoked."""

LATER = START + 100_000

SINCE = ADDED + 7
"""From when on the key is compromised."""

BEYOND_UINT48 = 1 << 48
"""A time that the contract's 48 bits do not hold: in nine million years."""


def open_registry() -> Registry:
    """One in which much can be refused."""
    registry = Registry(delay=DELAY)
    assert registry.send("admin", "beginDefaultAdminTransfer", address("other")).time == BEGUN
    done = registry.together(("registrar", "addIssuer", DID), ("registrar", "addKey", ISSUER, KEY))
    assert [one.time for one in done if not isinstance(one, Reverted)] == [ADDED, ADDED]
    assert registry.send("registrar", "revokeKey", KEY_ID).time == REVOKED
    registry.send("registrar", "markCompromised", KEY_ID, SINCE)
    registry.send("registrar", "addIssuer", OTHER_DID)
    registry.send("registrar", "suspendIssuer", OTHER_ISSUER, REASON)
    registry.send("operator", "anchor", 1, ROOT)
    registry.send("operator", "anchor", 2, sha("root 2"))
    for scope in (SCOPE, sha("other scope")):
        registry.send("accreditor", "accredit", ISSUER, scope, 1, LATER, sha("decision"))
    registry.send("accreditor", "withdrawAccreditation", ISSUER, sha("other scope"), REASON)
    return registry


def closed_registry() -> Registry:
    registry = Registry()
    registry.send("admin", "close", 5, address("other"))
    return registry


def late_registry() -> Registry:
    return Registry(Evm(time=BEYOND_UINT48), roles=False)


@dataclass(frozen=True)
class Case:
    """A call that is refused, and what the error says besides its name."""

    sender: str
    function: str
    arguments: tuple[Any, ...]
    says: tuple[Any, ...] = ()
    on: str = "open"


CASES = {
    "AccessControlBadConfirmation": Case("other", "renounceRole", (role("OPERATOR"), address("operator"))),
    "AccessControlEnforcedDefaultAdminDelay": Case("other", "acceptDefaultAdminTransfer", (), (BEGUN + DELAY,)),
    "AccessControlEnforcedDefaultAdminRules": Case("admin", "grantRole", (role("ADMIN"), address("other"))),
    "AccessControlInvalidDefaultAdmin": Case("stranger", "acceptDefaultAdminTransfer", (), (address("stranger"),)),
    "AccessControlUnauthorizedAccount": Case(
        "stranger", "anchor", (3, sha("root 3")), (address("stranger"), role("OPERATOR"))
    ),
    "AlreadyAccredited": Case(
        "accreditor",
        "accredit",
        (ISSUER, SCOPE, 1, LATER + 1, sha("decision")),
        (address("accreditor"), ISSUER, SCOPE),
    ),
    "AlreadyAnchored": Case("operator", "anchor", (3, ROOT), (ROOT, 1)),
    "BadCompromiseTime": Case("registrar", "markCompromised", (KEY_ID, SINCE + 2), (KEY_ID, SINCE + 2, ADDED, SINCE)),
    "BadMultikey": Case("registrar", "addKey", (ISSUER, KEY[:-1])),
    "BadPeriod": Case("accreditor", "accredit", (ISSUER, NOBODY, 9, 8, NOBODY), (9, 8)),
    "Closed": Case("operator", "anchor", (1, ROOT), on="closed"),
    "EmptyDid": Case("registrar", "addIssuer", ("",)),
    "IssuerAlreadySuspended": Case("registrar", "suspendIssuer", (OTHER_ISSUER, REASON), (OTHER_ISSUER,)),
    "IssuerExists": Case("registrar", "addIssuer", (DID,), (ISSUER,)),
    "IssuerNotSuspended": Case("registrar", "reinstateIssuer", (ISSUER, REASON), (ISSUER,)),
    "KeyAlreadyRevoked": Case("registrar", "revokeKey", (KEY_ID,), (KEY_ID, REVOKED)),
    "KeyExists": Case("registrar", "addKey", (OTHER_ISSUER, KEY), (KEY_ID, ISSUER)),
    "NotAccredited": Case(
        "accreditor",
        "withdrawAccreditation",
        (ISSUER, sha("other scope"), REASON),
        (address("accreditor"), ISSUER, sha("other scope")),
    ),
    "SafeCastOverflowedUintDowncast": Case(
        "admin", "beginDefaultAdminTransfer", (address("other"),), (48, BEYOND_UINT48 + 12), on="late"
    ),
    "UnknownIssuer": Case("registrar", "suspendIssuer", (NOBODY, REASON), (NOBODY,)),
    "UnknownKey": Case("registrar", "revokeKey", (NOBODY,), (NOBODY,)),
    "WrongNumber": Case("operator", "anchor", (7, sha("root 3")), (3, 7)),
    "ZeroRoot": Case("operator", "anchor", (3, bytes(32))),
    "ZeroSuccessor": Case("admin", "close", (0, address("other"))),
}
"""What a call can be refused with."""

DEPLOYMENTS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "BadPredecessor": ((address("admin"), 0, (5, "0x" + "06" * 20, 7, bytes(32))), ()),
    "AccessControlInvalidDefaultAdmin": ((bytes(20), 0, NO_PREDECESSOR), (bytes(20),)),
}
"""What a deployment can be refused with: the constructor's arguments, and what the error says."""

AT_ITSELF = "SelfSuccessor"
"""Needs the registry's own address, so it stands in no table."""


def plain(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Decoded values with addresses as 20 bytes."""
    return tuple(bytes.fromhex(one[2:]) if isinstance(one, str) else one for one in values)


def expect(raw: bytes, name: str, says: tuple[Any, ...]) -> None:
    """Both decoders read the error as it is meant."""
    ours = decoded(raw)
    assert (ours.name, plain(ours.arguments)) == (name, says)
    workers = reverted(RpcError("eth_call", 3, "execution reverted", "0x" + raw.hex()))
    assert workers is not None
    assert (workers.name, plain(workers.arguments)) == (name, says)


@pytest.fixture(scope="module")
def registries() -> dict[str, Registry]:
    return {"open": open_registry(), "closed": closed_registry(), "late": late_registry()}


def refusal(registry: Registry, sender: str, function: str, arguments: tuple[Any, ...]) -> bytes:
    """The bytes that a refused call answers."""
    with pytest.raises(Reverted) as found:
        registry.evm.call(registry.address, calldata(function, arguments), sender)
    return bytes(found.value.arguments[0])


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_refused_call_says_why(registries: dict[str, Registry], name: str) -> None:
    case = CASES[name]
    expect(refusal(registries[case.on], case.sender, case.function, case.arguments), name, case.says)


def test_a_registry_does_not_continue_itself(registries: dict[str, Registry]) -> None:
    registry = registries["open"]
    expect(refusal(registry, "admin", "close", (CHAIN_ID, registry.address)), AT_ITSELF, ())


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS))
def test_a_refused_deployment_says_why(name: str) -> None:
    arguments, says = DEPLOYMENTS[name]
    values = encode(["address", "uint48", "(uint64,address,uint64,bytes32)"], arguments)
    with pytest.raises(Reverted) as found:
        Evm().send("admin", b"", artifact().bytecode + values)
    expect(found.value.arguments[0], name, says)


def test_no_error_of_the_contract_is_without_a_case() -> None:
    assert CASES.keys() | DEPLOYMENTS.keys() | {AT_ITSELF} == {
        item["name"] for item in artifact().abi if item["type"] == "error"
    }
