"""Issuers' secret keys at rest: AES-256-GCM under one master key that is not in the database.

A stored secret is nonce (12 bytes), ciphertext and tag; the key's id is authenticated with it, so that a secret moved
to another row does not open. Losing the master key loses the hosted keys, not one issued credential.
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import SecretError

MASTER_KEY_BYTES = 32
_NONCE_BYTES = 12


class Vault:
    """Encrypts and decrypts with one master key of 32 bytes."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            problem = f"The master key has {len(master_key)} bytes where {MASTER_KEY_BYTES} are needed"
            raise SecretError(problem, "Restore the file that was made with the data")
        self._cipher = AESGCM(master_key)

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """Open the master key in `path` (64 hexadecimal digits). Raises SecretError."""
        try:
            return cls(bytes.fromhex(path.read_text("ascii").strip()))
        except (OSError, ValueError) as error:
            # The error's text is left out where it could repeat what was read.
            reason = error.strerror if isinstance(error, OSError) else "it is not 64 hexadecimal digits"
            remedy = "Restore it from its backup, or copy it from the machine on which the registry was set up"
            raise SecretError(f"The master key in {path} cannot be used: {reason}", remedy) from None

    @classmethod
    def create(cls, path: Path) -> "Vault":
        """Make a new master key in `path`, readable by its owner only; never replaces a file. Raises SecretError."""
        key = secrets.token_bytes(MASTER_KEY_BYTES)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(key.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())  # a key that was lost with the power could not open what it closed
        except OSError as error:
            raise SecretError(f"The master key cannot be written to {path}: {error.strerror}") from None
        return cls(key)

    def close(self, secret: bytes, key_id: bytes) -> bytes:
        """Encrypt a secret that belongs to `key_id`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, key_id)

    def open(self, sealed: bytes, key_id: bytes) -> bytes:
        """Decrypt what `close` made for the same `key_id`. Raises SecretError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key_id)
        except (InvalidTag, ValueError):
            problem = f"The master key does not open the secret of key {key_id.hex()}"
            raise SecretError(problem, "Use the master key that belongs to this database") from None
