"""Text as people write it: which characters may not be in it, and what was probably meant by a wrong word."""

import difflib
import re
from collections.abc import Iterable

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
"""Controls other than tab and line ends; marks that turn the direction of what follows, so that it reads as something
else; halves of surrogate pairs; what is not a character."""

LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
"""The tags that Open Badges 3.0 allows for `inLanguage`, a part of BCP 47."""

_REST = r'[^\s<>"{}|\\^`\x00-\x20\x7f]'
WEB_URL = re.compile(rf"https?://[^\s/<>\"{{}}|\\^`\x00-\x20\x7f]+{_REST}*")
IRI = re.compile(rf"{WEB_URL.pattern}|did:[a-z0-9]+:{_REST}+|urn:[A-Za-z0-9][A-Za-z0-9-]+:{_REST}+")
"""What a URL, DID or URN must look like to be safe in RDF."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy that names the likeliest of `known`, or all of them."""
    names = list(known)
    close = difflib.get_close_matches(word.casefold()[:100], names, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Possible are: {', '.join(names)}"
