"""An issuer's Ed25519 key: what it signs with and the names it is known by."""

import hashlib
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.errors import SecretError
from registry.format.multibase import ED25519_PREFIX, encode_multikey

SECRET_BYTES = 32


class IssuerKey:
    """An Ed25519 key pair made from its 32-byte secret seed (RFC 8032). Raises SecretError for another length.

    Neither `repr` nor an error ever shows the secret.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise SecretError(f"An Ed25519 secret has {SECRET_BYTES} bytes, not {len(secret)}")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()
        """32 bytes."""
        self.multikey = ED25519_PREFIX + self.public
        """34 bytes: what is registered on the chain."""
        self.multibase = encode_multikey(self.multikey)
        """The same as text, z6Mk..."""
        self.key_id = hashlib.sha256(self.multikey).digest()
        """32 bytes: issuer_key_id of FORMAT.md."""

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return self._key.sign(message)

    @property
    def secret(self) -> bytes:
        """The 32-byte seed, for the vault that encrypts it."""
        return self._key.private_bytes_raw()

    @property
    def did_key(self) -> str:
        """The did:key that carries this key in its own name; for tests and learners, not for issuers."""
        return f"did:key:{self.multibase}"

    def __repr__(self) -> str:
        return f"IssuerKey({self.multibase})"


def generate() -> IssuerKey:
    """A new key from the operating system's random source."""
    return IssuerKey(secrets.token_bytes(SECRET_BYTES))
