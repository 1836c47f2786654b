"""pyld with the safe-mode recipe around it: an independent judge of what a document says, or that it is not safe.

A vocabulary before all contexts and a base that cannot exist make undefined terms and relative references show up.
"""

from collections.abc import Mapping
from typing import Any

from pyld import jsonld

from registry.rdfc.contexts import CONTEXTS

UNDEFINED = "urn:x-undefined:"
RELATIVE = "https://relative.invalid/"


def canonize(document: dict[str, Any], known: Mapping[str, Any] = CONTEXTS) -> bytes | None:
    """Canonical N-Quads by pyld alone; None where it fails, or where the recipe shows that it drops or guesses."""
    try:
        text = normalize(document, known)
        marked = normalize({**document, "@context": [{"@vocab": UNDEFINED}, *_listed(document["@context"])]}, known)
    except (jsonld.JsonLdError, TypeError, ValueError, AttributeError, KeyError):
        return None
    return None if UNDEFINED in marked or RELATIVE in marked else text.encode()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def normalize(document: dict[str, Any], known: Mapping[str, Any] = CONTEXTS) -> str:
    """What pyld says, in safe mode or not."""

    def load(url: str, _options: Any = None) -> dict[str, Any]:
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": known[url],
            "contentType": "application/ld+json",
            "tag": "static" if known is CONTEXTS else None,  # what is static is compiled once
        }

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "base": RELATIVE, "documentLoader": load}
    return str(jsonld.normalize(document, options))
