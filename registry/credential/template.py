"""A signed document with slots, as JSON and as RDF: for the badges of a batch, which differ in some texts only.

Canonicalising a badge twice and writing it takes far longer than signing it. Here the texts are put into what one badge
with marks in their places came to. D_rdf of FORMAT.md and the proof come out the same as by the long way.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, Protocol

from registry.format import signature
from registry.format.entries import ZERO32
from registry.format.strictjson import canonical
from registry.rdfc.canonizer import default
from registry.rdfc.literals import escaped, is_plain
from registry.rdfc.shape import Shape, Splitter

PROOF_MARK = "\ue000proof\ue001"
"""Stands for the text of the signature."""


class Template(Protocol):
    """A document with slots. Texts are given in the order of the marks that it was made with."""

    def fill(self, texts: Sequence[str]) -> tuple[str, bytes] | None:
        """The document in canonical JSON, and its D_rdf, 32 bytes. None where these texts need the long way.

        Raises UnicodeEncodeError.
        """


class Plain:
    """A template without RDF, for badges that get no proof of their own: D_rdf is 32 zero bytes."""

    def __init__(self, document: Mapping[str, Any], marks: Sequence[str]) -> None:
        self._json = Splitter(marks).text(canonical(document))

    def fill(self, texts: Sequence[str]) -> tuple[str, bytes]:
        """See Template."""
        return self._json.fill(_in_json(texts)).decode(), ZERO32


class Secured:
    """A template with a proof: `signed` is `unsigned` with its one proof as last member, whose value is PROOF_MARK.

    `options_digest` is SHA-256 of the canonical proof options, 32 bytes; `sign` makes the signature. Raises FormatError
    rdf.* where the document is not safe to sign.
    """

    def __init__(
        self,
        unsigned: Mapping[str, Any],
        signed: Mapping[str, Any],
        marks: Sequence[str],
        *,
        options_digest: bytes,
        sign: Callable[[bytes], bytes],
    ) -> None:
        self._unsigned = Shape(default().quads(unsigned), marks)
        self._signed = Shape(default().quads(signed), [*marks, PROOF_MARK])
        self._json = Splitter([*marks, PROOF_MARK]).text(canonical(signed))
        self._options_digest = options_digest
        self._sign = sign

    def fill(self, texts: Sequence[str]) -> tuple[str, bytes] | None:
        """See Template."""
        plain = is_plain("".join(texts))
        in_rdf = [(text if plain else escaped(text)).encode() for text in texts]
        hashes = self._unsigned.hashes(in_rdf)
        contents = self._unsigned.canonical(in_rdf, hashes)
        if contents is None:
            return None
        proof = signature.to_text(self._sign(self._options_digest + sha256(contents).digest())).encode()
        in_rdf.append(proof)
        # Blank nodes are counted in the order of the walk, so the proof's come last, and it changes no other's hash.
        everything = self._signed.canonical(in_rdf, self._signed.hashes(in_rdf, known=hashes))
        if everything is None:
            return None
        in_json = in_rdf if plain else [*_in_json(texts), proof]
        return self._json.fill(in_json).decode(), sha256(everything).digest()


def _in_json(texts: Sequence[str]) -> list[bytes]:
    """Texts as they stand between the quotes of canonical JSON (RFC 8785)."""
    return [encode_basestring(text)[1:-1].encode() for text in texts]
