"""One pass over an SVG: where the root is, and where the credentials are, by byte.

What is read is a part of XML 1.0 with namespaces in which two readers cannot differ, as FORMAT.md, section 1, states
it: no document type, so nothing can be declared, expanded or loaded; names in ASCII.
`api/pages/static/verifier/baked/svg.js` is the same, expression by expression. Everything here takes time in proportion
to the file.
"""

from dataclasses import dataclass, field

from registry.credential.baking.content import several_in
from registry.credential.baking.xmltokens import (
    BLANK,
    DECLARATION,
    DECLARED,
    END,
    FORBIDDEN,
    ORIGINAL,
    TARGET,
    URI,
    UTF8_MARK,
    XML,
    XMLNS,
    Tag,
    expanded,
    line_ends,
    not_xml,
    split_name,
    start_tag,
)
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
OLDER_NAMESPACE = "http://openbadges.org"
"""Open Badges 1 and 2."""
SVG = "http://www.w3.org/2000/svg"

MAX_DEPTH = 256
"""Nested elements. Drawings have tens; layers in layers of a large map stay below this."""

MAX_ELEMENTS = 50_000
"""The largest image allowed, at 160 bytes for each element; a path has more."""

MAX_ATTRIBUTES = 4 * MAX_ELEMENTS
"""Attributes, counted as `=` anywhere, before anything is read."""

MAX_FOUND = 16
"""Credentials that are still told apart; one is right, two are a mistake."""

MAX_DECLARATION = 1024
"""Bytes at the beginning that may hold the XML declaration; it needs 60."""


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
        self.root: Tag | None = None
        self.root_prefixes: dict[str | None, str] = {}
        """Namespace prefixes that the root declares."""
        self.found: list[Found] = []
        self.older = False
        """Whether there is an assertion of an older Open Badges."""
        self._image = image
        self._elements = 0
        self._open: Found | None = None
        self._names: dict[bytes | None, str] = {None: "", b"xml": XML}
        # Of every open element: its name, and what its own prefixes meant outside it.
        self._stack: list[tuple[bytes, dict[bytes | None, str | None]]] = []
        self._walk(self._begin())
        if self.root is None or self._stack:
            raise not_xml(image, len(image), "it is not complete")

    def _begin(self) -> int:
        """What is decided before anything is read; gives where the content begins."""
        image = self._image
        start = len(UTF8_MARK) if image.startswith(UTF8_MARK) else 0
        if image.count(b"=") > MAX_ATTRIBUTES:
            raise _too_complex(f"{MAX_ATTRIBUTES} attributes")
        head = image[:MAX_DECLARATION]
        if DECLARED.match(head, start):
            declaration = DECLARATION.match(head, start)
            if declaration is None:
                problem = "The SVG begins with a declaration of something else than XML 1.0 in UTF-8"
                raise FormatError("baking.encoding", "", problem, "Save it as XML 1.0 in UTF-8")
            start = declaration.end()
        try:
            image.decode()
        except UnicodeDecodeError as error:
            raise not_xml(image, error.start, "bytes that are not UTF-8") from None
        if bad := FORBIDDEN.search(image):
            raise not_xml(image, bad.start(), "a character that XML does not have")
        if b"<!DOCTYPE" in image:  # also inside a comment: no picture needs the word
            # Entities that expand a millionfold, files and addresses to load: all of them need this first.
            problem = "The SVG has a DOCTYPE, which could declare entities"
            raise FormatError("baking.doctype", "", problem, "Delete it: SVG needs none")
        return start

    def _walk(self, at: int) -> None:
        image = self._image
        while at < len(image):
            mark = image.find(b"<", at)
            self._characters(at, len(image) if mark < 0 else mark)
            if mark < 0:
                return
            if image.startswith(b"</", mark):
                at = self._end_tag(mark)
            elif image.startswith(b"<!--", mark):
                at = self._until(b"--", mark, mark + 4, "a comment")
                if not image.startswith(b">", at):
                    raise not_xml(image, at, "-- inside a comment")
                at += 1
            elif image.startswith(b"<![CDATA[", mark):
                at = self._until(b"]]>", mark, mark + 9, "")
                if not self._stack:
                    raise not_xml(image, mark, "text outside the root")
                self._keep(line_ends(image[mark + 9 : at - 3].decode()))
            elif image.startswith(b"<?", mark):
                target = TARGET.match(image, mark)
                if target is None:
                    raise not_xml(image, mark, "an instruction without a name")
                at = self._until(b"?>", mark, target.end(), "an instruction")
            else:
                at = self._start_tag(mark)

    def _until(self, mark: bytes, start: int, at: int, what: str) -> int:
        """The byte after a mark; `what`: it has no place inside a credential."""
        found = self._image.find(mark, at)
        if found < 0:
            raise not_xml(self._image, start, "something that does not end")
        if what and self._open is not None:
            raise _not_text(what)
        return found + len(mark)

    def _characters(self, start: int, end: int) -> None:
        if not self._stack:
            blank = BLANK.match(self._image, start, end)
            if blank is None or blank.end() < end:
                raise not_xml(self._image, start, "text outside the root")
        elif self._image.find(b"]]>", start, end) >= 0:
            raise not_xml(self._image, start, "]]> in a text")
        elif self._open is not None or self._image.find(b"&", start, end) >= 0:
            self._keep(expanded(self._image, line_ends(self._image[start:end].decode()), start))

    def _keep(self, text: str) -> None:
        if self._open is not None:
            self._open.parts.append(text)

    def _start_tag(self, start: int) -> int:
        tag = start_tag(self._image, start)
        outside = self._declare(tag, start)
        prefix, name = split_name(tag.name)
        element = self._uri(prefix, start), name.decode()
        seen = [(self._uri(of, start), attribute) for of, attribute in tag.attributes if of not in (None, b"xmlns")]
        if len(set(seen)) < len(seen):
            raise not_xml(self._image, start, "an attribute twice")
        if self.root is not None and not self._stack:
            raise not_xml(self._image, start, "a second root")
        self._stack.append((tag.name, outside))
        self._elements += 1
        self._element(tag, element)
        if tag.is_empty:
            self._leave(tag.end)
        return tag.end

    def _declare(self, tag: Tag, place: int) -> dict[bytes | None, str | None]:
        """Takes the tag's prefixes into account; gives what they meant before."""
        outside: dict[bytes | None, str | None] = {}
        for (of, name), uri in tag.attributes.items():
            if of != b"xmlns" and (of, name) != (None, b"xmlns"):
                continue
            prefix = name if of else None
            reserved = uri in (XML, XMLNS) or prefix in (b"xml", b"xmlns")
            if reserved or not URI.fullmatch(uri) or (prefix and not uri):
                raise not_xml(self._image, place, "a namespace that cannot be")
            outside[prefix] = self._names.get(prefix)
            self._names[prefix] = uri
            if self.root is None:
                self.root_prefixes[prefix.decode() if prefix else None] = uri
        return outside

    def _uri(self, prefix: bytes | None, place: int) -> str:
        uri = self._names.get(prefix)
        if uri is None:
            raise not_xml(self._image, place, "a prefix that was not declared")
        return uri

    def _element(self, tag: Tag, name: tuple[str, str]) -> None:
        """What may stand where, once it is known to be XML."""
        if len(self._stack) > MAX_DEPTH:
            raise _too_complex(f"{MAX_DEPTH} elements inside each other")
        if self._elements > MAX_ELEMENTS:
            raise _too_complex(f"{MAX_ELEMENTS} elements")
        if self.root is None:
            if name != (SVG, "svg"):
                raise FormatError("baking.not-svg", "", f"The root is not <svg> in the namespace {SVG}", ORIGINAL)
            self.root = tag
        if self._open is not None:
            raise _not_text("an element")
        self.older = self.older or name == (OLDER_NAMESPACE, "assertion")
        if name != (NAMESPACE, "credential"):
            return
        if len(self._stack) != 2:
            problem = f"The credential at byte {tag.start} is not a child of the outermost <svg>"
            raise FormatError("baking.misplaced", "", problem, "Bake it into the original picture again")
        if len(self.found) == MAX_FOUND:
            raise several_in("SVG", MAX_FOUND + 1)
        self._open = Found(tag.start, tag.attributes.get((None, b"verify"), ""))
        self.found.append(self._open)

    def _end_tag(self, start: int) -> int:
        tag = END.match(self._image, start)
        if tag is None or not self._stack or self._image[start + 2 : tag.end(2)] != self._stack[-1][0]:
            raise not_xml(self._image, start, "an end tag that ends nothing")
        self._leave(tag.end())
        return tag.end()

    def _leave(self, end: int) -> None:
        _, outside = self._stack.pop()
        for prefix, uri in outside.items():
            if uri is None:
                del self._names[prefix]
            else:
                self._names[prefix] = uri
        if self._open is None:
            return
        if len(self._open.text.encode()) > MAX_DOCUMENT_BYTES:
            problem = f"The credential in the SVG has more than {MAX_DOCUMENT_BYTES} bytes"
            raise FormatError("baking.credential-too-large", "", problem, "Ask for the credential as a file")
        self._open.end = end  # it holds no elements, so it is the one that ends
        self._open = None


def _not_text(by: str) -> FormatError:
    # Some readers take the text before it, others all the text.
    return FormatError("baking.not-text", "", f"There is {by} inside the credential", ORIGINAL)


def _too_complex(what: str) -> FormatError:
    return FormatError("baking.too-complex", "", f"The SVG has more than {what}", "Save a simpler picture")
