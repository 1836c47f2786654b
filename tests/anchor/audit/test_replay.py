"""The auditor's model of the log: it says of every anchor and key what the contract says, and refuses nonsense."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

import pytest
from eth_abi.abi import encode
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from anchor.audit.log import Entry
from anchor.audit.replay import ChainAnchor, History, replay
from anchor.audit.report import Book
from registry.format import entries
from tests.support.evm import START, Receipt, Registry, address
from tests.support.specimen import sha

DIDS = ("did:web:north-sea.example", "did:web:baltic.example")
ISSUERS = [entries.issuer_id(did) for did in DIDS]
KEYS = [b"\xed\x01" + sha(f"key {number}") for number in range(3)]
KEY_IDS = [entries.issuer_key_id(key) for key in KEYS]
REASON = sha("reason")

ADDED = START + 12 * 6
"""When the honest log's key was added: in block 6."""


@dataclass(frozen=True)
class Answer:
    """What the contract's lookup says of an anchor's root and a key."""

    anchor_number: int
    anchor_position: int
    anchor_time: int
    issuer: bytes
    added_at: int
    revoked_at: int
    compromised_at: int
    issuer_suspended: bool

    @classmethod
    def ask(cls, registry: Registry, root: bytes, key_id: bytes) -> "Answer":
        words = registry.call("lookup", root, key_id)
        return cls(*words[4:7], *words[8:12], words[13])

    @property
    def authentic(self) -> bool:
        """The rule that verifiers follow, as contracts/src/IssuerLedger.sol states it."""
        return (
            0 < self.added_at <= self.anchor_time
            and not 0 < self.revoked_at <= self.anchor_time
            and not 0 < self.compromised_at <= self.anchor_time
            and not self.issuer_suspended
        )


def replayed(registry: Registry) -> tuple[Book, History]:
    """The log as an auditor reads it from the events."""
    book = Book()
    log = [Entry(*astuple(entry)) for entry in registry.entries()]
    return book, replay(book, log, registry.evm.chain_id, registry.address)


def at_the_time(history: History, anchor: ChainAnchor, key_id: bytes) -> bool:
    """What the audit makes a finding of: whether a batch of this key could be anchored then."""
    key = history.keys.get(key_id)
    return key is not None and key.in_force(anchor) and not history.issuers[key.issuer].suspended_at(anchor.time)


def as_it_stands(history: History, anchor: ChainAnchor, key_id: bytes) -> Answer:
    """What the model answers in the contract's place."""
    key = history.keys.get(key_id)
    if key is None:
        return Answer(anchor.number, anchor.position, anchor.time, bytes(32), 0, 0, 0, False)
    suspended = history.issuers[key.issuer].suspended_at(anchor.time)
    window = (key.added_at, key.revoked_at, key.compromised_at)
    return Answer(anchor.number, anchor.position, anchor.time, key.issuer, *window, suspended)


Act = tuple[str, int, int]
"""What is done, to which issuer or key, and a number more: whose key, or how many seconds ago it was stolen."""

acts = st.tuples(
    st.sampled_from(
        ["suspend", "reinstate", "suspend", "reinstate", "add", "revoke", "compromise", "anchor", "anchor"]
    ),
    st.integers(0, 1),
    st.integers(0, 5),
)
seconds = st.lists(st.tuples(st.integers(1, 3), st.lists(acts, min_size=1, max_size=5)), min_size=3, max_size=5)
"""Pauses in seconds, each followed by what happens in one second, in this order."""


def sends(act: Act, now: int, anchors: int) -> tuple[object, ...]:
    """The transaction for an act; the contract refuses it when it is not allowed."""
    what, which, more = act
    return {
        "suspend": ("registrar", "suspendIssuer", ISSUERS[which], REASON),
        "reinstate": ("registrar", "reinstateIssuer", ISSUERS[which], REASON),
        "add": ("registrar", "addKey", ISSUERS[more % 2], KEYS[which]),
        "revoke": ("registrar", "revokeKey", KEY_IDS[which]),
        "compromise": ("registrar", "markCompromised", KEY_IDS[which], now - more),
        "anchor": ("operator", "anchor", anchors + 1, sha(f"root {anchors + 1}")),
    }[what]


SUSPEND, REINSTATE, ANCHOR = ("suspend", 0, 0), ("reinstate", 0, 0), ("anchor", 0, 0)


@settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(story=seconds)
@example(story=[(1, [SUSPEND, REINSTATE, ANCHOR]), (1, [ANCHOR]), (1, [ANCHOR, SUSPEND, REINSTATE])])
@example(story=[(1, [SUSPEND]), (1, [REINSTATE, SUSPEND, ANCHOR, REINSTATE]), (1, [ANCHOR, SUSPEND]), (1, [ANCHOR])])
@example(story=[(1, [ANCHOR]), (3, [("revoke", 0, 0), ANCHOR]), (1, [("compromise", 0, 4)]), (1, [ANCHOR])])
def test_the_replay_says_of_every_anchor_and_key_what_the_contract_says(story: Sequence[tuple[int, list[Act]]]) -> None:
    registry = Registry()
    first = registry.together(
        *(("registrar", "addIssuer", did) for did in DIDS), ("registrar", "addKey", ISSUERS[0], KEYS[0])
    )
    assert all(isinstance(one, Receipt) for one in first)
    registry.evm.time -= 12
    roots: list[bytes] = []
    then: dict[tuple[bytes, bytes], bool] = {}
    for pause, happens in story:
        registry.evm.time += pause
        block = []
        before = len(roots)
        for act in happens:
            block.append(sends(act, registry.evm.time, len(roots)))
            if act[0] == "anchor":
                roots.append(sha(f"root {len(roots) + 1}"))
        registry.together(*block)
        registry.evm.time -= 12
        for root in roots[before:]:
            then |= {(root, key_id): Answer.ask(registry, root, key_id).authentic for key_id in KEY_IDS[:2]}
    book, history = replayed(registry)
    assert book.findings == set()
    assert [anchor.root for anchor in history.anchors] == roots
    for anchor in history.anchors:
        for key_id in KEY_IDS[:2]:
            assert at_the_time(history, anchor, key_id) == then[anchor.root, key_id]
            assert as_it_stands(history, anchor, key_id) == Answer.ask(registry, anchor.root, key_id)


@pytest.fixture(scope="module")
def honest() -> Registry:
    """A log with an issuer that was suspended and reinstated, and a key that is in force."""
    registry = Registry()
    registry.send("registrar", "addIssuer", DIDS[0])
    assert registry.send("registrar", "addKey", ISSUERS[0], KEYS[0]).time == ADDED
    registry.send("registrar", "suspendIssuer", ISSUERS[0], REASON)
    registry.send("registrar", "reinstateIssuer", ISSUERS[0], REASON)
    registry.send("operator", "anchor", 1, sha("root 1"))
    return registry


FORGED = {
    "adds an issuer again": [(2, ISSUERS[0], encode(["string"], [DIDS[0]]))],
    "adds an issuer under another's name": [(2, ISSUERS[1], encode(["string"], ["did:web:somebody.example"]))],
    "suspends nobody": [(3, ISSUERS[1], REASON)],
    "suspends twice": [(3, ISSUERS[0], REASON), (3, ISSUERS[0], REASON)],
    "reinstates one who is not suspended": [(4, ISSUERS[0], REASON)],
    "adds a key again": [(5, KEY_IDS[0], encode(["bytes32", "bytes"], [ISSUERS[0], KEYS[0]]))],
    "adds a key of nobody": [(5, KEY_IDS[1], encode(["bytes32", "bytes"], [ISSUERS[1], KEYS[1]]))],
    "adds a key under another's name": [(5, KEY_IDS[1], encode(["bytes32", "bytes"], [ISSUERS[0], KEYS[2]]))],
    "revokes a key that is not there": [(6, KEY_IDS[1], ISSUERS[0])],
    "revokes a key of another issuer": [(6, KEY_IDS[0], ISSUERS[1])],
    "revokes twice": [(6, KEY_IDS[0], ISSUERS[0]), (6, KEY_IDS[0], ISSUERS[0])],
    "declares a compromise before the key": [(7, KEY_IDS[0], encode(["bytes32", "uint48"], [ISSUERS[0], 5]))],
    "declares a compromise in the future": [(7, KEY_IDS[0], encode(["bytes32", "uint48"], [ISSUERS[0], 1 << 40]))],
    "declares a compromise of another issuer's key": [
        (7, KEY_IDS[0], encode(["bytes32", "uint48"], [ISSUERS[1], ADDED]))
    ],
    "declares a compromise no earlier than the last": [
        (7, KEY_IDS[0], encode(["bytes32", "uint48"], [ISSUERS[0], ADDED])),
        (7, KEY_IDS[0], encode(["bytes32", "uint48"], [ISSUERS[0], ADDED])),
    ],
    "has half a payload": [(5, KEY_IDS[1], ISSUERS[0])],
    "goes on after the closing": [(12, bytes(32), b""), (1, sha("root 2"), encode(["uint64"], [2]))],
}
"""What follows an honest log, as kind, subject and payload; the last entry is one that no contract of ours writes."""


@pytest.mark.parametrize("what", FORGED)
def test_an_entry_that_no_contract_of_ours_writes_is_a_finding_and_changes_nothing(honest: Registry, what: str) -> None:
    log = [Entry(*astuple(entry)) for entry in honest.entries()]
    for kind, subject, payload in FORGED[what]:
        actor = address("admin" if kind == 12 else "operator" if kind == 1 else "registrar")
        last = log[-1]
        log.append(replace(last, position=last.position + 1, kind=kind, subject=subject, payload=payload, actor=actor))
    book, before = Book(), Book()
    forged = replay(book, log, honest.evm.chain_id, honest.address)
    assert [(one.code, one.subject) for one in book.findings] == [("log.illegal", f"entry {log[-1].position}")]
    assert forged == replay(before, log[:-1], honest.evm.chain_id, honest.address)
    assert before.findings == set()


def test_an_entry_by_an_account_without_the_role_is_a_finding(honest: Registry) -> None:
    log = [Entry(*astuple(entry)) for entry in honest.entries()]
    log[-1] = replace(log[-1], actor=address("stranger"))
    book = Book()
    replay(book, log, honest.evm.chain_id, honest.address)
    assert [(one.invariant, one.subject) for one in book.findings] == [("RolesWereHeld", f"entry {log[-1].position}")]


@pytest.mark.parametrize(
    ("number", "root", "code"),
    [(2, sha("root 2"), None), (3, sha("root 2"), "anchor.number"), (2, sha("root 1"), "anchor.root-twice")],
)
def test_anchors_are_counted_and_their_roots_are_new(
    honest: Registry, number: int, root: bytes, code: str | None
) -> None:
    log = [Entry(*astuple(entry)) for entry in honest.entries()]
    log.append(replace(log[-1], position=log[-1].position + 1, subject=root, payload=encode(["uint64"], [number])))
    book = Book()
    replay(book, log, honest.evm.chain_id, honest.address)
    assert [one.code for one in book.findings] == ([code] if code else [])
