"""Keys on P-256: read from their files, named by their thumbprint, and what they sign as RFC 7515 has it."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.credential import es256
from registry.credential.es256 import Es256Key
from registry.errors import SecretError
from tests.support.badges import DID, shared_json


def test_the_thumbprint_that_names_a_key_is_that_of_rfc_7638() -> None:
    secret = shared_json("w3c", "vc-jose-cose", "vm-p256.json")["secretKeyJwk"]
    key = Es256Key(ec.derive_private_key(int.from_bytes(es256.decode(secret["d"])), ec.SECP256R1()))
    assert key.jwk == {name: secret[name] for name in ("kty", "crv", "x", "y")}
    assert key.method(DID) == f"{DID}#{secret['kid']}"


def test_the_es256_example_of_rfc_7515_verifies() -> None:
    """Appendix A.3."""
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    signed = (
        b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
        b"Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    assert es256.verify(jwk, es256.decode(signature), signed)


def test_a_key_is_read_from_its_file_and_never_shown() -> None:
    def pem(key: Any, secret: serialization.KeySerializationEncryption = serialization.NoEncryption()) -> bytes:  # noqa: B008
        data: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
        return data

    private = ec.derive_private_key(7, ec.SECP256R1())
    key = Es256Key.from_pem(pem(private))
    assert key.jwk == Es256Key(private).jwk == Es256Key.from_secret(key.secret).jwk
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert es256.jwk_from_pem(pem(private)) == es256.jwk_from_pem(public) == key.jwk
    assert es256.verify_multikey(es256.multikey_of(key.jwk), key.sign(b"x"), b"x")
    assert repr(key) == f"Es256Key({key.jwk['x']})"
    for data in (
        b"",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(private, serialization.BestAvailableEncryption(b"password")),
        private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    ):
        with pytest.raises(SecretError, match="P-256"):
            Es256Key.from_pem(data)
