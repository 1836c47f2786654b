"""pyld with the safe-mode recipe around it: an independent judge of what a document says, or that it is not safe.

A vocabulary before all contexts and a base that cannot exist make undefined terms and relative references show up.
"""

from typing import Any

from pyld import jsonld

from registry.rdfc.contexts import CONTEXTS

UNDEFINED = "urn:x-undefined:"
RELATIVE = "https://relative.invalid/"


def canonize(document: dict[str, Any]) -> bytes | None:
    """Canonical N-Quads by pyld alone; None where it fails, or where the recipe shows that it drops or guesses."""
    try:
        text = _normalize(document)
        marked = _normalize({**document, "@context": [{"@vocab": UNDEFINED}, *_listed(document["@context"])]})
    except (jsonld.JsonLdError, TypeError, ValueError, AttributeError, KeyError):
        return None
    return None if UNDEFINED in marked or RELATIVE in marked else text.encode()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _normalize(document: dict[str, Any]) -> str:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "base": RELATIVE, "documentLoader": _load}
    return str(jsonld.normalize(document, options))


def _load(url: str, _options: Any = None) -> dict[str, Any]:
    return {
        "contextUrl": None,
        "documentUrl": url,
        "document": CONTEXTS[url],
        "contentType": "application/ld+json",
        "tag": "static",
    }
