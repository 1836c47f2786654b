"""From a JSON-LD document to its canonical N-Quads: pyld behind a small interface, in safe mode.

pyld expands the document with the shipped contexts; `safemode` refuses what it would drop or guess; `statements` makes
RDF of it; `nquads` puts that into the one order of RDFC-1.0. Not needed to verify against the chain.
"""

import hashlib
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from registry.credential import nquads, safemode
from registry.credential.contexts import CONTEXTS, loader
from registry.credential.shapes import Shapes
from registry.credential.statements import Statements
from registry.errors import FormatError


class Canonicalizer(Protocol):
    """Turns documents into canonical N-Quads; any implementation must give the same bytes."""

    def canonize(self, document: Mapping[str, Any]) -> bytes:
        """N-Quads in UTF-8. Raises FormatError rdf.* for a document that is not safe to sign."""

    def __hash__(self) -> int:
        """Results are cached by canonicalizer."""


class PyldCanonicalizer:
    """Ours. About 8 ms for the first badge of a shape, 0.5 ms for each after it. May be used by several threads."""

    def __init__(self, contexts: Mapping[str, Any] = CONTEXTS) -> None:
        self._contexts = contexts
        self._loader = loader(contexts)
        # pyld's cache of processed contexts is not made for threads: each has its own.
        self._local = threading.local()

    def canonize(self, document: Mapping[str, Any]) -> bytes:
        """N-Quads in UTF-8; at most `nquads.MAX_QUADS` of them.

        Raises FormatError: those of `safemode`, rdf.syntax where pyld finds an error, rdf.dropped, rdf.too-complex.
        """
        return nquads.canonical(self.quads(document))

    def quads(self, document: Mapping[str, Any]) -> list[nquads.Quad]:
        """The RDF statements, blank nodes named as they come (_:b0, _:b1, ...). Raises as `canonize` does."""
        return self._shapes().quads(document)

    def _general(self, document: Mapping[str, Any]) -> list[nquads.Quad]:
        safemode.check_document(document, self._contexts)
        found = Statements(document)
        found.add(self._expand(document))
        if not found.quads:
            raise FormatError("rdf.dropped", "", "The document says nothing", "Give it a type")
        for where, text in safemode.keyword_like(document):
            if text not in found.texts:
                raise FormatError("rdf.dropped", where, f"{text!r} looks like a JSON-LD keyword and is dropped")
        return found.quads

    def _expand(self, document: Mapping[str, Any]) -> list[Any]:
        options = {
            "base": safemode.RELATIVE,
            "documentLoader": self._loader,
            "contextResolver": self._resolver(),
        }
        processor = jsonld.JsonLdProcessor(on_property_dropped=_refuse_dropped)
        try:
            expanded: list[Any] = processor.expand(_with_sentinel(document), options)
        except jsonld.JsonLdError as error:
            raise _format_error(error) from None
        except (AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError) as error:
            # pyld does not check everything it is given; whatever it trips over is an error of the document.
            problem = f"JSON-LD processing failed: {type(error).__name__}"
            raise FormatError("rdf.syntax", "", problem, "Compare the document with the Open Badges examples") from None
        return expanded

    def _shapes(self) -> Shapes:
        if not hasattr(self._local, "shapes"):
            self._local.shapes = Shapes(self._general)
        shapes: Shapes = self._local.shapes
        return shapes

    def _resolver(self) -> ContextResolver:
        # It keeps compiled contexts, of which there are only as many as in the shipped files: no other gets this far.
        if not hasattr(self._local, "resolver"):
            self._local.resolver = ContextResolver({}, self._loader)
        resolver: ContextResolver = self._local.resolver
        return resolver


@cache
def default() -> PyldCanonicalizer:
    """The canonicalizer with the shipped contexts, one for the whole process."""
    return PyldCanonicalizer()


def rdf_digest(document: Mapping[str, Any], canonicalizer: Canonicalizer | None = None) -> bytes:
    """D_rdf of FORMAT.md: SHA-256 of the document's canonical N-Quads, 32 bytes. Raises FormatError rdf.*."""
    return hashlib.sha256((canonicalizer or default()).canonize(document)).digest()


def _with_sentinel(value: Any) -> Any:
    """A copy with the @vocab of undefined terms before the contexts, wherever contexts are named."""
    if isinstance(value, Mapping):
        copy = {key: _with_sentinel(member) for key, member in value.items()}
        if "@context" in copy:
            named = copy["@context"]
            copy["@context"] = [{"@vocab": safemode.UNDEFINED}, *(named if isinstance(named, list) else [named])]
        return copy
    if isinstance(value, list):
        return [_with_sentinel(member) for member in value]
    return value


def _refuse_dropped(name: str | None) -> None:
    problem = f"A member ({name or 'null'}) would be dropped, so no signature could cover it"
    raise FormatError("rdf.dropped", "", problem, "Use only members that the contexts define")


def _format_error(error: jsonld.JsonLdError) -> FormatError:
    """The innermost cause: pyld wraps an error once per level."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, FormatError):
        return cause
    text = str(cause.args[0]) if cause.args else type(cause).__name__
    return FormatError("rdf.syntax", "", f"JSON-LD processing failed: {text.rstrip('.')}")
