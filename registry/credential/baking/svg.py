"""A credential in an SVG: `<openbadges:credential>`, the first child of `<svg>`. The rest keeps its bytes.

The file is edited as text, at places that the scan named; it is never written anew from a tree.
"""

import re

from registry.credential.baking.content import Content, none_in, one_already_in, several_in
from registry.credential.baking.xmlscan import NAMESPACE, Found, Scan
from registry.errors import FormatError

_PREFIX = "openbadges"
_SPACE = " \t\r\n"  # of XML; Unicode knows more, and not every language strips the same
# `]]>` stands only inside a JSON string and CR only between values, so these rewrite a document without changing it.
# XML would end the section at the first, turn CR into LF, and has no place for the last two.
_FOR_CDATA = {"]]>": r"]]\u003e", "\r\n": "\n", "\r": "\n", "\ufffe": r"\ufffe", "\uffff": r"\uffff"}
_CDATA_PATTERN = re.compile("|".join(map(re.escape, _FOR_CDATA)))


def bake(image: bytes, credential: Content, *, replace: bool) -> bytes:
    """The image with the credential as first child of its root, instead of any there. Raises FormatError baking.*

    JSON comes back byte for byte unless it holds `]]>`, CR, U+FFFE or U+FFFF: then another spelling of the same value.
    """
    scan = Scan(image)
    if scan.found and not replace:
        raise one_already_in("SVG")
    tag = scan.root
    if tag is None:  # pragma: no cover (the scan refuses a file without one)
        raise FormatError("baking.not-xml", "", "There is no root element")
    declaration = f' xmlns:{_PREFIX}="{NAMESPACE}"'.encode()
    bound = scan.root_prefixes.get(_PREFIX)
    on_root = declaration if bound is None else b""
    on_element = declaration if bound not in (None, NAMESPACE) else b""
    element = _element(credential, on_element)
    before, attributes = image[: tag.name_end], image[tag.name_end : tag.close]
    if tag.is_empty:  # <svg/> becomes <svg></svg>
        parts = [before, on_root, attributes, b">", element, b"</", tag.name, b">", image[tag.end :]]
    else:
        parts = [before, on_root, attributes, b">", element, _without(image, scan.found, tag.end)]
    return b"".join(parts)


def unbake(image: bytes) -> bytes:
    """The one credential: the JWS in `verify`, else the text. Raises FormatError baking.*"""
    scan = Scan(image)
    if not scan.found:
        raise none_in("SVG", scan.older)
    if len(scan.found) > 1:
        raise several_in("SVG", len(scan.found))
    found = scan.found[0]
    token, text = found.verify.strip(_SPACE), found.text
    if token and text.strip(_SPACE):
        problem = f"The credential at byte {found.start} has a verify attribute and a text, and readers differ"
        raise FormatError("baking.ambiguous", "", problem, "Ask for the original file")
    return (token or text).encode()


def _element(credential: Content, declaration: bytes) -> bytes:
    name = f"{_PREFIX}:credential".encode()
    if credential.is_jws:  # letters, digits, - _ and . only: nothing to escape
        return b'<%b%b verify="%b"></%b>' % (name, declaration, credential.data, name)
    text = _CDATA_PATTERN.sub(lambda match: _FOR_CDATA[match.group()], credential.data.decode())
    return b"<%b%b><![CDATA[%b]]></%b>" % (name, declaration, text.encode(), name)


def _without(image: bytes, found: list[Found], start: int) -> bytes:
    """The image from `start` on, without the credentials in it."""
    kept = []
    for item in found:
        kept.append(image[start : item.start])
        start = item.end
    return b"".join([*kept, image[start:]])
