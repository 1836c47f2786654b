"""Names of things: random ones that tell nothing, and the short ones that operators choose."""

import re
import secrets

from registry.errors import FormatError

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing in it is mistaken when read aloud

HANDLE_CHARS = 26
"""130 bits: a credential's public name cannot be guessed, and says nothing about its content."""

ID_CHARS = 16
"""80 bits: unique, for things whose name need not be secret."""

SLUG_CHARS = 40
"""Longest name of an issuer; the names of its status lists, which contain it, must fit 64."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def new_handle() -> str:
    """A credential's public name, 26 characters."""
    return _random(HANDLE_CHARS)


def new_id() -> str:
    """A name for a batch or an API key, 16 characters without separators."""
    return _random(ID_CHARS)


def check_slug(slug: str, what: str, longest: int = SLUG_CHARS) -> str:
    """Return `slug` if it can be part of a URL for ever. Raises FormatError format.slug."""
    if len(slug) > longest or not _SLUG.fullmatch(slug):
        remedy = f"Use 1 to {longest} of a-z, 0-9 and '-', with a letter or digit at both ends"
        raise FormatError("format.slug", "", f"{slug[:60]!r} cannot be the name of {what}", remedy)
    return slug


def _random(length: int) -> str:
    # 256 is a multiple of 32, so that every character is equally likely.
    return "".join(_ALPHABET[byte & 31] for byte in secrets.token_bytes(length))
