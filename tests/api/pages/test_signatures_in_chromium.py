"""Signatures that prove nothing are wrong in Python and in the browser, whatever their libraries think of them."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from playwright.sync_api import Page

from registry.format.multibase import ED25519_PREFIX
from registry.format.signature import sign, verify

pytestmark = pytest.mark.browser

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = (1).to_bytes(32, "little")
SEED = bytes(range(32))
_ORDER_8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
_SMALL = (1, P - 1, 0, 0 | 1 << 255, _ORDER_8, _ORDER_8 | 1 << 255, P - _ORDER_8, P - _ORDER_8 | 1 << 255)
_OTHERWISE = (1 | 1 << 255, (P - 1) | 1 << 255, P, P | 1 << 255, P + 1, (P + 1) | 1 << 255)
SMALL = [number.to_bytes(32, "little") for number in _SMALL]
"""The eight points of small order, in their RFC 8032 encodings."""
OTHERWISE = [number.to_bytes(32, "little") for number in _OTHERWISE]
"""Five of them in other encodings that libraries may take."""

Signed = tuple[bytes, bytes, bytes]
"""Key, signature, message."""


def library(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def forged(key: bytes) -> Signed:
    """A signature that nobody made: R is the identity and S is 0, right where the order divides the challenge."""
    for attempt in range(256):
        message = b"attempt %d" % attempt
        if library(key, IDENTITY + bytes(32), message):
            return key, IDENTITY + bytes(32), message
    return key, IDENTITY + bytes(32), b""


def own() -> tuple[bytes, bytes]:
    """An honest public key, and a message's signature by it whose R is the identity."""
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    half = bytearray(hashlib.sha512(SEED).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 63 | 64
    challenge = int.from_bytes(hashlib.sha512(IDENTITY + public + b"message").digest(), "little")
    s = challenge * int.from_bytes(half, "little") % ORDER
    return public, IDENTITY + s.to_bytes(32, "little")


def test_signatures_with_points_of_small_order_are_wrong_in_both(bench: Page) -> None:
    public, with_identity = own()
    forgeries = [forged(key) for key in SMALL]
    assert all(library(*one) for one in forgeries), "the library takes each: the rule is ours"
    assert library(public, with_identity, b"message")
    good = sign(SEED, b"message")
    s = int.from_bytes(good[32:], "little") + ORDER
    samples = [*forgeries, *(forged(key) for key in OTHERWISE), (public, with_identity, b"message")]
    samples += [(public, good[:32] + s.to_bytes(32, "little"), b"message"), (public, good, b"other")]
    samples += [(public, point + good[32:], b"message") for point in SMALL + OTHERWISE]
    samples.append((public, good, b"message"))
    expected = [False] * (len(samples) - 1) + [True]
    assert [verify(ED25519_PREFIX + key, signature, message) for key, signature, message in samples] == expected
    packed = [[base64.b64encode(part).decode() for part in (ED25519_PREFIX + one[0], *one[1:])] for one in samples]
    found = bench.evaluate(
        """async (all) => {
            const { verifySignature } = await import("/static/verifier/bytes.js");
            const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            return Promise.all(all.map((parts) => verifySignature(...parts.map(bytesOf))));
        }""",
        packed,
    )
    assert found == expected
