"""The tokens of the XML that is read here, and what each of them must be; `xmlscan` says where they may stand."""

import re
from dataclasses import dataclass

from registry.errors import FormatError

UTF8_MARK = b"\xef\xbb\xbf"
XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"

_NAME = rb"[A-Za-z_][A-Za-z0-9._-]*"
_QUALIFIED = rb"(?:(" + _NAME + rb"):)?(" + _NAME + rb")"
FORBIDDEN = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")  # the last two: U+FFFE and U+FFFF
DECLARED = re.compile(rb"<\?xml(?![A-Za-z0-9._:-])")
DECLARATION = re.compile(
    rb"<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*([\"'])1\.0\1"
    rb"(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*([\"'])(?:[Uu][Tt][Ff]-8|[Uu][Ss]-[Aa][Ss][Cc][Ii][Ii])\2)?"
    rb"(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*([\"'])(?:yes|no)\3)?[ \t\r\n]*\?>"
)
_OPEN = re.compile(rb"<" + _QUALIFIED)
_ATTRIBUTE = re.compile(rb"[ \t\r\n]+" + _QUALIFIED + rb"[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"<]*)\"|'([^'<]*)')")
_CLOSE = re.compile(rb"[ \t\r\n]*(/?)>")
END = re.compile(rb"</" + _QUALIFIED + rb"[ \t\r\n]*>")
TARGET = re.compile(rb"<\?(?![Xx][Mm][Ll](?:[ \t\r\n]|\?>))" + _NAME + rb"(?=[ \t\r\n]|\?>)")
BLANK = re.compile(rb"[ \t\r\n]*")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos);|#([0-9]{1,7});|#x([0-9A-Fa-f]{1,6});)?")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
URI = re.compile(r"[!-~]*")
ORIGINAL = "Ask for the original file"

Name = tuple[bytes | None, bytes]


@dataclass(frozen=True)
class Tag:
    """A start tag in the file: `<`, the byte after its name, the byte of `>` or `/>`, and the byte after it."""

    start: int
    name: bytes
    name_end: int
    close: int
    end: int
    is_empty: bool
    attributes: dict[Name, str]


def start_tag(image: bytes, start: int) -> Tag:
    """The start tag here. Raises FormatError baking.not-xml."""
    opened = _OPEN.match(image, start)
    if opened is None:
        raise not_xml(image, start, "< without a tag")
    attributes: dict[Name, str] = {}
    at = opened.end()
    while found := _ATTRIBUTE.match(image, at):
        key, raw = (found[1], found[2]), found[3] if found[3] is not None else found[4]
        if key in attributes:
            raise not_xml(image, at, "an attribute twice")
        spaced = line_ends(raw.decode()).replace("\n", " ").replace("\t", " ")
        attributes[key] = expanded(image, spaced, at)
        at = found.end()
    closed = _CLOSE.match(image, at)
    if closed is None:
        raise not_xml(image, start, "a tag that does not end")
    name, close = opened[0][1:], closed.end() - len(closed[1]) - 1
    return Tag(start, name, opened.end(), close, closed.end(), bool(closed[1]), attributes)


def expanded(image: bytes, text: str, place: int) -> str:
    """The text with its references replaced. Raises FormatError baking.not-xml."""

    def one(found: re.Match[str]) -> str:
        name, decimal, hexadecimal = found.groups()
        if name:
            return _ENTITIES[name]
        number = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or number in (0xFFFE, 0xFFFF):
            number = 0
        if number < 0x20 and number not in (0x9, 0xA, 0xD):
            raise not_xml(image, place, "an undefined entity, or a number that is no character")
        return chr(number)

    return _REFERENCE.sub(one, text) if "&" in text else text


def split_name(qualified: bytes) -> Name:
    """Prefix, if there is one, and local name."""
    prefix, colon, name = qualified.rpartition(b":")
    return (prefix if colon else None), name


def line_ends(text: str) -> str:
    """As XML reads them (XML 1.0, 2.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def not_xml(image: bytes, place: int, what: str) -> FormatError:
    """The error for what is no XML, or more of it than is read here."""
    line = image.count(b"\n", 0, place) + 1
    problem = f"This is not plain XML in UTF-8: {what}, line {line}"
    return FormatError("baking.not-xml", "", problem, ORIGINAL)
