"""Canonical N-Quads of one badge beside pyld, and what else signing it takes."""

import json
import uuid
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from benchmarks.clock import best
from benchmarks.sample import STATUS, badge_signer, key, rows
from pyld import jsonld

from registry.credential import batchsigner
from registry.format import multibase
from registry.format.strictjson import canonical
from registry.rdfc.canonizer import Canonizer
from registry.rdfc.contexts import CONTEXTS

CALLS = 200


def rdf() -> None:
    """One core, one badge of the demonstration."""
    signer, row, id_ = badge_signer(), rows(1)[0], f"urn:uuid:{uuid.uuid4()}"
    made = signer.sign(row, id_, STATUS)
    document = json.loads(made.document)
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    canonizer = Canonizer()
    reference = _pyld(unsigned)
    general = best(lambda: canonizer.canonize(unsigned), CALLS)
    if canonizer.canonize(unsigned) != reference():
        raise AssertionError("pyld gives other bytes")
    pyld = best(reference, 5)
    texts, shape = _shape(signer, row, id_)
    filled = best(lambda: shape.canonical(texts, shape.hashes(texts)), CALLS)
    if shape.canonical(texts, shape.hashes(texts)) != reference():
        raise AssertionError("pyld gives other bytes")
    quads = len(canonizer.quads(unsigned))
    print(f"\ncanonical N-Quads of one badge: {len(made.document):,} bytes of JSON, {quads} statements (best of 3)")
    for name, seconds in (("pyld", pyld), ("ours, any document", general), ("ours, from a template", filled)):
        print(f"  {name:<34} {seconds * 1e6:>9.0f} us {1 / seconds:>10,.0f}/s {pyld / seconds:>8.1f} x pyld")
    signing, message = key(), bytes(64)
    signature, n_quads = signing.sign(message), reference()
    bare = best(lambda: signing.sign(message), CALLS)
    print("making one signed badge with both digests")
    parts = {
        "Ed25519 signature alone": bare,
        "base58 of it": best(lambda: multibase.b58encode(signature), CALLS),
        "SHA-256 of two canonical forms": 2 * best(lambda: sha256(n_quads).digest(), CALLS),
        "RFC 8785 of the document (no template)": best(lambda: canonical(document), CALLS),
        "all, without template": best(lambda: signer._build(row, id_, STATUS), 20),
        "all, from a template": best(lambda: signer.sign(row, id_, STATUS), CALLS),
    }
    for name, seconds in parts.items():
        print(f"  {name:<42} {seconds * 1e6:>9.0f} us {seconds / bare:>8.1f} x the signature")


def _shape(signer: Any, row: Any, id_: str) -> tuple[list[bytes], Any]:
    template = signer._templates[batchsigner._kind(row, STATUS)]
    texts = batchsigner._texts(row, id_, STATUS, batchsigner._salt(id_))
    return [text.encode() for text in texts], template._unsigned


def _pyld(document: dict[str, Any]) -> Callable[[], bytes]:
    def load(url: str, _options: Any = None) -> dict[str, Any]:
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": CONTEXTS[url],
            "contentType": "application/ld+json",
            "tag": "static",  # so that pyld keeps what it compiled
        }

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}

    def canonize() -> bytes:
        return str(jsonld.normalize(document, options)).encode()

    return canonize
