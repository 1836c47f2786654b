"""One anchor proof in all its forms, and the walk that every stock verifier does."""

import hashlib

from registry.format import anchorproof
from registry.format.multibase import b58decode
from tests.support import specimen

DOCUMENT = specimen.document()
PROOF = specimen.prove(DOCUMENT, d_rdf=specimen.sha("graph"))
TEXT = anchorproof.encode(PROOF)
DATA = b58decode(TEXT[1:], 2000)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def walk(path: list[dict[str, str]], start: bytes) -> bytes:
    """What every stock verifier does, without looking at anything."""
    node = start
    for step in path:
        ((side, value),) = step.items()
        node = sha(bytes.fromhex(value) + node) if side == "left" else sha(node + bytes.fromhex(value))
    return node
