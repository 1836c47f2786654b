"""Keys of AWS KMS (spec ECC_SECG_P256K1, usage SIGN_VERIFY), asked through boto3, which is not a dependency of ours.

Credentials are boto3's affair: environment, profile, the machine's role. Rights that it takes: kms:Sign and
kms:GetPublicKey.
"""

from importlib import import_module
from typing import Any

from anchor.errors import SignerError
from anchor.jsonrpc import DEFAULT_TIMEOUT

ATTEMPTS = 2
"""Tries of one question. A worker that waits for long loses its lease; the next look asks again anyway."""

ARN_REGION = 3
"""arn:aws:kms:REGION:account:key/id"""


class AwsKey:
    """A key by id, ARN or alias. `client` is boto3's for "kms", or something with its get_public_key and sign."""

    def __init__(self, key_id: str, client: Any = None, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.name = f"awskms:{key_id}"
        self._id = key_id
        self._client = client if client is not None else _client(key_id, timeout)

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER. Raises SignerError."""
        return self._answer("get_public_key", "PublicKey", KeyId=self._id)

    def sign_digest(self, digest: bytes) -> bytes:
        """ECDSA signature of 32 bytes, DER. Raises SignerError."""
        # The name of the hash function is only checked against the digest's length.
        how = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
        return self._answer("sign", "Signature", KeyId=self._id, Message=digest, **how)

    def _answer(self, operation: str, member: str, **arguments: Any) -> bytes:
        try:
            found = getattr(self._client, operation)(**arguments)[member]
        except Exception as problem:  # botocore makes its classes at run time; its texts may name accounts and roles
            raise SignerError(f"AWS KMS did not answer {operation} for {self.name}: {_reason(problem)}") from None
        if not isinstance(found, bytes):
            raise SignerError(f"AWS KMS answered {operation} for {self.name} with something else")
        return found


def _reason(problem: Exception) -> str:
    response = getattr(problem, "response", None)  # of botocore's ClientError
    error = response.get("Error") if isinstance(response, dict) else None
    code = error.get("Code") if isinstance(error, dict) else None
    return code[:100] if isinstance(code, str) else type(problem).__name__


def _client(key_id: str, timeout: float) -> Any:
    try:
        boto3, config = import_module("boto3"), import_module("botocore.config")
    except ImportError:
        remedy = "Install it beside credanchor (pip install boto3), or use a key store"
        raise SignerError("Keys of AWS KMS need the package boto3, which is not installed", remedy) from None
    limits = config.Config(
        connect_timeout=timeout / ATTEMPTS,
        read_timeout=timeout / ATTEMPTS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    region = key_id.split(":")[ARN_REGION] if key_id.startswith("arn:") and key_id.count(":") > ARN_REGION else None
    try:
        return boto3.client("kms", region_name=region, config=limits)
    except Exception as problem:
        remedy = "Name the region and give credentials, as for any program that uses boto3"
        raise SignerError(f"AWS KMS cannot be used: {type(problem).__name__}", remedy) from None
