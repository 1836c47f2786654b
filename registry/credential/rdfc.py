"""From a JSON-LD document to its canonical N-Quads: pyld behind a small interface, in safe mode.

pyld expands the document with the shipped contexts; `safemode` refuses what it would drop or guess; `nquads` puts the
rest into the one order of RDFC-1.0. Standards: JSON-LD 1.1, RDFC-1.0. Not needed to verify against the chain.
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from registry.credential import nquads, safemode
from registry.credential.contexts import CONTEXTS, loader
from registry.errors import FormatError

_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


class Canonicalizer(Protocol):
    """Turns documents into canonical N-Quads; any implementation must give the same bytes."""

    def canonize(self, document: Mapping[str, Any]) -> bytes:
        """N-Quads in UTF-8. Raises FormatError rdf.* for a document that is not safe to sign."""

    def __hash__(self) -> int:
        """Results are cached by canonicalizer."""


class PyldCanonicalizer:
    """The reference implementation, about 5 ms for a badge. May be used by several threads."""

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

    def quads(self, document: Mapping[str, Any]) -> Iterator[nquads.Quad]:
        """The RDF statements, blank nodes named as they come (_:b0, _:b1, ...). Raises as `canonize` does."""
        safemode.check_document(document, self._contexts)
        literals = set()
        for graph, triples in self._dataset(document).items():
            name = "" if graph == "@default" else _resource(graph, document)
            for triple in triples:
                subject, predicate, value = triple["subject"], triple["predicate"], triple["object"]
                if value["type"] == "literal":
                    literals.add(value["value"])
                    object_ = _literal(value, document)
                else:
                    object_ = _resource(value["value"], document)
                yield _resource(subject["value"], document), _resource(predicate["value"], document), object_, name
        for where, text in safemode.keyword_like(document):
            if text not in literals:
                raise FormatError("rdf.dropped", where, f"{text!r} looks like a JSON-LD keyword and is dropped")

    def _dataset(self, document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        options = {
            "base": safemode.RELATIVE,
            "documentLoader": self._loader,
            "contextResolver": self._resolver(),
        }
        processor = jsonld.JsonLdProcessor(on_property_dropped=_refuse_dropped)
        try:
            dataset: dict[str, list[dict[str, Any]]] = processor.to_rdf(_with_sentinel(document), options)
        except jsonld.JsonLdError as error:
            raise _format_error(error) from None
        except (AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError) as error:
            # pyld does not check everything it is given; whatever it trips over is an error of the document.
            problem = f"JSON-LD processing failed: {type(error).__name__}"
            raise FormatError("rdf.syntax", "", problem, "Compare the document with the Open Badges examples") from None
        return dataset

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


def _resource(name: str, document: Mapping[str, Any]) -> str:
    if name.startswith("_:"):
        return name
    safemode.check_iri(name, document)
    return f"<{name}>"


def _literal(value: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    text, language = value["value"], value.get("language", "")
    if not isinstance(text, str):
        raise FormatError("rdf.value", "", f"A typed value is not text: {text!r}")
    if language:
        safemode.check_language(language)
        return nquads.literal(text, language=language)
    datatype = value["datatype"]
    if datatype == _XSD_STRING:
        return nquads.literal(text)
    safemode.check_iri(datatype, document)
    return nquads.literal(text, datatype)


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
