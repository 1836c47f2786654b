"""One pass of an XML parser over an SVG: where the root is, and where the credentials are, by byte.

The parser is expat, without entities: a document type is refused, so nothing can be declared, expanded or loaded.
The file is fed at once: in pieces, expat before 2.6 reads a long token again for each piece.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from registry.credential.baking.content import several_in
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
OLDER_NAMESPACE = "http://openbadges.org"
"""Open Badges 1 and 2."""
SVG = "http://www.w3.org/2000/svg"

MAX_DEPTH = 256
"""Nested elements. Drawings have tens; layers in layers of a large map stay below this."""

MAX_ELEMENTS = 50_000
"""Elements, each a call into this file. The largest image allowed, at 160 bytes each; a path has more."""

MAX_ATTRIBUTES = 4 * MAX_ELEMENTS
"""Attributes, counted as `=` anywhere, before parsing: the parser compares all of an element's names at once."""

MAX_FOUND = 16
"""Credentials that are still told apart; one is right, two are a mistake."""

TAG = re.compile(rb"""<(?P<name>[^\s/>]+)(?:[^"'/>]++|"[^"]*"|'[^']*'|/(?!>))*+(?P<empty>/?)>""")
"""A start tag where the parser found one, so quotes are known to be balanced."""

_SPACE = " "  # between namespace and name; no name contains it
_CREDENTIAL = f"{NAMESPACE}{_SPACE}credential"
_ORIGINAL = "Ask for the original file"


@dataclass
class Found:
    """One credential element: its bytes in the file, its `verify` attribute and its text."""

    start: int
    verify: str
    end: int = 0
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it; CDATA sections are joined."""
        return "".join(self.parts)


class Scan:
    """Raises FormatError baking.* for what is not a plain SVG; then the attributes tell what is in it."""

    def __init__(self, image: bytes) -> None:
        self.root = -1
        """Where the root's start tag begins."""
        self.root_prefixes: dict[str | None, str | None] = {}
        """Namespace prefixes that the root declares."""
        self.found: list[Found] = []
        self.older = False
        """Whether there is an assertion of an older Open Badges."""
        self._image = image
        self._depth, self._elements, self._chars = 0, 0, 0
        self._open: Found | None = None
        self._parser = expat.ParserCreate("utf-8", _SPACE)
        self._listen()
        if image.count(b"=") > MAX_ATTRIBUTES:
            raise _too_complex(f"{MAX_ATTRIBUTES} attributes")
        try:
            self._parser.Parse(image, True)
        except expat.ExpatError as error:
            problem = f"This is not XML in UTF-8: {expat.errors.messages[error.code]}, line {error.lineno}"
            raise FormatError("baking.not-xml", "", problem, _ORIGINAL) from None

    def _listen(self) -> None:
        parser = self._parser
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._prefix
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0" or (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            problem = f"The SVG is XML {version[:9]} in {(encoding or 'UTF-8')[:40]}"
            raise FormatError("baking.encoding", "", problem, "Save it as XML 1.0 in UTF-8")

    def _doctype(self, *_: object) -> None:
        # Entities that expand a millionfold, files and addresses to load: all of them need this first.
        problem = "The SVG has a DOCTYPE, which could declare entities"
        raise FormatError("baking.doctype", "", problem, "Delete it: SVG needs none")

    def _prefix(self, prefix: str | None, uri: str | None) -> None:
        if self.root < 0:
            self.root_prefixes[prefix] = uri

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise _too_complex(f"{MAX_DEPTH} elements inside each other")
        if self._elements > MAX_ELEMENTS:
            raise _too_complex(f"{MAX_ELEMENTS} elements")
        place = self._parser.CurrentByteIndex
        if self._depth == 1:
            if name != f"{SVG}{_SPACE}svg":
                raise FormatError("baking.not-svg", "", f"The root is not <svg> in the namespace {SVG}", _ORIGINAL)
            self.root = place
        if self._open is not None:
            raise self._not_text("an element")
        self.older = self.older or name == f"{OLDER_NAMESPACE}{_SPACE}assertion"
        if name == _CREDENTIAL:
            self._begin(place, attributes)

    def _begin(self, place: int, attributes: dict[str, str]) -> None:
        if self._depth != 2:
            problem = f"The credential at byte {place} is not a child of the outermost <svg>"
            raise FormatError("baking.misplaced", "", problem, "Bake it into the original picture again")
        if len(self.found) == MAX_FOUND:
            raise several_in("SVG", MAX_FOUND + 1)
        self._open = Found(place, attributes.get("verify", ""))
        self.found.append(self._open)
        self._parser.CharacterDataHandler = self._text
        self._parser.CommentHandler = lambda _: self._interrupted("a comment")
        self._parser.ProcessingInstructionHandler = lambda *_: self._interrupted("an instruction")

    def _text(self, text: str) -> None:
        self._chars += len(text)
        if self._open is None or self._chars > MAX_DOCUMENT_BYTES:
            problem = f"The credential in the SVG has more than {MAX_DOCUMENT_BYTES} characters"
            raise FormatError("baking.credential-too-large", "", problem, "Ask for the credential as a file")
        self._open.parts.append(text)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open is None:
            return
        tag = TAG.match(self._image, self._open.start)
        empty = tag is not None and tag["empty"]
        self._open.end = tag.end() if tag and empty else self._image.index(b">", self._parser.CurrentByteIndex) + 1
        self._open = None
        self._parser.CharacterDataHandler = None
        self._parser.CommentHandler = None
        self._parser.ProcessingInstructionHandler = None

    def _interrupted(self, by: str) -> None:
        raise self._not_text(by)

    def _not_text(self, by: str) -> FormatError:
        # Some readers take the text before it, others all the text.
        return FormatError("baking.not-text", "", f"There is {by} inside the credential", _ORIGINAL)


def _too_complex(what: str) -> FormatError:
    return FormatError("baking.too-complex", "", f"The SVG has more than {what}", "Save a simpler picture")
