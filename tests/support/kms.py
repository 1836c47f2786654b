"""A key management service of this process: random nonces, either form of `s`, every fault that services have."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.answering import Answer

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Edit = Callable[[bytes], bytes]


class FakeKms:
    """A `KmsKey`: signs as services do. Every second signature has the high `s`; `edit` stands for what goes wrong."""

    def __init__(self, secret: int, edit: Edit = lambda der: der, curve: ec.EllipticCurve | None = None) -> None:
        self.name = "fake:key"
        self.edit = edit
        self.signed = 0
        self._key = ec.derive_private_key(secret, curve or ec.SECP256K1())

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign_digest(self, digest: bytes) -> bytes:
        assert len(digest) == 32
        r, s = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        low, self.signed = min(s, ORDER - s), self.signed + 1
        return self.edit(encode_dss_signature(r, ORDER - low if self.signed % 2 else low))


class Boto:
    """The two methods of boto3's client for "kms" that we use, over a fake; `trouble` is raised if there is some."""

    def __init__(self, kms: FakeKms, key_id: str) -> None:
        self.kms, self.key_id = kms, key_id
        self.trouble: Exception | None = None

    def get_public_key(self, *, KeyId: str) -> dict[str, Any]:
        self._enter(KeyId)
        return {"KeyId": KeyId, "PublicKey": self.kms.public_key(), "KeySpec": "ECC_SECG_P256K1"}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:
        self._enter(KeyId)
        assert (MessageType, SigningAlgorithm) == ("DIGEST", "ECDSA_SHA_256")
        return {"KeyId": KeyId, "Signature": self.kms.sign_digest(Message), "SigningAlgorithm": SigningAlgorithm}

    def _enter(self, key_id: str) -> None:
        assert key_id == self.key_id
        if self.trouble is not None:
            raise self.trouble


def over_http(client: Boto) -> Callable[[bytes], Answer]:
    """The same as the service's HTTP interface: JSON with binary members in base64. For `answering`."""

    def answer(body: bytes) -> Answer:
        asked = json.loads(body)
        if "Message" in asked:
            asked["Message"] = b64decode(asked["Message"])
        found = client.sign(**asked) if "Message" in asked else client.get_public_key(**asked)
        texts = {name: b64encode(one).decode() if isinstance(one, bytes) else one for name, one in found.items()}
        return 200, json.dumps(texts).encode(), {"Content-Type": "application/x-amz-json-1.1"}

    return answer
