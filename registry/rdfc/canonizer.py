"""The package's face: a JSON-LD document in, its canonical N-Quads out."""

import hashlib
from collections.abc import Mapping
from typing import Any

from registry.rdfc.contexts import CONTEXTS
from registry.rdfc.labels import Quad, canonical
from registry.rdfc.refusal import Refusal
from registry.rdfc.states import States
from registry.rdfc.walk import Walk


class Canonizer:
    """Canonicalises documents that use the contexts in `known`, by URL. May be used by several threads.

    `inline`: documents may also bring contexts of their own. Never for what is issued or trusted: such a context can
    give every term another meaning.
    """

    def __init__(self, known: Mapping[str, Any] = CONTEXTS, *, inline: bool = False) -> None:
        self._states = States(known, inline=inline)

    def quads(self, document: Any) -> list[Quad]:
        """The RDF statements, blank nodes named as they come. Raises FormatError rdf.* and format.too-deep."""
        walk = Walk(self._states)
        try:
            walk.document(document)
        except Refusal as refusal:
            raise refusal.error() from None
        return walk.quads

    def canonize(self, document: Any) -> bytes:
        """Canonical N-Quads in UTF-8. Raises FormatError rdf.*, format.too-deep, format.surrogate."""
        return canonical(self.quads(document))

    @property
    def known(self) -> Mapping[str, Any]:
        """The contexts by URL."""
        return self._states.known


def default() -> Canonizer:
    """The one canonizer of the whole process: with the shipped contexts, and those that `add` was given."""
    return _default[0]


def added() -> dict[str, Any]:
    """What `add` was given, for the processes that this one starts."""
    return {url: document for url, document in default().known.items() if url not in CONTEXTS}


def add(contexts: Mapping[str, Any]) -> None:
    """Let `default` know the operator's contexts (`added.read`) besides the shipped ones, and no others added before.

    Once, when a process begins: a context must not change its meaning while something is checked.
    """
    _default[0] = Canonizer({**CONTEXTS, **contexts} if contexts else CONTEXTS)


_default = [Canonizer()]


def rdf_digest(document: Any, canonizer: Canonizer | None = None) -> bytes:
    """D_rdf of FORMAT.md: SHA-256 of the document's canonical N-Quads, 32 bytes. Raises FormatError rdf.*."""
    return hashlib.sha256((canonizer or default()).canonize(document)).digest()
