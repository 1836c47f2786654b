"""Signed notes and checkpoint bodies (C2SP signed-note and tlog-checkpoint, version 1): text that a log's key signs.

    text, each line ending in a line feed
    (an empty line)
    — <key name> <base64 of key id (4 bytes) and signature>          one or more; for Ed25519 64 bytes

The signature covers the text with its last line feed, and nothing of the signature lines.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from registry.errors import FormatError
from registry.format import signature
from registry.format.multibase import ED25519_PREFIX, encode_multikey

MAX_NOTE_BYTES = 16 * 1024
"""A checkpoint has some 200 bytes and each signature line some 150; ML-DSA cosignatures have 3.3 kB."""

MAX_SIGNATURES = 16
"""The log's own and its witnesses'. Each line costs a base64 decoding, each known key one verification."""

MAX_NAME_CHARS = 512
"""A key's name is a host, a path and 64 digits."""

MAX_TREE_SIZE = 2**63 - 1
"""Entries of a tree, as tlog implementations count them (signed 64-bit integers)."""

KEY_ID_BYTES = 4
_ED25519 = b"\x01"  # signed-note, "Signature types"
_KEY_BYTES = 32
_DASH = "\N{EM DASH} "
_NAME = re.compile(rf"[^\s+\x00-\x1f\x7f]{{1,{MAX_NAME_CHARS}}}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_VKEY_CHARS = MAX_NAME_CHARS + 64


@dataclass(frozen=True)
class NoteKey:
    """An Ed25519 key that signs notes: its name and its 32 raw bytes. Raises FormatError note.name, format.length."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            problem = f"A key's name is 1 to {MAX_NAME_CHARS} characters without white space and '+'"
            raise FormatError("note.name", "", problem)
        if len(self.public) != _KEY_BYTES:
            raise FormatError("format.length", "", f"A key has {len(self.public)} bytes where {_KEY_BYTES} are needed")

    @property
    def key_id(self) -> bytes:
        """4 bytes that lead a verifier to the key; they prove nothing."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as text: name+hex+base64."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @property
    def multikey(self) -> str:
        """The key alone as multibase text, z6Mk..."""
        return encode_multikey(self.public)

    @classmethod
    def parse(cls, text: str) -> "NoteKey":
        """Read a vkey. Raises FormatError note.vkey."""
        problem = "This is not the text of an Ed25519 note key: name+8 hex digits+base64"
        name, found, data = text.split("+", 2) if text.count("+") >= 2 and len(text) <= _VKEY_CHARS else ("", "", "")
        try:
            raw = _base64(data)
            key = cls(name, raw.removeprefix(_ED25519) if len(raw) > _KEY_BYTES else b"")
        except FormatError:
            raise FormatError("note.vkey", "", problem) from None
        if key.key_id.hex() != found:
            raise FormatError("note.vkey", "", "The key's id does not belong to its name and bytes", "Copy it again")
        return key


@dataclass(frozen=True)
class NoteSignature:
    """One signature line; `value` is what follows the 4 bytes of the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text and who says to have signed it. Nothing is verified until `verify`."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Read a note strictly: one reading, one spelling. Raises FormatError note.*."""
        if len(data) > MAX_NOTE_BYTES:
            raise FormatError("note.too-large", "", f"The note has {len(data)} bytes, more than {MAX_NOTE_BYTES}")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError("note.encoding", "", "The note is not UTF-8") from None
        head, middle, tail = whole.rpartition("\n\n")
        if not middle or not tail.endswith("\n"):
            raise FormatError("note.form", "", "A note is text, an empty line and signature lines")
        text = require_text(head + "\n")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise FormatError("note.form", "", f"The note has {len(lines)} signatures, more than {MAX_SIGNATURES}")
        found = tuple(_signature(line) for line in lines)
        if len({(one.name, one.key_id) for one in found}) != len(found):
            raise FormatError("note.twice", "", "Two signatures are by the same key")
        return cls(text, found)

    def to_bytes(self) -> bytes:
        """The note as it is sent and stored."""
        return (self.text + "\n" + "".join(one.line() for one in self.signatures)).encode()

    def verify(self, key: NoteKey) -> bool:
        """Whether `key` signed the text: false too where its signature is missing. Other keys' are passed over."""
        for one in self.signatures:
            if (one.name, one.key_id) == (key.name, key.key_id):
                return signature.verify(ED25519_PREFIX + key.public, one.value, self.text.encode())
        return False


def sign(text: str, key: NoteKey, signer: Callable[[bytes], bytes]) -> Note:
    """A note of `text`, signed by `signer` (64 bytes for a message), which must hold the secret of `key`.

    Raises FormatError note.text where the text cannot be one.
    """
    value = signer(require_text(text).encode())
    return Note(text, (NoteSignature(key.name, key.key_id, value),))


@dataclass(frozen=True)
class Checkpoint:
    """How far a log has got: its name, its size in entries, its head of 32 bytes, and further lines if any."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = field(default=())

    def body(self) -> str:
        """The note's text. Raises FormatError note.checkpoint for what cannot be one."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        text = "".join(line + "\n" for line in lines)
        if parse_checkpoint(text) != self:
            raise FormatError("note.checkpoint", "", "A line of the checkpoint holds a line feed")
        return text


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's body, a note's text. Raises FormatError note.text, note.checkpoint, note.base64."""
    origin, *rest = require_text(text)[:-1].split("\n")
    if not origin or len(rest) < 2 or not all(rest):
        raise FormatError("note.checkpoint", "", "A checkpoint is lines of origin, size and root, none of them empty")
    size, root = decimal(rest[0]), _base64(rest[1])
    if len(root) != hashlib.sha256().digest_size:
        raise FormatError("note.checkpoint", "", f"The root has {len(root)} bytes, not 32")
    return Checkpoint(origin, size, root, tuple(rest[2:]))


def require_text(text: str) -> str:
    """`text`, which can be a note's. Raises FormatError note.text."""
    if not text.endswith("\n") or text == "\n" or _CONTROL.search(text):
        raise FormatError("note.text", "", "A note's text is lines that end in a line feed, without control characters")
    return text


def decimal(text: str) -> int:
    """A number of 0 to MAX_TREE_SIZE in its one spelling. Raises FormatError note.checkpoint."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise FormatError("note.checkpoint", "", "A number is not decimal digits without a leading zero")
    return int(text)


def _signature(line: str) -> NoteSignature:
    name, space, data = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name):
        raise FormatError("note.form", "", "A signature line is not '— name base64'")
    raw = _base64(data)
    if len(raw) <= KEY_ID_BYTES:
        raise FormatError(
            "note.form", "", f"A signature line holds {len(raw)} bytes: a key id and a signature are more"
        )
    return NoteSignature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _base64(text: str) -> bytes:
    """The bytes of standard base64 (RFC 4648, section 4) in its one spelling. Raises FormatError note.base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or base64.b64encode(raw).decode() != text:
        raise FormatError("note.base64", "", "A value is not base64 with its padding")
    return raw
