"""Credentials that their holders gave to an auditor: only those that speak for themselves are held against anything.

A file that was changed, or whose signature is not of its key, says nothing about the registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from anchor.audit.report import Book
from registry.errors import FormatError
from registry.format import entries, signature
from registry.format.anchorproof import AnchorProof
from registry.verify import checks, document


@dataclass(frozen=True)
class Held:
    """A credential whose proof is whole and signed. `leaf` is recomputed from the file's contents."""

    name: str
    proof: AnchorProof
    leaf: bytes


def usable(book: Book, files: Mapping[str, bytes], registry: bytes, anchors: int) -> list[Held]:
    """Those of `files` that speak of this registry, and of one of its first `anchors` anchors; of others a note."""
    found = []
    for name in sorted(files):
        try:
            found.append(_held(name, files[name], registry, anchors))
        except FormatError as flaw:
            book.note(f"{name} was left aside: {flaw}")
    return found


def _held(name: str, content: bytes, registry: bytes, anchors: int) -> Held:
    credential = document.read(content)
    proof = checks.prove(credential)
    if isinstance(proof, FormatError):
        raise proof
    if proof is None:
        raise FormatError("holder.no-proof", "", "It has no anchor proof")
    if proof.registry_id != registry:
        raise FormatError("holder.registry", "", "It is anchored in another registry")
    if proof.anchor_number > anchors:
        raise FormatError("holder.newer", "", f"It is in anchor {proof.anchor_number}, which this audit does not reach")
    if credential.d_jcs != proof.d_jcs or not signature.verify(proof.multikey, proof.signature, proof.batch_entry):
        raise FormatError("holder.changed", "", "It was changed, or its batch is not signed by the key it names")
    d_rdf = proof.d_rdf
    if d_rdf != entries.ZERO32:  # zero where the document is outside JSON-LD (FORMAT.md section 2)
        d_rdf = credential.digests().whole
    prefix = entries.leaf_prefix(registry, proof.batch, proof.index, proof.size, credential.d_jcs)
    return Held(name, proof, entries.leaf_hash(prefix, d_rdf))
