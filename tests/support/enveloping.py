"""Makes tokens of credentials and presentations, good ones and others, and the envelopes around them."""

import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from registry.credential import es256
from registry.credential.es256 import Es256Key
from registry.credential.keys import IssuerKey
from registry.format.multibase import b58encode

P256 = ec.derive_private_key(11, ec.SECP256R1())


def _p256_multibase() -> str:
    numbers = P256.public_key().public_numbers()
    return "z" + b58encode(es256.MULTIKEY_PREFIX + bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32))


P256_KEY = Es256Key(P256)
P256_MULTIBASE = _p256_multibase()
P256_DID = f"did:key:{P256_MULTIBASE}"
P256_METHOD = f"{P256_DID}#{P256_MULTIBASE}"


def token(header: dict[str, Any], payload: Any, sign: Callable[[bytes], bytes]) -> str:
    """A compact token that says what it is told, rightly signed."""
    signed = ".".join(es256.encode(json.dumps(part).encode()) for part in (header, payload))
    return f"{signed}.{es256.encode(sign(signed.encode()))}"


def signed(payload: Any, key: IssuerKey | Es256Key, kid: str, **header: Any) -> str:
    """A token by an Ed25519 or a P-256 key."""
    algorithm = "ES256" if isinstance(key, Es256Key) else "EdDSA"
    return token({"alg": algorithm, "kid": kid, **header}, payload, key.sign)


def envelope(url: str, kind: str = "EnvelopedVerifiableCredential") -> dict[str, Any]:
    """The object around a token."""
    return {"@context": "https://www.w3.org/ns/credentials/v2", "type": kind, "id": url}
