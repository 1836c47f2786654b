"""ES256 keys: ECDSA over P-256 with SHA-256, as JSON Web Keys and with signatures as JSON Web Signatures hold them.

Standards: RFC 7518 (sections 3.4, 6.2), RFC 7638 (thumbprints), Controlled Identifiers 1.0
(section 2.2.2, multikeys). A signature is r and s, 32 bytes each, big-endian.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from registry.errors import FormatError, SecretError
from registry.format.multibase import b58decode
from registry.format.strictjson import canonical

SIGNATURE_BYTES = 64
ALGORITHM = "ES256"
MULTIKEY_PREFIX = b"\x80\x24"
"""Multicodec of a P-256 public key, as a variable-length integer; a compressed point follows."""

MULTIKEY_BYTES = 35
_MULTIKEY_CHARS = 49
_NUMBER_BYTES = 32
_CURVE = ec.SECP256R1()
_REPEATABLE = ec.ECDSA(SHA256(), deterministic_signing=True)
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


class Es256Key:
    """A P-256 key pair. Neither `repr` nor an error shows the secret."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.jwk = _jwk(key.public_key())
        """The public key, with the members that RFC 7518 requires and no others."""

    @classmethod
    def generate(cls) -> "Es256Key":
        """A new key from the operating system's random source."""
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def from_secret(cls, secret: bytes) -> "Es256Key":
        """The key pair whose `secret` (32 bytes) was kept."""
        return cls(ec.derive_private_key(int.from_bytes(secret), _CURVE))

    @classmethod
    def from_pem(cls, data: bytes) -> "Es256Key":
        """Read an unencrypted PEM file (PKCS #8 or SEC 1). Raises SecretError."""
        try:
            key = load_pem_private_key(data, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
            remedy = "Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
            raise SecretError("This is not an unencrypted P-256 private key in PEM form", remedy)
        return cls(key)

    @property
    def secret(self) -> bytes:
        """The 32 bytes that `from_secret` takes."""
        return self._key.private_numbers().private_value.to_bytes(_NUMBER_BYTES)

    def method(self, did: str) -> str:
        """The DID URL this key has unless another is given, see `method_of`."""
        return method_of(did, self.jwk)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`; by RFC 6979, so the same message has the same one."""
        r, s = decode_dss_signature(self._key.sign(message, _REPEATABLE))
        return r.to_bytes(_NUMBER_BYTES) + s.to_bytes(_NUMBER_BYTES)

    def __repr__(self) -> str:
        return f"Es256Key({self.jwk['x']})"


def read_jwk(jwk: Mapping[str, Any]) -> dict[str, str]:
    """The public key with the required members alone. Raises FormatError jwt.key, also for one with its secret."""
    return _jwk(_public(jwk))


def jwk_from_pem(data: bytes) -> dict[str, str]:
    """The public key in a PEM file of it or of its secret half. Raises SecretError."""
    try:
        key = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Es256Key.from_pem(data).jwk
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != _CURVE.name:
        raise SecretError("This is not a P-256 key in PEM form", "openssl ec -pubout writes one")
    return _jwk(key)


def thumbprint(jwk: Mapping[str, str]) -> bytes:
    """The name of a public key that has the required members alone, 32 bytes (RFC 7638)."""
    return hashlib.sha256(canonical(dict(jwk))).digest()


def method_of(did: str, jwk: Mapping[str, str]) -> str:
    """The DID URL of a key: the DID, and the key's thumbprint as fragment."""
    return f"{did}#{encode(thumbprint(jwk))}"


def multikey_of(jwk: Mapping[str, Any]) -> bytes:
    """The key as a multikey, 35 bytes. Raises FormatError jwt.key."""
    return MULTIKEY_PREFIX + _public(jwk).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def decode_multikey(text: str) -> bytes:
    """The 35 bytes of a P-256 multikey text "zDna..."; whether they are a point, `verify_multikey` says.

    Raises FormatError format.multikey, format.base58.
    """
    key = b58decode(text[1:], _MULTIKEY_CHARS) if text.startswith("z") else b""
    if len(key) != MULTIKEY_BYTES or not key.startswith(MULTIKEY_PREFIX):
        raise FormatError("format.multikey", "", "A key is not a P-256 multikey: 0x8024 and 33 bytes")
    return key


def verify_multikey(multikey: bytes, signature: bytes, message: bytes) -> bool:
    """`verify` with a key of 35 bytes. False for anything else, also for what is no point of the curve."""
    if len(multikey) != MULTIKEY_BYTES or not multikey.startswith(MULTIKEY_PREFIX):
        return False
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, multikey[len(MULTIKEY_PREFIX) :])
    except ValueError:
        return False
    return _verify(key, signature, message)


def verify(jwk: Mapping[str, Any], signature: bytes, message: bytes) -> bool:
    """Whether the key in `jwk` made `signature` (64 bytes) over `message`. Raises FormatError jwt.key for a bad key."""
    return _verify(_public(jwk), signature, message)


def _verify(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    if len(signature) != SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:_NUMBER_BYTES]), int.from_bytes(signature[_NUMBER_BYTES:])
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def encode(data: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str, place: str = "") -> bytes:
    """The bytes of a base64url text. Raises FormatError jwt.base64url for padding, other letters, loose last bits."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if _ALPHABET.fullmatch(text) else None
    except binascii.Error:
        data = None
    # One value has one text: else a token could be changed without its signature noticing.
    if data is None or encode(data) != text:
        raise FormatError("jwt.base64url", place, "A part is not canonical base64url without padding")
    return data


def _jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _number_text(numbers.x), "y": _number_text(numbers.y)}


def _public(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256") or jwk.get("alg", ALGORITHM) != ALGORITHM:
        raise FormatError("jwt.key", "", "The key is not a P-256 key for ES256")
    if "d" in jwk:
        raise FormatError("jwt.key", "/d", "The public key holds its secret half", "Replace the key: its secret is out")
    x, y = _number(jwk.get("x"), "/x"), _number(jwk.get("y"), "/y")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, _CURVE).public_key()
    except ValueError:
        raise FormatError("jwt.key", "", "The key is not a point of the curve P-256") from None


def _number(text: Any, place: str) -> int:
    data = decode(text, place) if isinstance(text, str) else b""
    if len(data) != _NUMBER_BYTES:
        raise FormatError("jwt.key", place, "A coordinate of the key has not 32 bytes")
    return int.from_bytes(data)


def _number_text(number: int) -> str:
    return encode(number.to_bytes(_NUMBER_BYTES))
