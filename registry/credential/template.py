"""A signed document with slots, as JSON and as RDF: for the badges of a batch, which differ in some texts only.

Canonicalising a badge twice and writing it takes far longer than signing it. Here the texts are put into what one badge
with marks in their places came to. D_rdf of FORMAT.md and the proof come out the same as by the long way.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from registry.format import multibase
from registry.format.strictjson import canonical
from registry.rdfc.canonizer import default
from registry.rdfc.literals import escaped
from registry.rdfc.shape import Shape, Splitter

PROOF_MARK = "\ue000proof\ue001"
"""Stands for the text of the signature."""


class Plain:
    """A document with slots, as JSON alone: for badges that get no proof of their own, and so need no RDF."""

    def __init__(self, document: Mapping[str, Any], marks: Sequence[str]) -> None:
        self._json = Splitter(marks).text(canonical(document).decode())

    def fill(self, texts: Sequence[str]) -> str:
        """The document in canonical JSON. Raises UnicodeEncodeError."""
        "".join(texts).encode()
        return self._json.fill([encode_basestring(text)[1:-1] for text in texts])


class Template:
    """`signed` is `unsigned` with its one proof as last member, whose value is PROOF_MARK; both hold the `marks`.

    Texts are given in the order of the marks. Raises FormatError rdf.* where the document is not safe to sign.
    """

    def __init__(self, unsigned: Mapping[str, Any], signed: Mapping[str, Any], marks: Sequence[str]) -> None:
        self._unsigned = Shape(default().quads(unsigned), marks)
        self._signed = Shape(default().quads(signed), [*marks, PROOF_MARK])
        self._json = Splitter([*marks, PROOF_MARK]).text(canonical(signed).decode())

    def sign(
        self, texts: Sequence[str], options_digest: bytes, sign: Callable[[bytes], bytes]
    ) -> tuple[str, bytes] | None:
        """The signed document in canonical JSON, and its D_rdf. None where these texts need the long way.

        `options_digest` is SHA-256 of the canonical proof options, 32 bytes. Raises UnicodeEncodeError.
        """
        in_rdf = [escaped(text) for text in texts]
        hashes = self._unsigned.hashes(in_rdf)
        contents = self._unsigned.canonical(in_rdf, hashes)
        if contents is None:
            return None
        proof = "z" + multibase.b58encode(sign(options_digest + sha256(contents).digest()))
        in_rdf.append(proof)
        # Blank nodes are counted in the order of the walk, so the proof's come last, and it changes no other's hash.
        everything = self._signed.canonical(in_rdf, self._signed.hashes(in_rdf, known=hashes))
        if everything is None:
            return None
        in_json = [encode_basestring(text)[1:-1] for text in texts]
        return self._json.fill([*in_json, proof]), sha256(everything).digest()
