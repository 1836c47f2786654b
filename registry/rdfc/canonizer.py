"""The package's face: a JSON-LD document in, its canonical N-Quads out."""

import hashlib
from collections.abc import Mapping
from functools import cache
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


@cache
def default() -> Canonizer:
    """The canonizer with the shipped contexts, one for the whole process."""
    return Canonizer()


def rdf_digest(document: Any, canonizer: Canonizer | None = None) -> bytes:
    """D_rdf of FORMAT.md: SHA-256 of the document's canonical N-Quads, 32 bytes. Raises FormatError rdf.*."""
    return hashlib.sha256((canonizer or default()).canonize(document)).digest()
