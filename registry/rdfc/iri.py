"""What IRIs and language tags may look like in anything that is signed."""

import re
from functools import lru_cache

_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>"{}|\\^`]*')
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_KEYWORD_LIKE = re.compile(r"@[A-Za-z]+")

_NAMES = (
    "base container context direction graph id import included index json language list nest none prefix propagate"
    " protected reverse set type value version vocab"
)
KEYWORDS = frozenset(f"@{name}" for name in _NAMES.split(" "))
"""JSON-LD 1.1, section 1.7, without the ones of framing."""


@lru_cache(maxsize=4096)
def is_absolute(iri: str) -> bool:
    """Whether this is an absolute IRI that can stand in N-Quads without escapes (RFC 3987, section 2.2)."""
    return _IRI.fullmatch(iri) is not None


def is_language(tag: str) -> bool:
    """Whether a language tag is well-formed (BCP 47); it stands unquoted in N-Quads."""
    return _LANGUAGE.fullmatch(tag) is not None


def is_keyword_like(text: str) -> bool:
    """Whether JSON-LD reserves the text: "@" and letters (JSON-LD 1.1 API, section 5.2.2, step 2)."""
    return text[:1] == "@" and _KEYWORD_LIKE.fullmatch(text) is not None
