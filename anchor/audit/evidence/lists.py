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
from registry.verify.jsonfields import Fields

NAMES = frozenset({"id", "first", "second", PROOF})
_SIDE = frozenset({"version", "digest", "document", "lists", "tree"})
_LATER = frozenset({"lists", "tree"})
_LIST = frozenset({"id", "version", "digest"})


@dataclass(frozen=True)
class _Side:
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
    def revoked(self) -> tuple[int, int]:
        """Length in bits of a revocation list, and its bits as a number. Raises FormatError evidence.list."""
        subject = (self.document or {}).get("credentialSubject")
        if not isinstance(subject, dict) or subject.get("statusPurpose") != "revocation":
            raise FormatError("evidence.list", "/material", "It is no revocation list, whose bits stay set")
        encoded = subject.get("encodedList")
        bits = bitstring.decode(encoded if isinstance(encoded, str) else "")
        return len(bits) * 8, int.from_bytes(bits, "big")


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """Both entries are in the status trees of anchors; versions, digests or bits then tell the rest.

    The lists themselves are there only where bits are compared; they are public and hold no personal data.
    """
    registry, list_id = context.trust.registry_id, material.text("id")
    first, second = (
        _side(Fields(material.object(name), _SIDE, material.place(name)), registry, list_id)
        for name in ("first", "second")
    )
    before, after = _anchored(material, context, first, second)
    name = f"version {second.version} of list {list_id}"
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
        (length, old), (other, new) = first.revoked, second.revoked
        if length == other and (returned := old & ~new):
            sentence = f"Anchor {after} has {name}, with {returned.bit_count()} entries no longer revoked: {where}."
            yield Shown("list.unrevoked", sentence)
    elif second.version < first.version:
        yield Shown("list.older", f"Anchor {after} goes back to {name}: {where}.")
    elif second.version == first.version and first.digest != second.digest:
        yield Shown("list.changed-in-place", f"Anchor {after} has other contents for {name} than anchor {before}.")


def gone(material: Fields, context: Context) -> Iterator[Shown]:
    """An anchor holds a list, and a later one does not: all of its lists are there, as what they say."""
    registry, list_id = context.trust.registry_id, material.text("id")
    first = _side(Fields(material.object("first"), _SIDE, material.place("first")), registry, list_id)
    known = Fields(material.object("second"), _LATER, material.place("second"))
    said = known.each("lists", MAX_TREE, partial(_said, registry))
    hashes = [entry for _, entry in said]
    tree = known.hashes("tree", MAX_TREE)
    if not tree or first.document is not None:
        raise FormatError("evidence.tree", "/material", "The anchor's tree is empty, or a list is there for nothing")
    later = _Side(0, b"", None, root_of(hashes) if hashes else entries.ZERO32, tree)
    before, after = _anchored(material, context, first, later)
    if before < after and list_id not in {one for one, _ in said}:
        yield Shown("list.dropped", f"Anchor {before} has list {list_id}, and anchor {after} does not.")


def _said(registry: bytes, value: Any, place: tuple[str | int, ...]) -> tuple[str, bytes]:
    """Id and entry of a list."""
    known = Fields(value, _LIST, place)
    list_id = known.text("id")
    entry = entries.list_entry(registry, list_id, known.integer("version"), known.binary("digest", 32))
    return list_id, entries.entry_hash(entry)


def _anchored(material: Fields, context: Context, first: _Side, second: _Side) -> tuple[int, int]:
    """Numbers of the two anchors, each of which has these status lists. Raises FormatError evidence.*."""

    def numbers(read: slots.Read) -> tuple[int, int]:
        return slots.anchored(read, first.root)[0], slots.anchored(read, second.root)[0]

    before, after = context.proved(material, numbers)
    for side, number in ((first, before), (second, after)):
        status = entries.entry_hash(entries.status_entry(context.trust.registry_id, anchored(number), side.status_root))
        if side.tree[0] != status:
            raise FormatError("evidence.tree", "/material", f"Anchor {number} has other status lists")
    return before, after


def _side(known: Fields, registry: bytes, list_id: str) -> _Side:
    version, content = known.integer("version"), known.binary("digest", 32)
    document = known.object_or_none("document")
    if document is not None and digest(document) != content:
        raise FormatError("evidence.list", "/material", f"The list is not the one of version {version}")
    entry = entries.entry_hash(entries.list_entry(registry, list_id, version, content))
    status_root = root_with(known.hashes("lists", MAX_TREE), entry, f"version {version} of the list")
    tree = known.hashes("tree", MAX_TREE)
    if not tree:
        raise FormatError("evidence.tree", "/material", "The anchor's tree is empty")
    return _Side(version, content, document, status_root, tree)
