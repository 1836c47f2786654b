"""The lines and files of a public export, read strictly into records.

`registry.json`, `anchors.jsonl`, `anchors/<n>.json`,
`batches/<n>.json` in the format `credanchor-export/1`, with exactly these members;
`log_key` of `registry.json` may be absent, as it is in exports of older registries, and `earlier_log_keys` before the
key was changed for the first time.
"""

from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from anchor.audit.source import MAX_FILE_BYTES
from registry.errors import FormatError
from registry.format import entries
from registry.format.multibase import decode_multikey
from registry.format.note import NoteKey
from registry.format.strictjson import parse, pointer
from registry.limits import MAX_URL_CHARS
from registry.verify.document import shown
from registry.verify.trust import EarlierKey

EXPORT_FORMAT = "credanchor-export/1"

_LINE = {"number", "root", "status_root", "lists", "batches"}


@dataclass(frozen=True)
class RegistryFile:
    """Whose export it is. `deploy_block` is where the log begins."""

    chain_id: int
    contract: bytes
    registry_id: bytes
    deploy_block: int
    log_key: NoteKey | None = None  # what the registry says of its keys; believed are the trust profile's alone
    earlier_log_keys: tuple[EarlierKey, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> "RegistryFile":
        """Raises FormatError."""
        names = {"format", "chain_id", "contract", "registry_id", "deploy_block"}
        members = _object(content, names, {"log_key", "earlier_log_keys"})
        if members["format"] != EXPORT_FORMAT:
            raise FormatError("export.format", "/format", f"The format is not {EXPORT_FORMAT}")
        return cls(
            chain_id=_number(members, "chain_id"),
            contract=_hex(members, "contract", 20),
            registry_id=_hex(members, "registry_id", 32),
            deploy_block=_number(members, "deploy_block"),
            log_key=_log_key(members["log_key"]) if "log_key" in members else None,
            earlier_log_keys=_earlier(members["earlier_log_keys"]) if "earlier_log_keys" in members else (),
        )


@dataclass(frozen=True)
class ListLine:
    """One version of a status list, as an anchor commits to it."""

    id: str
    version: int
    digest: bytes
    multikey: bytes
    signature: bytes

    def entry(self, registry: bytes) -> bytes:
        """Its list entry (120 bytes, FORMAT.md) in the registry with this id (32 bytes)."""
        return entries.list_entry(registry, self.id, self.version, self.digest)


@dataclass(frozen=True)
class AnchorLine:
    """What an anchor is made of: `lists` in the order of the status tree, `batches` in the order of the anchor tree."""

    number: int
    root: bytes
    status_root: bytes
    lists: tuple[ListLine, ...]
    batches: tuple[int, ...]

    def status_hash(self, registry: bytes) -> bytes:
        """The first leaf of the anchor's tree, as the line says it, in the registry with this id (32 bytes each)."""
        return entries.entry_hash(entries.status_entry(registry, self.number, self.status_root))

    def list_hashes(self, registry: bytes) -> list[bytes]:
        """The leaves of the status tree, 32 bytes each."""
        return [entries.entry_hash(item.entry(registry)) for item in self.lists]

    @classmethod
    def parse(cls, content: bytes) -> "AnchorLine":
        """Raises FormatError."""
        return cls.of(_object(content, _LINE))

    @classmethod
    def of(cls, members: dict[str, Any]) -> "AnchorLine":
        """The same from members that were read. Raises FormatError."""
        lists = [_list(item, place) for place, item in enumerate(_array(members, "lists"))]
        batches = _array(members, "batches")
        if not all(type(number) is int and number > 0 for number in batches):
            raise FormatError("export.integer", "/batches", "A batch number is not a positive integer")
        return cls(
            number=_number(members, "number"),
            root=_hex(members, "root", 32),
            status_root=_hex(members, "status_root", 32),
            lists=tuple(lists),
            batches=tuple(batches),
        )


@dataclass(frozen=True)
class AnchorFile:
    """One anchor by itself: its line, and the hashes of its batches' entries, which stand behind the status entry."""

    line: AnchorLine
    entries: tuple[bytes, ...]

    @classmethod
    def parse(cls, content: bytes) -> "AnchorFile":
        """Raises FormatError."""
        members = _object(content, _LINE | {"entries"})
        hashes = _hashes(members, "entries")
        line = AnchorLine.of(members)
        if len(hashes) != len(line.batches):
            raise FormatError("export.entries", "/entries", "There are not as many entries as batches")
        return cls(line, hashes)


@dataclass(frozen=True)
class BatchFile:
    """A batch without anything personal: its leaves, and the issuer's signature over its entry."""

    number: int
    size: int
    multikey: bytes
    signature: bytes
    root: bytes
    leaves: tuple[bytes, ...]

    @property
    def key_id(self) -> bytes:
        """Of the issuer's key, 32 bytes."""
        return entries.issuer_key_id(self.multikey)

    def entry(self, registry: bytes) -> bytes:
        """Its batch entry (128 bytes, FORMAT.md) in the registry with this id (32 bytes)."""
        return entries.batch_entry(registry, self.number, self.size, self.key_id, self.root)

    @classmethod
    def parse(cls, content: bytes) -> "BatchFile":
        """Raises FormatError."""
        members = _object(content, {"number", "size", "key", "signature", "root", "leaves"})
        return cls(
            number=_number(members, "number"),
            size=_number(members, "size"),
            multikey=_key(members),
            signature=_hex(members, "signature", 64),
            root=_hex(members, "root", 32),
            leaves=_hashes(members, "leaves"),
        )


def _list(item: Any, place: int) -> ListLine:
    where = ("lists", place)
    names = {"id", "version", "digest", "key", "signature"}
    if not isinstance(item, dict) or item.keys() != names or not isinstance(item["id"], str):
        raise FormatError("export.members", pointer(*where), f"A list has not exactly the members {_named(names)}")
    if shown(item["id"], MAX_URL_CHARS) != item["id"]:  # it is told to people
        problem = f"It is not one line of at most {MAX_URL_CHARS} characters that can be shown"
        raise FormatError("export.id", pointer(*where, "id"), problem)
    return ListLine(
        id=item["id"],
        version=_number(item, "version", *where),
        digest=_hex(item, "digest", 32, *where),
        multikey=_key(item, *where),
        signature=_hex(item, "signature", 64, *where),
    )


def _log_key(value: Any) -> NoteKey:
    if not isinstance(value, dict) or value.keys() != {"vkey", "multikey"} or not isinstance(value["vkey"], str):
        raise FormatError("export.members", "/log_key", "It has not exactly the members multikey, vkey")
    key = NoteKey.parse(value["vkey"])
    if value["multikey"] != key.multikey:
        raise FormatError("export.key", "/log_key/multikey", "It is not the key of the vkey")
    return key


def _earlier(values: Any) -> tuple[EarlierKey, ...]:
    known = isinstance(values, list) and all(isinstance(one, dict) and one.keys() == {"key", "until"} for one in values)
    if not known:
        problem = "It is no list of objects with exactly the members key, until"
        raise FormatError("export.members", "/earlier_log_keys", problem)
    return tuple(EarlierKey(NoteKey.parse(str(one["key"])), _number(one, "until")) for one in values)


def _object(content: bytes, names: set[str], optional: Set[str] = frozenset()) -> dict[str, Any]:
    members = parse(content, max_bytes=MAX_FILE_BYTES)
    if not isinstance(members, dict) or members.keys() - optional != names:
        raise FormatError("export.members", "", f"It has not exactly the members {_named(names)}")
    return members


def _named(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _array(members: dict[str, Any], name: str) -> list[Any]:
    value = members[name]
    if not isinstance(value, list):
        raise FormatError("export.array", pointer(name), f"{name} is not an array")
    return value


def _number(members: dict[str, Any], name: str, *place: str | int) -> int:
    value = members[name]
    if type(value) is not int or value < 0:
        raise FormatError("export.integer", pointer(*place, name), f"{name} is not an unsigned integer")
    return value


def _key(members: dict[str, Any], *place: str | int) -> bytes:
    value = members["key"]
    if not isinstance(value, str):
        raise FormatError("export.key", pointer(*place, "key"), "The key is not a multikey (z6Mk...)")
    return decode_multikey(value)


def _hex(members: dict[str, Any], name: str, length: int, *place: str | int) -> bytes:
    value = members[name]
    text = value.removeprefix("0x") if name == "contract" and isinstance(value, str) else value
    return _bytes(text, length, *place, name)


def _hashes(members: dict[str, Any], name: str) -> tuple[bytes, ...]:
    """32 bytes each: read at once, for there may be a million; one by one where that fails, to name which is wrong."""
    values = _array(members, name)
    if all(isinstance(value, str) and len(value) == 2 * 32 for value in values):
        with suppress(FormatError):
            found = _bytes("".join(values), 32 * len(values)) if values else b""
            return tuple(found[start : start + 32] for start in range(0, len(found), 32))
    return tuple(_bytes(value, 32, name, place) for place, value in enumerate(values))


def _bytes(text: Any, length: int, *place: str | int) -> bytes:
    if isinstance(text, str) and len(text) == 2 * length and text.isalnum() and text == text.lower():
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    raise FormatError("export.hex", pointer(*place), f"It is not {length} bytes in lower-case hexadecimal")
