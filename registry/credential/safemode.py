"""What JSON-LD may not do in anything that is signed: lose data silently, or mean something else elsewhere.

JSON-LD drops what no context defines. A signature over the rest would say nothing about the dropped part, so it is
refused: the "safe mode" that Open Badges 3.0 demands, for which no Python library exists. `check_document` looks at the
JSON before it is processed, `check_term` at every RDF term after.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from registry.errors import FormatError
from registry.format.strictjson import pointer
from registry.limits import MAX_DEPTH, MAX_INTEGER, MAX_SIGNIFICANT_DIGITS, MIN_MAGNITUDE

UNDEFINED = "urn:x-undefined:"
"""Stands as @vocab before all contexts, so that a term no context defines shows up in the RDF instead of vanishing."""

RELATIVE = "https://relative.invalid/"
"""The base that relative references are resolved against, so that they show up; .invalid is reserved (RFC 6761)."""

# The keywords a credential needs: language-tagged text and references. @graph, @reverse, @nest, @included, @index,
# @list, @set and @json would only be other spellings, each with gaps in some processor.
_KEYWORDS = frozenset({"@context", "@id", "@type", "@value", "@language"})
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>"{}|\\^`]*')
_KEYWORD_LIKE = re.compile(r"@[A-Za-z]+")

_Path = tuple[str | int, ...]


def check_document(document: Any, known: Container[str]) -> None:
    """Refuse what must not enter JSON-LD processing. `known` are the URLs of the contexts that may be used.

    Raises FormatError: rdf.not-an-object, rdf.context, rdf.direction, rdf.keyword, rdf.blank-node, rdf.language,
    rdf.number, rdf.value, format.too-deep; with a pointer.
    """
    if not isinstance(document, dict):
        raise FormatError("rdf.not-an-object", "", "The document is not a JSON object")
    if "@context" not in document:
        raise FormatError("rdf.context", "/@context", "The document has no @context", "Begin with the contexts it uses")
    _walk(document, (), known)


def _walk(value: Any, path: _Path, known: Container[str]) -> None:
    if len(path) > MAX_DEPTH:
        raise FormatError("format.too-deep", pointer(*path), f"Values are nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, member in value.items():
            _check_key(key, path)
            if key == "@context":
                _check_context(member, (*path, key), known)
            else:
                _walk(member, (*path, key), known)
        _check_value_object(value, path)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            if isinstance(member, list):
                problem = "A list directly inside a list has no meaning in JSON-LD"
                raise FormatError("rdf.value", pointer(*path, index), problem, "Join the two lists")
            _walk(member, (*path, index), known)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(value, path)


def _check_key(key: str, path: _Path) -> None:
    if key == "@direction":
        problem = "@direction has no agreed form in RDF"
        raise FormatError("rdf.direction", pointer(*path, key), problem, "Leave it out; @language is enough")
    if key.startswith("@") and key not in _KEYWORDS:
        problem = f"The keyword {key[:40]!r} is not used in credentials"
        raise FormatError("rdf.keyword", pointer(*path, key), problem, "Write the plain form")
    if key.startswith("_:"):
        raise FormatError("rdf.blank-node", pointer(*path, key), "A property cannot be a blank node (_:...)")


def _check_context(context: Any, path: _Path, known: Container[str]) -> None:
    for index, entry in enumerate(context if isinstance(context, list) else [context]):
        where = pointer(*path, index) if isinstance(context, list) else pointer(*path)
        if not isinstance(entry, str):
            problem = "A context inside the document can redefine every term"
            raise FormatError("rdf.context", where, problem, "Use the published contexts by their URLs")
        if entry not in known:
            problem = f"The context {entry[:200]!r} is not one this registry knows"
            remedy = "Use https://www.w3.org/ns/credentials/v2 and the Open Badges 3.0.3 contexts"
            raise FormatError("rdf.context", where, problem, remedy)
    if context == []:
        raise FormatError("rdf.context", pointer(*path), "The @context is empty", "Name the contexts the document uses")


def _check_value_object(value: Mapping[str, Any], path: _Path) -> None:
    if "@value" in value and not isinstance(value["@value"], str | int | float):
        raise FormatError("rdf.value", pointer(*path, "@value"), "An @value is not text, a number or a truth value")
    language = value.get("@language", "en")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        problem = "A language is not a tag like en or pt-BR"
        raise FormatError("rdf.language", pointer(*path, "@language"), problem, "See BCP 47")


def _check_number(value: int | float, path: _Path) -> None:
    if isinstance(value, int):
        exact = abs(value) <= MAX_INTEGER
    else:
        # JavaScript and Python write such numbers alike; NaN and infinity fail the comparison.
        in_range = MIN_MAGNITUDE <= abs(value) <= MAX_INTEGER or (value == 0 and str(value) == "0.0")
        digits = len(f"{value!r}".partition("e")[0].replace(".", "").strip("-0"))
        exact = in_range and digits <= MAX_SIGNIFICANT_DIGITS
    if not exact:
        problem = f"The number {value!r} is not written alike by all programs"
        remedy = f"Integers lie within ±{MAX_INTEGER}; decimals have {MAX_SIGNIFICANT_DIGITS} digits and are not tiny"
        raise FormatError("rdf.number", pointer(*path), problem, remedy)


def check_iri(iri: str, document: Any) -> None:
    """Refuse an IRI that came out of processing `document` but is not a clean absolute one.

    Raises FormatError rdf.undefined-term, rdf.relative-iri or rdf.iri, with a pointer to where it came from.
    """
    if iri.startswith(UNDEFINED):
        term = iri.removeprefix(UNDEFINED)
        problem = f"No context defines {term[:80]!r}, so no signature could cover it"
        remedy = "Correct the spelling, or leave it out; an extension goes into a value like ext:Something"
        raise FormatError("rdf.undefined-term", _find(document, term), problem, remedy)
    if iri.startswith(RELATIVE):
        reference = iri.removeprefix(RELATIVE)
        problem = f"{reference[:80]!r} is a relative reference or an undefined term"
        raise FormatError("rdf.relative-iri", _find(document, reference), problem, "Write an absolute URL or URN")
    if not _IRI.fullmatch(iri):
        problem = f"{iri[:80]!r} is not an absolute URL or URN"
        remedy = 'Write it without spaces, control characters and <>"{}|\\^`'
        raise FormatError("rdf.iri", _find(document, iri), problem, remedy)


def check_language(tag: str) -> None:
    """Refuse a language tag that is not well-formed; it would stand unquoted in the N-Quads."""
    if not _LANGUAGE.fullmatch(tag):
        raise FormatError("rdf.language", "", f"{tag[:40]!r} is not a language tag", "See BCP 47")


def keyword_like(document: Any) -> Iterator[tuple[str, str]]:
    """Pointer and text of values like "@name": JSON-LD drops them silently where it expects an IRI."""
    for path, text in _strings(document, ()):
        if _KEYWORD_LIKE.fullmatch(text):
            yield pointer(*path), text


def _find(document: Any, text: str) -> str:
    """Pointer to the first member called `text` or value that is `text`; "" where resolving has changed it."""
    for path, found in _strings(document, (), with_keys=True):
        if found == text:
            return pointer(*path)
    return ""


def _strings(value: Any, path: _Path, *, with_keys: bool = False) -> Iterator[tuple[_Path, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            if with_keys:
                yield (*path, key), key
            yield from _strings(member, (*path, key), with_keys=with_keys)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _strings(member, (*path, index), with_keys=with_keys)
    elif isinstance(value, str):
        yield path, value
