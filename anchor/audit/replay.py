"""Replay the log into what it means: anchors, issuers, keys and roles as they were at every moment.

Kinds and payloads are the contract's (contracts/src/CredentialRegistry.sol). Times are block times, Unix seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from anchor.audit.log import Entry
from anchor.audit.report import Book
from registry.format.entries import issuer_id, issuer_key_id, registry_id

GENESIS, ANCHOR, ISSUER_ADDED, ISSUER_SUSPENDED, ISSUER_REINSTATED = range(5)
KEY_ADDED, KEY_REVOKED, KEY_COMPROMISED, ACCREDITED, ACCREDITATION_WITHDRAWN = range(5, 10)
ROLE_GRANTED, ROLE_REVOKED, CLOSED = range(10, 13)

ADMIN = bytes(32)
OPERATOR, REGISTRAR, ACCREDITOR = (keccak(text=f"{name}_ROLE") for name in ("OPERATOR", "REGISTRAR", "ACCREDITOR"))

NEEDED_ROLE = {
    ANCHOR: OPERATOR,
    ISSUER_ADDED: REGISTRAR,
    ISSUER_SUSPENDED: REGISTRAR,
    ISSUER_REINSTATED: REGISTRAR,
    KEY_ADDED: REGISTRAR,
    KEY_REVOKED: REGISTRAR,
    KEY_COMPROMISED: REGISTRAR,
    ACCREDITED: ACCREDITOR,
    ACCREDITATION_WITHDRAWN: ACCREDITOR,
    CLOSED: ADMIN,
}
"""Which role the actor of an entry must hold. Roles themselves follow OpenZeppelin's rules, with delays."""


@dataclass(frozen=True)
class ChainAnchor:
    """An anchor as the log has it."""

    number: int
    root: bytes
    position: int
    time: int


@dataclass
class Issuer:
    """`suspended` holds [from, until) windows; until is None while it lasts."""

    did: str
    added_at: int
    suspended: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def suspended_now(self) -> bool:
        """Whether a suspension lasts at the log's end."""
        return bool(self.suspended) and self.suspended[-1][1] is None

    def suspended_at(self, time: int) -> bool:
        """Whether a suspension was in force at `time`."""
        return any(start <= time and (end is None or time < end) for start, end in self.suspended)


@dataclass
class Key:
    """A key's window. `compromised` lists (log position, since) as declared; `since` only ever gets earlier."""

    issuer: bytes
    multikey: bytes
    added_at: int
    revoked_at: int = 0
    compromised: list[tuple[int, int]] = field(default_factory=list)

    @property
    def compromised_at(self) -> int:
        """As it stands now; 0 = never."""
        return self.compromised[-1][1] if self.compromised else 0

    def in_force(self, anchor: ChainAnchor) -> bool:
        """Whether it was in force at the anchor, as anybody could know then: later declarations do not count."""
        known = [since for position, since in self.compromised if position < anchor.position]
        return (
            self.added_at <= anchor.time
            and (not self.revoked_at or anchor.time < self.revoked_at)
            and (not known or anchor.time < known[-1])
        )


@dataclass
class History:
    """What the log means at its end."""

    anchors: list[ChainAnchor] = field(default_factory=list)
    roots: set[bytes] = field(default_factory=set)
    issuers: dict[bytes, Issuer] = field(default_factory=dict)
    keys: dict[bytes, Key] = field(default_factory=dict)
    roles: set[tuple[bytes, bytes]] = field(default_factory=set)  # (role, account) held now
    seen_roles: set[tuple[bytes, bytes]] = field(default_factory=set)  # ever held
    closed: bool = False


def replay(book: Book, entries: Sequence[Entry], chain_id: int, contract: bytes) -> History:
    """The history. Entries that break a rule of the contract are findings; those that make no sense change nothing."""
    history = History()
    _check_genesis(book, entries[0], chain_id, contract)
    for entry in entries[1:]:
        role = NEEDED_ROLE.get(entry.kind)
        if role is not None:
            book.expect(
                "RolesWereHeld",
                (role, entry.actor) in history.roles,
                f"entry {entry.position}",
                "role.not-held",
                f"0x{entry.actor.hex()} wrote it without holding the role.",
            )
        try:
            _apply(book, history, entry)
        except (DecodingError, LookupError, ValueError, OverflowError):
            _legal(book, entry, False, "Its payload is not what entries of its kind carry, or it refers to nothing.")
    return history


def _check_genesis(book: Book, entry: Entry, chain_id: int, contract: bytes) -> None:
    subject = registry_id(chain_id, contract)
    try:
        told = decode(["uint64", "address"], entry.payload)
    except DecodingError:
        told = ()
    book.expect(
        "RegistryIsTheOneTrusted",
        entry.kind == GENESIS and entry.subject == subject and told == (chain_id, "0x" + contract.hex()),
        "entry 0",
        "log.genesis",
        "The log does not begin with this contract's genesis on this chain.",
        subject.hex(),
        entry.subject.hex(),
    )


def _apply(book: Book, history: History, entry: Entry) -> None:
    if not _legal(book, entry, not history.closed, "It was written after the registry had been closed."):
        return
    match entry.kind:
        case 1:
            _anchor(book, history, entry)
        case 2 | 3 | 4:
            _issuer(book, history, entry)
        case 5:
            issuer, multikey = decode(["bytes32", "bytes"], entry.payload)
            good = issuer in history.issuers and entry.subject == issuer_key_id(multikey)
            if _legal(book, entry, good and entry.subject not in history.keys, "It adds a key twice, or of nobody."):
                history.keys[entry.subject] = Key(issuer, multikey, entry.time)
        case 6:
            key = history.keys[entry.subject]
            (issuer,) = decode(["bytes32"], entry.payload)
            good = issuer == key.issuer and not key.revoked_at
            if _legal(book, entry, good, "It revokes a revoked key, or one of another issuer than it says."):
                key.revoked_at = entry.time
        case 7:
            _compromise(book, history.keys[entry.subject], entry)
        case 10 | 11:
            _role(history, entry)
        case 12:
            history.closed = True


def _issuer(book: Book, history: History, entry: Entry) -> None:
    if entry.kind == ISSUER_ADDED:
        (did,) = decode(["string"], entry.payload)
        new = entry.subject not in history.issuers and entry.subject == issuer_id(did)
        if _legal(book, entry, new, "It adds an issuer twice, or under a name that is not the hash of its DID."):
            history.issuers[entry.subject] = Issuer(did, entry.time)
        return
    issuer = history.issuers[entry.subject]
    windows = issuer.suspended
    if entry.kind == ISSUER_SUSPENDED:
        if _legal(book, entry, not issuer.suspended_now, "It suspends a suspended issuer."):
            windows.append((entry.time, None))
    elif _legal(book, entry, issuer.suspended_now, "It reinstates an issuer that is not suspended."):
        start, _ = windows[-1]
        windows[-1] = (start, max(entry.time, start + 1))  # lifted in the same second: it was in force all of it


def _anchor(book: Book, history: History, entry: Entry) -> None:
    (number,) = decode(["uint64"], entry.payload)
    expected = len(history.anchors) + 1
    name = f"anchor {number}"
    sentence = "Anchor numbers in the log are not 1, 2, 3 without gap."
    book.expect("SequenceHasNoGaps", number == expected, name, "anchor.number", sentence, str(expected), str(number))
    book.expect(
        "RootsAreUnique",
        entry.subject not in history.roots and entry.subject != bytes(32),
        name,
        "anchor.root-twice",
        "Its root was anchored before, or is zero.",
    )
    history.roots.add(entry.subject)
    history.anchors.append(ChainAnchor(expected, entry.subject, entry.position, entry.time))


def _compromise(book: Book, key: Key, entry: Entry) -> None:
    issuer, since = decode(["bytes32", "uint48"], entry.payload)
    earlier = key.added_at <= since <= entry.time and (not key.compromised or since < key.compromised_at)
    sentence = "A compromise lies in the future, before the key or not before the last one, or names another issuer."
    if _legal(book, entry, earlier and issuer == key.issuer, sentence):
        key.compromised.append((entry.position, since))
        key.revoked_at = key.revoked_at or entry.time  # a stolen key is ended as well


def _role(history: History, entry: Entry) -> None:
    (account,) = decode(["address"], entry.payload)
    pair = (entry.subject, bytes.fromhex(account[2:]))
    history.seen_roles.add(pair)
    if entry.kind == ROLE_GRANTED:
        history.roles.add(pair)
    else:
        history.roles.discard(pair)


def _legal(book: Book, entry: Entry, held: bool, sentence: str) -> bool:
    return book.expect("StateFollowsTheLog", held, f"entry {entry.position}", "log.illegal", sentence)
