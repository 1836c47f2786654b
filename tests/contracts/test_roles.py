"""Who may do what: every function that writes refuses everybody but its role, and after closing it refuses all."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi.abi import encode

from contracts import artifact
from registry.format import entries
from tests.contracts.test_log import sha
from tests.support.evm import NAMES, START, Receipt, Registry, Reverted, address, calldata, decoded, role

DID, SUSPENDED_DID = "did:web:north-sea.example", "did:web:baltic.example"
ISSUER, SUSPENDED = entries.issuer_id(DID), entries.issuer_id(SUSPENDED_DID)
KEYS = [b"\xed\x01" + sha(f"key {number}") for number in range(3)]
KEY_IDS = [entries.issuer_key_id(key) for key in KEYS]
REASON, SCOPE = sha("reason"), sha("scope")
OPERATOR = role("OPERATOR")
DELAY = 1_000
ADDED = START + 12 * 8
"""When the second key was added: in block 8."""

LATER = START + 100_000

CALLS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "anchor": ("operator", (2, sha("root 2"))),
    "addIssuer": ("registrar", ("did:web:arctic.example",)),
    "suspendIssuer": ("registrar", (ISSUER, REASON)),
    "reinstateIssuer": ("registrar", (SUSPENDED, REASON)),
    "addKey": ("registrar", (ISSUER, KEYS[2])),
    "revokeKey": ("registrar", (KEY_IDS[0],)),
    "markCompromised": ("registrar", (KEY_IDS[1], ADDED)),
    "accredit": ("accreditor", (ISSUER, sha("other scope"), 1, LATER, sha("decision"))),
    "withdrawAccreditation": ("accreditor", (ISSUER, SCOPE, REASON)),
    "close": ("admin", (5, address("stranger"))),
    "grantRole": ("admin", (OPERATOR, address("stranger"))),
    "revokeRole": ("admin", (OPERATOR, address("operator"))),
    "renounceRole": ("operator", (OPERATOR, address("operator"))),
    "beginDefaultAdminTransfer": ("admin", (address("stranger"),)),
    "cancelDefaultAdminTransfer": ("admin", ()),
    "acceptDefaultAdminTransfer": ("other", ()),
    "changeDefaultAdminDelay": ("admin", (60,)),
    "rollbackDefaultAdminDelay": ("admin", ()),
}
"""For every function that writes: who may call it, and arguments with which it then succeeds on `prepared`."""


def functions(*, writing: bool) -> set[str]:
    """Names in the ABI."""
    return {
        item["name"]
        for item in artifact().abi
        if item["type"] == "function" and (item["stateMutability"] not in ("view", "pure")) == writing
    }


def prepared() -> Registry:
    """A registry on which each of CALLS is allowed: something to revoke, to reinstate, to withdraw, to accept."""
    registry = Registry(delay=0)
    for did in (DID, SUSPENDED_DID):
        registry.send("registrar", "addIssuer", did)
    for key in KEYS[:2]:
        added = registry.send("registrar", "addKey", ISSUER, key)
    assert added.time == ADDED
    registry.send("registrar", "suspendIssuer", SUSPENDED, REASON)
    registry.send("accreditor", "accredit", ISSUER, SCOPE, 1, LATER, sha("decision"))
    registry.send("admin", "changeDefaultAdminDelay", DELAY)
    registry.send("admin", "beginDefaultAdminTransfer", address("other"))
    registry.send("operator", "anchor", 1, sha("root 1"))
    return registry


def call(registry: Registry, sender: str, function: str, arguments: tuple[Any, ...]) -> Reverted | None:
    """Why a transaction would be refused now; None when it would not. Changes nothing."""
    try:
        registry.evm.call(registry.address, calldata(function, arguments), sender)
    except Reverted as refused:
        return decoded(refused.arguments[0])
    return None


def refusal(sender: str, function: str) -> tuple[str, list[object]]:
    """What a function says to one who may not call it."""
    if function == "acceptDefaultAdminTransfer":
        return "AccessControlInvalidDefaultAdmin", [address(sender)]
    if function == "renounceRole":
        return "AccessControlBadConfirmation", []
    holder = CALLS[function][0]
    return "AccessControlUnauthorizedAccount", [address(sender), role(holder.upper())]


def plain(refused: Reverted) -> tuple[str, list[object]]:
    """With addresses as 20 bytes."""
    return refused.name, [bytes.fromhex(one[2:]) if isinstance(one, str) else one for one in refused.arguments]


def test_every_function_that_writes_is_in_the_table() -> None:
    assert functions(writing=True) == CALLS.keys()


@pytest.fixture(scope="module")
def registry() -> Registry:
    return prepared()


@pytest.mark.parametrize("function", sorted(CALLS))
def test_a_function_refuses_everybody_but_its_role(registry: Registry, function: str) -> None:
    holder, arguments = CALLS[function]
    assert call(registry, holder, function, arguments) is None
    others = [name for name in NAMES if name != holder]
    assert len(others) == 5
    for sender in others:
        refused = call(registry, sender, function, arguments)
        assert refused is not None, sender
        assert plain(refused) == refusal(sender, function)


def test_nobody_speaks_for_another_accreditor() -> None:
    registry = prepared()
    registry.send("admin", "grantRole", role("ACCREDITOR"), address("other"))
    refused = call(registry, "other", "withdrawAccreditation", CALLS["withdrawAccreditation"][1])
    assert refused is not None
    assert plain(refused) == ("NotAccredited", [address("other"), ISSUER, SCOPE])


def test_a_role_that_is_taken_away_or_given_up_ends_at_once() -> None:
    registry = prepared()
    registry.send("admin", "revokeRole", role("REGISTRAR"), address("registrar"))
    registry.send("operator", "renounceRole", OPERATOR, address("operator"))
    for sender, function in (("registrar", "addIssuer"), ("operator", "anchor")):
        refused = call(registry, sender, function, CALLS[function][1])
        assert refused is not None
        assert plain(refused) == ("AccessControlUnauthorizedAccount", [address(sender), role(sender.upper())])


def refused_send(registry: Registry, sender: str, function: str, *arguments: Any) -> tuple[str, list[object]]:
    """Why a transaction, mined in a block of its own, was refused."""
    with pytest.raises(Reverted) as found:
        registry.send(sender, function, *arguments)
    return plain(found.value)


def test_only_the_pending_admin_takes_over_and_not_before_the_delay_is_over() -> None:
    registry = Registry(delay=DELAY)
    schedule = registry.send("admin", "beginDefaultAdminTransfer", address("other")).time + DELAY
    early = ("AccessControlEnforcedDefaultAdminDelay", [schedule])
    assert refused_send(registry, "other", "acceptDefaultAdminTransfer") == early
    registry.evm.time = schedule
    assert refused_send(registry, "other", "acceptDefaultAdminTransfer") == early
    registry.evm.time = schedule + 1
    done = registry.together(("stranger", "acceptDefaultAdminTransfer"), ("admin", "acceptDefaultAdminTransfer"))
    assert [plain(one) for one in done if isinstance(one, Reverted)] == [
        ("AccessControlInvalidDefaultAdmin", [address("stranger")]),
        ("AccessControlInvalidDefaultAdmin", [address("admin")]),
    ]
    registry.send("admin", "grantRole", OPERATOR, address("stranger"))  # until then it is the old one who decides
    registry.send("other", "acceptDefaultAdminTransfer")
    assert registry.call("defaultAdmin") == "0x" + address("other").hex()
    assert refused_send(registry, "admin", "revokeRole", OPERATOR, address("stranger")) == (
        "AccessControlUnauthorizedAccount",
        [address("admin"), role("ADMIN")],
    )
    registry.send("other", "revokeRole", OPERATOR, address("stranger"))
    assert [entry.kind for entry in registry.entries()[-5:]] == [13, 10, 11, 10, 11]


def test_a_transfer_that_was_cancelled_or_replaced_is_not_accepted() -> None:
    registry = Registry(delay=DELAY)
    registry.send("admin", "beginDefaultAdminTransfer", address("other"))
    registry.send("admin", "cancelDefaultAdminTransfer")
    registry.evm.time += 2 * DELAY
    invalid = ("AccessControlInvalidDefaultAdmin", [address("other")])
    assert refused_send(registry, "other", "acceptDefaultAdminTransfer") == invalid
    registry.send("admin", "beginDefaultAdminTransfer", address("other"))
    registry.send("admin", "beginDefaultAdminTransfer", address("stranger"))
    registry.evm.time += 2 * DELAY
    assert refused_send(registry, "other", "acceptDefaultAdminTransfer") == invalid
    registry.send("stranger", "acceptDefaultAdminTransfer")


def test_an_admin_can_neither_go_at_once_nor_shorten_the_delay_at_once() -> None:
    registry = Registry(delay=DELAY)
    refused = refused_send(registry, "admin", "renounceRole", role("ADMIN"), address("admin"))
    assert refused == ("AccessControlEnforcedDefaultAdminDelay", [0])
    for function in ("grantRole", "revokeRole"):
        refused = refused_send(registry, "admin", function, role("ADMIN"), address("admin"))
        assert refused == ("AccessControlEnforcedDefaultAdminRules", [])
    registry.send("admin", "changeDefaultAdminDelay", 0)
    begun = registry.send("admin", "beginDefaultAdminTransfer", address("other")).time
    assert registry.call("pendingDefaultAdmin") == ("0x" + address("other").hex(), begun + DELAY)


def test_after_closing_nothing_is_written_any_more() -> None:
    registry = prepared()
    registry.send("admin", "close", 5, address("stranger"))
    before = registry.call("head"), registry.call("tip")
    for function, (holder, arguments) in CALLS.items():
        assert refused_send(registry, holder, function, *arguments) == ("Closed", []), function
    # What would change nothing is not refused; it writes nothing either.
    done = registry.together(
        ("admin", "grantRole", OPERATOR, address("operator")),
        ("admin", "revokeRole", OPERATOR, address("stranger")),
        ("stranger", "renounceRole", OPERATOR, address("stranger")),
    )
    assert [one.logs for one in done if isinstance(one, Receipt)] == [(), (), ()]
    assert (registry.call("head"), registry.call("tip")) == before


def answers(registry: Registry) -> Iterator[tuple[str, Any]]:
    """What every view says."""
    of: dict[str, tuple[Any, ...]] = {
        "accreditationOf": (address("accreditor"), ISSUER, SCOPE),
        "anchorOf": (sha("root 1"),),
        "getRoleAdmin": (OPERATOR,),
        "hasRole": (OPERATOR, address("operator")),
        "issuerOf": (SUSPENDED,),
        "keyOf": (KEY_IDS[0],),
        "keyValidAt": (KEY_IDS[0], LATER),
        "lookup": (sha("root 1"), KEY_IDS[0]),
        "supportsInterface": (b"\x01\xff\xc9\xa7",),
        "suspendedAt": (SUSPENDED, LATER),
    }
    for name in sorted(functions(writing=False)):
        yield name, registry.call(name, *of.get(name, ()))


def test_after_closing_all_answers_stay_and_the_last_entry_names_the_successor() -> None:
    registry = prepared()
    before = dict(answers(registry))
    registry.send("admin", "close", 5, address("stranger"))
    after = dict(answers(registry))
    assert {name for name in before if before[name] != after[name]} == {"head", "lookup", "successor", "tip"}
    assert after["successor"] == (5, "0x" + address("stranger").hex())
    assert after["tip"][4] is True
    same = [place for place, (old, new) in enumerate(zip(before["lookup"], after["lookup"], strict=True)) if old == new]
    assert same == [0, *range(4, 17)]  # all but the log's size and head, and that it is closed
    last = registry.entries()[-1]
    assert (last.kind, last.subject, last.actor) == (12, bytes(12) + address("stranger"), address("admin"))
    assert last.payload == encode(["uint64", "address"], [5, address("stranger")])
    assert last.position == after["head"][0] - 1
