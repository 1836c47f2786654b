"""A credential in a PDF: its one embedded file stream (ISO 32000-2, 7.11.4), as PDF/A-3 attaches files.

Stream objects never lie inside other streams, so a scan of the bytes finds it and no PDF is parsed. FORMAT.md, section
1, has the rule; `api/pages/static/verifier/baked/pdf.js` is the same.
"""

import re
import zlib

from registry.credential.baking.content import Content, none_in, several_in
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES

SIGNATURE = b"%PDF-"

MAX_DICTIONARY_BYTES = 1024
"""From the object's number to the end of its dictionary. Writers need 200; nothing longer is searched."""

JSON_TYPES = frozenset(
    [b"/application#2Fjson", b"/application#2Fld#2Bjson", b"/application#2Fvc", b"/application#2Fvc#2Bld#2Bjson"]
)
"""What the attached file may be called, as PDF spells it."""

_SPACE = rb"[\0\t\n\f\r ]"
_EMBEDDED = re.compile(rb"/EmbeddedFile(?![A-Za-z0-9])")
_ENCRYPT = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_OPEN = re.compile(rb" obj" + _SPACE + rb"*<<")
# A name, a direct number (no reference follows it), or for Params a dictionary of plain values.
_ENTRY = re.compile(
    _SPACE + rb"*/(Type|Subtype|Length|Filter|Params)(?:"
    + _SPACE + rb"*(/[A-Za-z0-9#.+-]+)|"
    + _SPACE + rb"+([0-9]{1,9})(?![0-9])|"
    + _SPACE + rb"*(<<(?:\((?:[^()\\]|\\[\s\S])*\)|<[0-9A-Fa-f]*>|[^()<>])*>>))"
)  # fmt: skip
_CLOSE = re.compile(_SPACE + rb"*>>" + _SPACE + rb"*stream\r?\n")
_END = re.compile(rb"(?:\r\n|\n|\r)?endstream(?![A-Za-z0-9])")
_ORIGINAL = "Ask the holder for the original file"


def unbake(data: bytes) -> bytes:
    """The bytes of the attached JSON. Raises FormatError baking.*"""
    if _ENCRYPT.search(data):
        raise FormatError("baking.pdf-encrypted", "", "The PDF is encrypted", "Save it without a password")
    places = [found.start() for found in _EMBEDDED.finditer(data)]
    if not places:
        raise none_in("PDF", False)
    if len(places) > 1:  # several attachments, or one that was replaced and is still there
        raise several_in("PDF", len(places))
    entries, start = _dictionary(data, places[0])
    if entries.get(b"Subtype") not in JSON_TYPES:
        raise FormatError("baking.pdf-type", "", "The file attached to the PDF is not called JSON", _ORIGINAL)
    length = entries.get(b"Length", b"")
    end = start + int(length) if length.isdigit() else -1
    if end < start or not _END.match(data, end):
        problem = "The attached file does not end where the PDF says"
        raise FormatError("baking.pdf-length", "", problem, _ORIGINAL)
    if b"Filter" not in entries:
        found = data[start:end]
    elif entries[b"Filter"] == b"/FlateDecode":
        found = _inflated(data[start:end])
    else:
        problem = "The attached file is packed otherwise than by FlateDecode"
        raise FormatError("baking.pdf-filter", "", problem, _ORIGINAL)
    if Content.found(found).is_jws:
        raise FormatError("baking.not-a-credential", "", "What the PDF holds is not a JSON object", _ORIGINAL)
    return found


def _dictionary(data: bytes, place: int) -> tuple[dict[bytes, bytes], int]:
    """The entries of the stream object around a place, and where its stream begins."""
    first = max(0, place - MAX_DICTIONARY_BYTES)
    text = data[first : place + MAX_DICTIONARY_BYTES]
    start = text.rfind(b" obj", 0, place - first)
    opened = _OPEN.match(text, start) if start > 0 and text[start - 1 : start].isdigit() else None
    entries: dict[bytes, bytes] = {}
    at = opened.end() if opened else 0
    while opened and (entry := _ENTRY.match(text, at)):
        key, *values = entry.groups()
        if key in entries:
            break
        entries[key], at = next(value for value in values if value is not None), entry.end()
    closed = _CLOSE.match(text, at) if opened else None
    if closed is None or entries.get(b"Type") != b"/EmbeddedFile":
        problem = f"The object with the attached file, at byte {place}, is not written as FORMAT.md, section 1, asks"
        raise FormatError("baking.pdf-object", "", problem, _ORIGINAL)
    return entries, first + closed.end()


def _inflated(packed: bytes) -> bytes:
    """Unpacked up to one byte more than a credential may have, which is refused by whoever reads it."""
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(packed, MAX_DOCUMENT_BYTES + 1)
    except zlib.error:
        found = None
    if found is None or (len(found) <= MAX_DOCUMENT_BYTES and (not unpacker.eof or unpacker.unused_data)):
        raise FormatError("baking.pdf-damaged", "", "The attached file cannot be unpacked", _ORIGINAL)
    return found
