"""lookup(root, keyId): each of the 17 words in its place, and suspensions as they were when the root was anchored."""

import hashlib
from collections.abc import Iterator

from registry.format import entries, merkle
from tests.contracts.test_log import sha
from tests.support.evm import CHAIN_ID, Evm, Receipt, Registry, address, calldata

DID, OTHER_DID = "did:web:north-sea.example", "did:web:baltic.example"
ISSUER, OTHER_ISSUER = entries.issuer_id(DID), entries.issuer_id(OTHER_DID)
KEY, OTHER_KEY = b"\xed\x01" + sha("key"), b"\xed\x01" + sha("other key")
KEY_ID, OTHER_KEY_ID = entries.issuer_key_id(KEY), entries.issuer_key_id(OTHER_KEY)
NOBODY = sha("nobody")

WORDS = (
    *("chain id", "log size", "log head", "closed"),
    *("anchor number", "anchor position", "anchor time", "anchor block"),
    *("key issuer", "key added", "key revoked", "key compromised"),
    *("issuer added", "issuer suspended"),
    *("latest number", "latest root", "latest time"),
)
"""The order that readers without an ABI library rely on."""


def lookup(registry: Registry, root: bytes, key_id: bytes) -> dict[str, int]:
    """The answer's words as they come, without the ABI's names."""
    raw, _ = registry.evm.call(registry.address, calldata("lookup", [root, key_id]))
    words = [int.from_bytes(raw[start : start + 32], "big") for start in range(0, len(raw), 32)]
    return dict(zip(WORDS, words, strict=True))


def number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def waste_a_block(registry: Registry) -> None:
    """A block without an entry: from here on block numbers are not positions."""
    registry.evm.mine([])


def in_one_second(registry: Registry, *sends: tuple[object, ...]) -> Receipt:
    """All of them in one block, none refused; the next block is one second later."""
    done = registry.together(*sends)
    assert all(isinstance(one, Receipt) for one in done), done
    registry.evm.time -= 11
    return done[-1]


def test_each_of_the_17_words_stands_in_its_place() -> None:
    registry = Registry(Evm(chain_id=77))
    waste_a_block(registry)
    issuer_added = registry.send("registrar", "addIssuer", DID)
    key_added = registry.send("registrar", "addKey", ISSUER, KEY)
    registry.send("operator", "anchor", 1, sha("root 1"))
    anchored = registry.send("operator", "anchor", 2, sha("root 2"))
    suspended = registry.send("registrar", "suspendIssuer", ISSUER, sha("reason"))
    revoked = registry.send("registrar", "revokeKey", KEY_ID)
    registry.send("registrar", "markCompromised", KEY_ID, suspended.time + 1)
    latest = registry.send("operator", "anchor", 3, sha("root 3"))
    log = registry.entries()
    position = next(entry.position for entry in log if entry.subject == sha("root 2"))
    wanted = {
        "chain id": 77,
        "log size": len(log),
        "log head": number(merkle.root_of([entry.leaf for entry in log], merkle.RFC9162)),
        "closed": 0,
        "anchor number": 2,
        "anchor position": position,
        "anchor time": anchored.time,
        "anchor block": anchored.block,
        "key issuer": number(hashlib.sha256(DID.encode()).digest()),
        "key added": key_added.time,
        "key revoked": revoked.time,
        "key compromised": suspended.time + 1,
        "issuer added": issuer_added.time,
        "issuer suspended": 0,
        "latest number": 3,
        "latest root": number(sha("root 3")),
        "latest time": latest.time,
    }
    telling = [value for name, value in wanted.items() if name not in ("closed", "issuer suspended")]
    assert len(set(telling)) == 15  # else two words could change places unseen
    assert min(telling) > 1
    assert lookup(registry, sha("root 2"), KEY_ID) == wanted
    # The two that are yes or no, one at a time.
    unknown = wanted | dict.fromkeys(("anchor number", "anchor position", "anchor time", "anchor block"), 0)
    assert lookup(registry, NOBODY, KEY_ID) == unknown | {"issuer suspended": 1}
    registry.send("admin", "close", 5, address("other"))
    log = registry.entries()
    head = number(merkle.root_of([entry.leaf for entry in log], merkle.RFC9162))
    assert lookup(registry, sha("root 2"), KEY_ID) == wanted | {"closed": 1, "log size": len(log), "log head": head}


def test_what_is_not_there_is_zero() -> None:
    registry = Registry()
    log = registry.entries()
    empty = dict.fromkeys(WORDS, 0) | {
        "chain id": CHAIN_ID,
        "log size": len(log),
        "log head": number(merkle.root_of([entry.leaf for entry in log], merkle.RFC9162)),
    }
    for root, key_id in ((bytes(32), bytes(32)), (NOBODY, NOBODY)):
        assert lookup(registry, root, key_id) == empty
    registry.send("registrar", "addIssuer", DID)
    registry.send("registrar", "addKey", ISSUER, KEY)
    registry.send("registrar", "suspendIssuer", ISSUER, sha("reason"))
    anchored = registry.send("operator", "anchor", 1, sha("root"))
    nobody = lookup(registry, sha("root"), NOBODY)
    assert (nobody["anchor number"], nobody["anchor time"]) == (1, anchored.time)
    about_keys = [name for name in WORDS if name.startswith(("key", "issuer"))]
    assert [nobody[name] for name in about_keys] == [0] * 6
    unknown = lookup(registry, NOBODY, KEY_ID)
    assert [unknown[name] for name in WORDS if name.startswith("anchor")] == [0] * 4
    assert all(unknown[name] for name in ("key issuer", "key added", "issuer added", "latest number", "latest time"))
    # An issuer's id is no key's, and a root is neither.
    for key_id in (ISSUER, sha("root")):
        assert [lookup(registry, sha("root"), key_id)[name] for name in about_keys] == [0] * 6


SECONDS = (
    ("anchor", False),
    ("suspend", None),
    ("anchor", True),
    ("suspended still: anchor", True),
    ("reinstate anchor", False),  # it ends with the second before
    ("anchor", False),
    ("suspend anchor", True),
    ("reinstate", None),
    ("suspend reinstate anchor", True),  # one that began in this second lasts to the next one
    ("anchor", False),
    ("anchor suspend", True),  # a second is suspended as a whole
    ("anchor", True),
    ("anchor reinstate", False),
    ("suspend anchor reinstate", True),
    ("reinstated: anchor", False),
    ("suspend", None),
    ("reinstate suspend anchor", True),  # ends and begins: no second between is free
    ("anchor reinstate", False),
    ("suspend reinstate suspend reinstate anchor", True),
    ("anchor", False),
    ("suspend", None),
    ("anchor", True),
)
"""What happens in one second after the other, in this order, and whether an anchor of that second is refused."""


def play(registry: Registry) -> Iterator[tuple[str, bool, list[tuple[bytes, bool]]]]:
    """After every second: what happened in it, whether the issuer is suspended now, and the anchors of that second with
    whether they are refused."""
    calls = {
        "suspend": ("registrar", "suspendIssuer", ISSUER, sha("reason")),
        "reinstate": ("registrar", "reinstateIssuer", ISSUER, sha("reason")),
    }
    now, count = False, 0
    for happens, refused in SECONDS:
        sends: list[tuple[object, ...]] = []
        anchors = []
        for act in happens.split(": ")[-1].split():
            if act == "anchor":
                count += 1
                anchors.append((sha(f"root {count}"), bool(refused)))
                sends.append(("operator", "anchor", count, anchors[-1][0]))
            else:
                now = act == "suspend"
                sends.append(calls[act])
        in_one_second(registry, *sends)
        yield happens, now, anchors


def test_an_issuer_is_suspended_as_it_was_in_the_second_of_the_anchor() -> None:
    registry = Registry()
    registry.send("registrar", "addIssuer", DID)
    registry.send("registrar", "addKey", ISSUER, KEY)
    every: list[tuple[bytes, bool]] = []
    for happens, now, anchors in play(registry):
        for root, refused in anchors:
            assert lookup(registry, root, KEY_ID)["issuer suspended"] == refused, happens
        assert lookup(registry, NOBODY, KEY_ID)["issuer suspended"] == now, happens
        every += anchors
    assert {refused for _, refused in every} == {True, False}
    for root, refused in every:  # whatever came later
        assert lookup(registry, root, KEY_ID)["issuer suspended"] == refused, root


def test_only_the_issuer_of_the_key_counts() -> None:
    registry = Registry()
    for did, issuer, key in ((DID, ISSUER, KEY), (OTHER_DID, OTHER_ISSUER, OTHER_KEY)):
        registry.send("registrar", "addIssuer", did)
        registry.send("registrar", "addKey", issuer, key)
    registry.send("registrar", "suspendIssuer", OTHER_ISSUER, sha("reason"))
    registry.send("operator", "anchor", 1, sha("root"))
    for root in (sha("root"), NOBODY):
        ours, others = lookup(registry, root, KEY_ID), lookup(registry, root, OTHER_KEY_ID)
        assert (ours["key issuer"], ours["issuer suspended"]) == (number(ISSUER), 0)
        assert (others["key issuer"], others["issuer suspended"]) == (number(OTHER_ISSUER), 1)


def test_any_number_of_suspensions_is_searched_to_the_second() -> None:
    registry = Registry()
    registry.send("registrar", "addIssuer", DID)
    start = registry.evm.time
    suspended: set[int] = set()
    for rounds in range(1, 6):
        begun = in_one_second(registry, ("registrar", "suspendIssuer", ISSUER, sha("reason")))
        registry.evm.time += 1
        ended = in_one_second(registry, ("registrar", "reinstateIssuer", ISSUER, sha("reason")))
        suspended |= set(range(begun.time, ended.time))
        if rounds in (1, 2, 5):
            told = {time for time in range(start - 1, ended.time + 2) if registry.call("suspendedAt", ISSUER, time)}
            assert told == suspended
    assert len(suspended) == 10
