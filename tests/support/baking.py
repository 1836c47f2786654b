"""What is baked in the tests, and how an image is refused."""

import json

import pytest

from registry.credential.baking import bake, unbake
from registry.errors import FormatError
from tests.support.specimen import document

DOCUMENT = json.dumps(document(), ensure_ascii=False, indent=1).encode() + b"\r\n"
JWS = b"eyJhbGciOiJFUzI1NiJ9.eyJpZCI6InVybjp1dWlkOjEifQ.c2lnbmF0dXJl"
SMALL = b'{"id":"urn:uuid:1"}'


def refused(image: bytes, code: str, says: str = "") -> None:
    """Reading refuses the image with this code and a sentence with a remedy; so does baking, even when replacing."""
    with pytest.raises(FormatError) as caught:
        unbake(image)
    assert caught.value.code == code
    assert says in str(caught.value)
    assert caught.value.remedy


def refused_whole(image: bytes, code: str, says: str = "") -> None:
    """Neither read nor baked into."""
    refused(image, code, says)
    with pytest.raises(FormatError) as caught:
        bake(image, SMALL, replace=True)
    assert caught.value.code == code
