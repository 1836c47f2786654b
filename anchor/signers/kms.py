"""Keys that never leave a key management service or an HSM: it signs a hash, and Ethereum's form is made of that here.

Such services return ECDSA signatures as DER, in either form of `s`, without the parity that Ethereum wants, and with a
random nonce: the same transaction signed twice has two hashes. So the signature is normalised to the lower `s` (EIP-2),
the parity is found by recovering the sender, and whoever calls stores the bytes before sending them.
"""

from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak

from anchor.errors import SignerError
from anchor.signer import HALF_ORDER, Transaction

ORDER = 2 * HALF_ORDER + 1
"""Of secp256k1 (SEC 2, 2.4.1)."""

MAX_DER_BYTES = 1024
"""A signature takes 72 bytes at most and a public key 88; more is no answer of such a service."""

REMEDY = "Nothing was signed or sent. Look at the key and its service"


class KmsKey(Protocol):
    """One secp256k1 key in a service. Both calls must end in bounded time and raise SignerError when they fail."""

    name: str  # as it may be shown

    def public_key(self) -> bytes:
        """The public key as SubjectPublicKeyInfo, DER (RFC 5480)."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """The ECDSA signature of a 32-byte hash, DER (RFC 3279, 2.2.3)."""
        ...


class KmsSigner:
    """Signs with a key in a service. Where `address` (20 bytes) is given the service is not asked until it signs."""

    def __init__(self, key: KmsKey, address: bytes | None = None) -> None:
        self._key = key
        self._address = address if address is not None else account(key)

    @property
    def address(self) -> bytes:
        """The account, 20 bytes."""
        return self._address

    def sign(self, transaction: Transaction) -> bytes:
        """The signed transaction, another one at every call. Raises SignerError."""
        fields = transaction.fields()
        r, s = self._scalars(self._key.sign_digest(bytes(TypedTransaction.from_dict(fields).hash())))
        for parity in (0, 1):
            signed = TypedTransaction.from_dict(fields | {"v": parity, "r": r, "s": min(s, ORDER - s)})
            raw = bytes(signed.encode())
            if _sender(raw) == self._address:
                return raw
        problem = f"What key {self._key.name} signed is not by 0x{self._address.hex()}"
        raise SignerError(problem, f"{REMEDY}; it may be another key, or have signed something else")

    def _scalars(self, der: bytes) -> tuple[int, int]:
        try:
            r, s = decode_dss_signature(der if len(der) <= MAX_DER_BYTES else b"")
        except ValueError:
            raise SignerError(f"Key {self._key.name} gave no DER signature", REMEDY) from None
        if not (0 < r < ORDER and 0 < s < ORDER):
            raise SignerError(f"Key {self._key.name} gave a signature that no key can make", REMEDY)
        return r, s

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._key.name}, 0x{self._address.hex()})"


def account(key: KmsKey) -> bytes:
    """The account (20 bytes) of a key: the end of Keccak-256 over the point. Raises SignerError."""
    der = key.public_key()
    try:
        public = load_der_public_key(der if len(der) <= MAX_DER_BYTES else b"")
    except (ValueError, UnsupportedAlgorithm):
        raise SignerError(f"Key {key.name} has no readable public key", REMEDY) from None
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256K1):
        remedy = "Make one for signing on the curve secp256k1 (at AWS: ECC_SECG_P256K1)"
        raise SignerError(f"Key {key.name} is not an Ethereum key", remedy)
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return keccak(point[1:])[-20:]


def _sender(raw: bytes) -> bytes:
    try:
        return bytes.fromhex(Account.recover_transaction(raw)[2:])
    except Exception:  # eth-keys and rlp have errors of their own for points that are none
        return b""
