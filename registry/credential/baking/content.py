"""What can be baked: a JSON document or a compact JWS; and how much image there may be around it."""

import re
from dataclasses import dataclass
from typing import Literal

from registry.errors import FormatError
from registry.format import strictjson
from registry.limits import MAX_DOCUMENT_BYTES

Kind = Literal["png", "svg", "pdf"]

MAX_IMAGE_BYTES = 8 * 1024 * 1024
"""A baked image. Badges have some 100 KB; this leaves room for a picture that fills a printed page."""

# RFC 7515, section 7.1. The first part is the base64url of a JSON object, which begins `{"` or `{ `.
_JWS = re.compile(rb"ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Content:
    """What is to be baked, or was found in an image: JSON, or a compact JWS."""

    data: bytes
    is_jws: bool

    @classmethod
    def to_bake(cls, data: bytes) -> "Content":
        """Read strictly: what leaves us has one reading.

        Raises FormatError: format.* of the strict reader, baking.not-a-credential for JSON that is no object.
        """
        if len(data) <= MAX_DOCUMENT_BYTES and _JWS.fullmatch(data.strip()):
            return cls(data.strip(), True)
        if not isinstance(strictjson.parse(data), dict):
            raise _not_a_credential("The file to bake")
        return cls(data, False)

    @classmethod
    def found(cls, data: bytes) -> "Content":
        """As it stands in the image; whether it is a credential, and genuine, is for a verifier to say.

        Raises FormatError: baking.credential-too-large, baking.not-a-credential.
        """
        if len(data) > MAX_DOCUMENT_BYTES:
            problem = f"The credential in the image has {len(data)} bytes, more than {MAX_DOCUMENT_BYTES}"
            raise FormatError("baking.credential-too-large", "", problem, "Ask for the credential as a file")
        if _JWS.fullmatch(data):
            return cls(data, True)
        if not data.lstrip(b" \t\r\n").startswith(b"{") or not _is_text(data):
            raise _not_a_credential("What the image holds")
        return cls(data, False)


def _is_text(data: bytes) -> bool:
    """UTF-8 without the controls that JSON forbids: what was found may be printed on a terminal."""
    try:
        return not _CONTROLS.search(data.decode())
    except UnicodeDecodeError:
        return False


def none_in(image: str, older: bool) -> FormatError:
    """The error for an image without a credential; `older`: it has an assertion of Open Badges 2.0."""
    problem = f"There is no Open Badges 3.0 credential in this {image}"
    problem += ", only an assertion of Open Badges 2.0" if older else ""
    return FormatError("baking.no-credential", "", problem, "Ask the holder for the original file: editors drop it")


def several_in(image: str, count: int) -> FormatError:
    """The error for more than one: two readers could each take another."""
    problem = f"This {image} holds {count} credentials, and readers could differ in which they take"
    return FormatError("baking.several", "", problem, "Bake the right one into the original picture")


def one_already_in(image: str) -> FormatError:
    """The error for baking over a credential without being told to."""
    problem = f"This {image} holds a credential already"
    return FormatError("baking.exists", "", problem, "Allow replacing it, or take the original picture")


def _not_a_credential(what: str) -> FormatError:
    problem = f"{what} is neither a JSON object nor a compact JWS"
    return FormatError("baking.not-a-credential", "", problem, "Ask the issuer for the credential")
