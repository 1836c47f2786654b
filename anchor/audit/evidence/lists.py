"""`status-lists`, `list-gone`: two anchored versions of one status list contradict each other, or a list is gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from anchor.audit.evidence.anchors import MAX_TREE, anchored, root_with
from anchor.audit.evidence.context import PROOF, Context
from anchor.audit.evidence.verdict import Shown
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import bitstring, entries
from registry.format.merkle import root_of
from registry.format.strictjson import digest
from registry.verify.document import shown
from registry.verify.jsonfields import Fields

NAMES = frozenset({"id", "first", "second", PROOF})
SIDE = frozenset({"version", "digest", "document", "lists", "tree"})
_LATER = frozenset({"lists", "tree"})
_LIST = frozenset({"id", "version", "digest"})


@dataclass(frozen=True)
class Side:
    """One version in one anchor's tree. `root` is the anchor's; `number` is claimed until the chain says the same."""

    version: int
    digest: bytes
    document: dict[str, Any] | None
    status_root: bytes
    tree: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        return root_of(self.tree)

    @property
    def kind(self) -> tuple[str, str, int]:
        """What all versions of a list have alike: purpose, issuer and length in bits. Raises FormatError."""
        subject, by = self._subject, (self.document or {}).get("issuer")
        did = by.get("id") if isinstance(by, dict) else by
        return str(subject.get("statusPurpose")), str(did), len(self._bits) * 8

    @property
    def revoked(self) -> int:
        """The bits of a revocation list as a number. Raises FormatError."""
        if self._subject.get("statusPurpose") != "revocation":
            raise FormatError("evidence.list", "/material", "It is no revocation list, whose bits stay set")
        return int.from_bytes(self._bits, "big")

    @property
    def _subject(self) -> dict[str, Any]:
        subject = (self.document or {}).get("credentialSubject")
        return subject if isinstance(subject, dict) else {}

    @property
    def _bits(self) -> bytes:
        encoded = self._subject.get("encodedList")
        return bitstring.decode(encoded if isinstance(encoded, str) else "")


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """Both entries are in the status trees of anchors; versions, digests or bits then tell the rest.

    The lists themselves are there only where bits are compared; they are public and hold no personal data.
    """
    registry, list_id = context.trust.registry_id, material.text("id")
    first, second = (
        side(Fields(material.object(name), SIDE, material.place(name)), registry, list_id)
        for name in ("first", "second")
    )
    before, after = numbers(material, context, first, second)
    name = f"version {second.version} of list {shown(list_id)}"
    where = f"anchor {before} had version {first.version}"
    if before == after:
        if (first.version, first.digest) < (second.version, second.digest):
            yield Shown("list.twice", f"Anchor {before} commits to {name}, and to version {first.version} as well.")
        return
    if before > after:
        raise FormatError("evidence.order", "/material", "The earlier anchor does not come first")
    if (first.document is None) != (second.document is None):
        raise FormatError("evidence.list", "/material", "One of the two lists is there, and the other is not")
    if first.document is not None:
        if first.kind != second.kind:
            sentence = f"Anchor {after} has {name}, which is of another purpose, issuer or length: {where}."
            yield Shown("list.other-kind", sentence)
        elif returned := first.revoked & ~second.revoked:
            sentence = f"Anchor {after} has {name}, with {returned.bit_count()} entries no longer revoked: {where}."
            yield Shown("list.unrevoked", sentence)
    elif second.version < first.version:
        yield Shown("list.older", f"Anchor {after} goes back to {name}: {where}.")
    elif second.version == first.version and first.digest != second.digest:
        yield Shown("list.changed-in-place", f"Anchor {after} has other contents for {name} than anchor {before}.")


def gone(material: Fields, context: Context) -> Iterator[Shown]:
    """An anchor holds a list, and a later one does not: all of its lists are there, as what they say."""
    registry, list_id = context.trust.registry_id, material.text("id")
    first = side(Fields(material.object("first"), SIDE, material.place("first")), registry, list_id)
    known = Fields(material.object("second"), _LATER, material.place("second"))
    if first.document is not None:
        raise FormatError("evidence.list", "/material", "The list is there, and nothing in it is looked at")
    later, ids = whole(known, registry)
    before, after = numbers(material, context, first, later)
    if before < after and list_id not in ids:
        yield Shown("list.dropped", f"Anchor {before} has list {shown(list_id)}, and anchor {after} does not.")


def whole(known: Fields, registry: bytes) -> tuple[Side, list[str]]:
    """An anchor by all of its lists, as what they say, and their ids in order. Raises FormatError evidence.*."""
    said = known.each("lists", MAX_TREE, partial(_said, registry))
    hashes = [entry for _, entry in said]
    status_root = root_of(hashes) if hashes else entries.ZERO32
    return Side(0, b"", None, status_root, _tree(known)), [list_id for list_id, _ in said]


def _said(registry: bytes, value: Any, place: tuple[str | int, ...]) -> tuple[str, bytes]:
    """Id and entry of a list."""
    known = Fields(value, _LIST, place)
    list_id = known.text("id")
    entry = entries.list_entry(registry, list_id, known.integer("version"), known.binary("digest", 32))
    return list_id, entries.entry_hash(entry)


def numbers(material: Fields, context: Context, *sides: Side) -> list[int]:
    """Numbers of the anchors, each of which has these status lists. Raises FormatError evidence.*."""
    found = context.proved(material, lambda read: [slots.anchored(read, one.root)[0] for one in sides])
    for one, number in zip(sides, found, strict=True):
        status = entries.status_entry(context.trust.registry_id, anchored(number), one.status_root)
        if one.tree[0] != entries.entry_hash(status):
            raise FormatError("evidence.tree", "/material", f"Anchor {number} has other status lists")
    return found


def side(known: Fields, registry: bytes, list_id: str) -> Side:
    """One list among the hashes of all. Raises FormatError evidence.*."""
    version, content = known.integer("version"), known.binary("digest", 32)
    document = known.object_or_none("document")
    if document is not None and digest(document) != content:
        raise FormatError("evidence.list", "/material", f"The list is not the one of version {version}")
    entry = entries.entry_hash(entries.list_entry(registry, list_id, version, content))
    status_root = root_with(known.hashes("lists", MAX_TREE), entry, f"version {version} of the list")
    return Side(version, content, document, status_root, _tree(known))


def _tree(known: Fields) -> tuple[bytes, ...]:
    tree = known.hashes("tree", MAX_TREE)
    if not tree:
        raise FormatError("evidence.tree", "/material", "The anchor's tree is empty")
    return tree
