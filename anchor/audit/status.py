"""Follow every status list through the anchors: complete, signed, only ever newer, and revoked stays revoked."""

from dataclasses import dataclass
from typing import Any

from anchor.audit.manifest import AnchorLine, ListLine
from anchor.audit.replay import ChainAnchor, History
from anchor.audit.report import Book
from anchor.audit.source import ExportSource, Missing, list_path
from registry.errors import FormatError
from registry.format import bitstring, entries, signature
from registry.format.merkle import root_of
from registry.format.strictjson import digest, parse
from registry.limits import MAX_STATUS_EVIDENCE_BYTES

INVARIANT = "StatusListsAreWhatWasAnchored"


@dataclass
class _Known:
    """A list as the newest anchor so far has it. `revoked` holds the bits of a revocation list as one number."""

    version: int
    digest: bytes
    issuer: bytes | None
    purpose: str
    length: int
    revoked: int | None


@dataclass(frozen=True)
class _Signed:
    """What follows from a version of a list alone: most anchors have most lists as the anchor before."""

    item: ListLine
    order: bytes
    leaf: bytes
    held: bool

    @classmethod
    def of(cls, item: ListLine, registry: bytes) -> "_Signed":
        entry = item.entry(registry)
        held = signature.verify(item.multikey, item.signature, entry)
        return cls(item, entries.list_hash(item.id), entries.entry_hash(entry), held)


class StatusLists:
    """Checks the lists of one anchor after the other, in the order of anchors."""

    def __init__(self, book: Book, source: ExportSource, registry: bytes, history: History) -> None:
        self._book = book
        self._source = source
        self._registry = registry
        self._history = history
        self._known: dict[str, _Known] = {}
        self._signed: dict[str, _Signed] = {}
        self.entries: dict[bytes, str] = {}
        """Hash of each list entry that an anchor commits to, and the list's id."""

    @property
    def count(self) -> int:
        """Different lists so far."""
        return len(self._known)

    def root(self, line: AnchorLine, anchor: ChainAnchor) -> bytes:
        """The status root that follows from the lists of this anchor, after checking each of them."""
        ids: set[str] = set()
        for item in line.lists:
            self._expect(
                item.id not in ids,
                _subject(item, anchor),
                "list.twice",
                "The anchor commits to this list twice: two stories of who is revoked.",
            )
            ids.add(item.id)
            self._check(item, anchor)
        for gone in sorted(self._known.keys() - ids):
            self._book.expect(
                "RevokedNeverReturns",
                False,
                f"list {gone} in anchor {anchor.number}",
                "list.dropped",
                "Earlier anchors commit to this list and this one does not: its revocations vanished.",
            )
        return self._tree(line, anchor)

    def _tree(self, line: AnchorLine, anchor: ChainAnchor) -> bytes:
        signed = [self._of(item) for item in line.lists]
        order = [one.order for one in signed]
        self._expect(
            order == sorted(order),
            f"anchor {anchor.number}",
            "status.order",
            "Its status lists are not in the order of the hashes of their ids.",
        )
        leaves = [one.leaf for one in signed]
        self.entries |= {leaf: item.id for leaf, item in zip(leaves, line.lists, strict=True)}
        root = root_of(leaves) if leaves else entries.ZERO32
        self._expect(
            root == line.status_root,
            f"anchor {anchor.number}",
            "status.root",
            "Its status root does not follow from its lists.",
            root.hex(),
            line.status_root.hex(),
        )
        return root

    def _of(self, item: ListLine) -> _Signed:
        found = self._signed.get(item.id)
        if found is None or found.item != item:
            found = self._signed[item.id] = _Signed.of(item, self._registry)
        return found

    def _check(self, item: ListLine, anchor: ChainAnchor) -> None:
        subject = _subject(item, anchor)
        issuer = self._check_signer(item, anchor, subject)
        before = self._known.get(item.id)
        if before and before.version == item.version:
            self._expect(
                before.digest == item.digest,
                subject,
                "list.changed-in-place",
                "Two anchors commit to different contents of the same version.",
                before.digest.hex(),
                item.digest.hex(),
            )
            if before.digest == item.digest:
                return
        newer = before is None or item.version >= before.version
        self._book.expect(
            "StatusVersionsNeverGoBack",
            newer,
            subject,
            "list.older",
            f"An earlier anchor already committed to version {before.version if before else 0}.",
        )
        now = self._load(item, issuer, subject)
        if now is None:
            return
        if before:
            self._compare(before, now, subject)
        if newer:
            self._known[item.id] = now

    def _check_signer(self, item: ListLine, anchor: ChainAnchor, subject: str) -> bytes | None:
        self._expect(
            self._of(item).held,
            subject,
            "list.signature",
            "The signature is not of the key that the list names, or not over this version.",
        )
        key = self._history.keys.get(entries.issuer_key_id(item.multikey))
        self._expect(
            key is not None and key.in_force(anchor),
            subject,
            "list.key",
            "Its key was not in force when the anchor was made, or the contract never knew it.",
        )
        return key.issuer if key else None

    def _load(self, item: ListLine, issuer: bytes | None, subject: str) -> _Known | None:
        try:
            document = parse(self._source.read(list_path(item.digest)), max_bytes=MAX_STATUS_EVIDENCE_BYTES)
            self._expect(
                digest(document) == item.digest,
                subject,
                "list.digest",
                "The file does not have the digest that the anchor commits to: it was changed.",
                item.digest.hex(),
                digest(document).hex(),
            )
            return self._read(document, item, issuer, subject)
        except Missing as gone:
            self._expect(False, subject, "list.missing", f"The export has no {gone.path}: the list is withheld.")
        except FormatError as flaw:
            self._book.expect("ExportIsWellFormed", False, subject, flaw.code, str(flaw))
        return None

    def _read(self, document: Any, item: ListLine, issuer: bytes | None, subject: str) -> _Known:
        try:
            bits_subject = document["credentialSubject"]
            named, purpose, encoded = document["id"], bits_subject["statusPurpose"], bits_subject["encodedList"]
            by = document["issuer"]
            did = by if isinstance(by, str) else by["id"]
            bits = bitstring.decode(encoded)
            owner = entries.issuer_id(did)
        except (KeyError, TypeError, AttributeError):
            problem = "The list lacks id, issuer, statusPurpose or encodedList"
            raise FormatError("list.members", "", problem) from None
        self._expect(
            named == item.id and owner == issuer and item.id.endswith(f"-{purpose}"),
            subject,
            "list.identity",
            "The list's own id, issuer or purpose is not the one it is anchored and signed under.",
        )
        revoked = int.from_bytes(bits, "big") if purpose == "revocation" else None
        return _Known(item.version, item.digest, issuer, purpose, len(bits) * 8, revoked)

    def _compare(self, before: _Known, now: _Known, subject: str) -> None:
        same = (before.purpose, before.issuer, before.length) == (now.purpose, now.issuer, now.length)
        self._expect(
            same, subject, "list.other-kind", "Its purpose, issuer or length is not what earlier anchors have."
        )
        if before.revoked is None or now.revoked is None or not same:
            return
        returned = before.revoked & ~now.revoked
        index = now.length - returned.bit_length()
        self._book.expect(
            "RevokedNeverReturns",
            not returned,
            subject,
            "list.unrevoked",
            f"{returned.bit_count()} revoked entries are no longer revoked, the first at index {index}.",
        )

    def _expect(  # noqa: PLR0917 (as Book.expect)
        self, held: bool, subject: str, code: str, sentence: str, expected: str = "", found: str = ""
    ) -> None:
        self._book.expect(INVARIANT, held, subject, code, sentence, expected, found)


def _subject(item: ListLine, anchor: ChainAnchor) -> str:
    return f"list {item.id} version {item.version} in anchor {anchor.number}"
