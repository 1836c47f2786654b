"""Context processing: an active context and a local one make a new one (JSON-LD 1.1 API, section 4.1)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from registry.rdfc.iri import is_absolute, is_language
from registry.rdfc.refusal import invalid_context, unknown_context
from registry.rdfc.terms import Context, Definer

MAX_REMOTE = 16
"""Contexts that name contexts in turn; published ones are flat. It ends circles."""

_ENTRIES = frozenset({"@version", "@base", "@vocab", "@language", "@propagate", "@protected"})
_UNSUPPORTED = ("@import", "@direction")

EMPTY = Context()
"""The context of a document before it names any."""


class Processor:
    """Processes contexts with the documents in `known`, by URL; no other is ever used."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known

    def process(
        self, active: Context, local: Any, *, override: bool = False, propagate: bool = True, depth: int = 0
    ) -> Context:
        """`active` with `local` on top: a URL, a context object, null, or a list of them.

        `override`: protected terms may be redefined, because a property's own context does it. `propagate` False: it
        holds for one object and not for those below. Raises Refusal rdf.context.
        """
        # Of a list the first one counts: the standard speaks of a single one only, and processors agree on this.
        first = local[0] if isinstance(local, list) and local else local
        if isinstance(first, Mapping):
            propagate = first.get("@propagate", propagate)
        result = active
        if not propagate and active.previous is None:
            result = replace(active, previous=active)
        for entry in local if isinstance(local, list) else [local]:
            if entry is None:
                if not override and any(term.protected for term in result.terms.values()):
                    raise invalid_context("null would clear protected terms")
                result = replace(EMPTY, previous=None if propagate else result)
            elif isinstance(entry, str):
                result = self._remote(result, entry, override=override, depth=depth)
            else:
                result = self._object(result, entry, override=override)
        return result

    def _object(self, result: Context, entry: Any, *, override: bool) -> Context:
        if not isinstance(entry, Mapping):
            raise invalid_context("it is neither a URL nor an object")
        for name in _UNSUPPORTED:
            if entry.get(name) is not None:
                raise invalid_context(f"{name} is not supported")
        if entry.get("@version", 1.1) != 1.1:
            raise invalid_context("its @version is not 1.1")
        if not isinstance(entry.get("@propagate", True), bool):
            raise invalid_context("@propagate is neither true nor false")
        vocab = self._vocab(result, entry)
        protected = entry.get("@protected", False)
        if not isinstance(protected, bool):
            raise invalid_context("@protected is neither true nor false")
        definer = Definer(result.terms, vocab, entry, protected=protected, override=override)
        for name in entry:
            if name not in _ENTRIES and name not in _UNSUPPORTED:
                definer.define(name)
        return Context(definer.terms, vocab, self._language(result, entry), result.previous)

    def _remote(self, result: Context, url: str, *, override: bool, depth: int) -> Context:
        if url not in self._known:
            raise unknown_context(url)
        if depth == MAX_REMOTE:
            raise invalid_context("contexts name each other in a circle")
        document = self._known[url]
        if not isinstance(document, Mapping) or "@context" not in document:
            raise invalid_context(f"{url} holds no @context")
        return self.process(result, document["@context"], override=override, depth=depth + 1)

    @staticmethod
    def _vocab(result: Context, entry: Mapping[str, Any]) -> str | None:
        if "@vocab" not in entry:
            return result.vocab
        value = entry["@vocab"]
        if value is None:
            return None
        found = result.expand(value, vocab=True) if isinstance(value, str) else None
        if found is None or not is_absolute(found):
            raise invalid_context("its @vocab is not an IRI")
        return found

    @staticmethod
    def _language(result: Context, entry: Mapping[str, Any]) -> str | None:
        if "@language" not in entry:
            return result.language
        value = entry["@language"]
        if value is not None and not (isinstance(value, str) and is_language(value)):
            raise invalid_context("its @language is not a language tag")
        return value.lower() if value is not None else None
