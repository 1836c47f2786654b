"""A credential in a PNG: one uncompressed `iTXt` chunk after IHDR; every other chunk keeps its bytes and its place.

PNG, third edition, sections 5 (chunks) and 11.3.3.4 (iTXt): length, type, body, CRC-32 of type and body.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from registry.credential.baking.content import Content, none_in, one_already_in, several_in
from registry.errors import FormatError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
OLDER_KEYWORD = b"openbadges"
"""Open Badges 1 and 2."""

MAX_CHUNKS = 16_384
"""The largest image allowed, in pieces of 512 bytes; encoders write 4 KiB and more."""

MAX_CHUNK_BYTES = 2**31 - 1
"""PNG's own bound. A length that the file does not have is refused before anything of that size is read."""

_FRAME = 12  # bytes of length, type and CRC
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_ORIGINAL = "Ask for the original file"


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    start: int  # of its length
    end: int  # after its CRC
    body: memoryview

    @property
    def keyword(self) -> bytes:
        """What a text chunk is about; empty for others. A keyword has at most 79 bytes."""
        return bytes(self.body[:80]).partition(b"\0")[0] if self.kind in _TEXTS else b""


def bake(image: bytes, credential: Content, *, replace: bool) -> bytes:
    """The image with the credential's chunk after IHDR, instead of any that is there. Raises FormatError baking.*"""
    chunks = _chunks(image)
    kept = [chunk for chunk in chunks if chunk.keyword != KEYWORD]
    if len(kept) < len(chunks) and not replace:
        raise one_already_in("PNG")
    # Five zero bytes: end of keyword, not compressed, method, no language, no translated keyword.
    body = KEYWORD + bytes(5) + credential.data
    header, *rest = (image[chunk.start : chunk.end] for chunk in kept)
    return b"".join([SIGNATURE, header, _frame(b"iTXt", body), *rest])


def unbake(image: bytes) -> bytes:
    """The text of the one credential chunk. Raises FormatError baking.*"""
    chunks = _chunks(image)
    # Some libraries read all three kinds of text into one table: each of them counts as a credential.
    found = [chunk for chunk in chunks if chunk.keyword == KEYWORD]
    if not found:
        raise none_in("PNG", any(chunk.keyword == OLDER_KEYWORD for chunk in chunks))
    if len(found) > 1:
        raise several_in("PNG", len(found))
    return _text(found[0])


def _text(chunk: _Chunk) -> bytes:
    where = f"The credential chunk at byte {chunk.start}"
    if chunk.kind != b"iTXt":
        raise FormatError("baking.chunk-type", "", f"{where} is {chunk.kind.decode()} instead of iTXt", _ORIGINAL)
    body = bytes(chunk.body[len(KEYWORD) + 1 :])
    if body[:1] == b"\1":
        # Open Badges forbids it, and it would be the one place where little input becomes much.
        raise FormatError("baking.compressed", "", f"{where} is compressed, which Open Badges 3.0 forbids", _ORIGINAL)
    parts = body[2:].split(b"\0", 2)  # language, translated keyword, text; the first two have no meaning here
    if body[:2] != b"\0\0" or len(parts) < 3:
        raise FormatError("baking.chunk-body", "", f"{where} is not built like an iTXt chunk", _ORIGINAL)
    return parts[2]


def _chunks(image: bytes) -> list[_Chunk]:
    """All chunks, checked as far as they frame the picture; what is in the pixels does not matter here."""
    if not image.startswith(SIGNATURE):
        raise FormatError("baking.not-png", "", "The first 8 bytes are not a PNG's: it was sent as text", _ORIGINAL)
    chunks = list(_walk(image))
    kinds = [chunk.kind for chunk in chunks]
    if not kinds or kinds[-1] != b"IEND":
        raise _truncated(len(image))
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") > 1 or len(chunks[0].body) != 13 or b"IDAT" not in kinds:
        problem = "The PNG does not have exactly one header, of 13 bytes, before its picture"
        raise FormatError("baking.not-png", "", problem, _ORIGINAL)
    return chunks


def _walk(image: bytes) -> Iterator[_Chunk]:
    view = memoryview(image)
    place, count, kind = len(SIGNATURE), 0, b""
    while place < len(image):
        where = f"chunk {count + 1}, at byte {place}"
        if kind == b"IEND":
            # A second file may follow, and another reader may take that one.
            problem = f"The PNG ends at byte {place}, and {len(image) - place} more bytes follow"
            raise FormatError("baking.after-end", "", problem, "Cut them off, or save the picture again")
        if count == MAX_CHUNKS:
            raise FormatError("baking.too-many-chunks", "", f"The PNG has more than {MAX_CHUNKS} chunks", _ORIGINAL)
        length, kind = int.from_bytes(view[place : place + 4]), bytes(view[place + 4 : place + 8])
        end = place + _FRAME + length
        if length > MAX_CHUNK_BYTES:
            problem = f"The length of {where}, is {length}; PNG allows {MAX_CHUNK_BYTES}"
            raise FormatError("baking.chunk-length", "", problem, _ORIGINAL)
        if end > len(image):
            raise _truncated(len(image), f" inside {where}")
        if not kind.isalpha():
            raise FormatError("baking.not-png", "", f"The type of {where}, is not four letters", _ORIGINAL)
        if zlib.crc32(view[place + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            problem = f"The checksum of {where}, type {kind.decode()}, is wrong: the file was damaged or edited"
            raise FormatError("baking.checksum", "", problem, _ORIGINAL)
        yield _Chunk(kind, place, end, view[place + 8 : end - 4])
        place, count = end, count + 1


def _frame(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(body, zlib.crc32(kind)).to_bytes(4)


def _truncated(size: int, where: str = "") -> FormatError:
    return FormatError("baking.truncated", "", f"The PNG is cut off after {size} bytes{where}", _ORIGINAL)
