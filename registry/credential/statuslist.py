"""Status lists: which credentials of an issuer are revoked or suspended, one bit for each, as a signed credential.

Standard: W3C Bitstring Status List 1.0. The text form of the bits is `registry.format.bitstring`.
"""

import secrets
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from registry.format import bitstring
from registry.limits import MAX_STATUS_LIST_BYTES, MIN_STATUS_LIST_BYTES
from registry.rdfc.contexts import VC_V2

PURPOSES = ("revocation", "suspension")


@dataclass(frozen=True)
class KnownList:
    """A list of `issuer` (a DID) for `purpose`, and what it and its twin say at one place.

    `bits` None: the place is outside the lists.
    """

    issuer: str
    purpose: str
    bits: Mapping[str, bool] | None  # by purpose


class Bits:
    """The bits of a list; `length` entries, a multiple of 8 within the bounds of `registry.limits`."""

    def __init__(self, length: int = MIN_STATUS_LIST_BYTES * 8) -> None:
        if length % 8 or not MIN_STATUS_LIST_BYTES <= length // 8 <= MAX_STATUS_LIST_BYTES:
            raise ValueError(f"a status list of {length} entries is not allowed")
        self._bytes = bytearray(length // 8)

    @classmethod
    def decode(cls, encoded: str) -> "Bits":
        """Read the text form "u…". Raises FormatError format.bitstring."""
        raw = bitstring.decode(encoded)
        bits = cls(len(raw) * 8)
        bits._bytes[:] = raw
        return bits

    def __len__(self) -> int:
        return len(self._bytes) * 8

    def __bytes__(self) -> bytes:
        return bytes(self._bytes)

    def get(self, index: int) -> bool:
        """Entry `index`, from 0. Raises FormatError format.bitstring outside the list."""
        return bitstring.get(bytes(self._bytes), index)

    def set(self, index: int, value: bool) -> None:
        """Set entry `index`; entry 0 is the most significant bit of byte 0."""
        self.get(index)
        mask = 0x80 >> (index & 7)
        self._bytes[index >> 3] = self._bytes[index >> 3] | mask if value else self._bytes[index >> 3] & ~mask

    def encode(self) -> str:
        """The text form; equal bits give equal text."""
        return bitstring.encode(bytes(self._bytes))


def list_credential(url: str, issuer_id: str, purpose: str, bits: bytes, valid_from: str) -> dict[str, Any]:
    """The unsigned BitstringStatusListCredential (section 2.2). `bits` are the raw bytes of the list.

    `url` is its id and the `statusListCredential` of the entries; `valid_from` an RFC 3339 time.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"purpose is one of {PURPOSES}, not {purpose!r}")
    if not MIN_STATUS_LIST_BYTES <= len(bits) <= MAX_STATUS_LIST_BYTES:
        raise ValueError(f"a status list of {len(bits)} bytes is not allowed")
    return {
        "@context": [VC_V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id,
        "validFrom": valid_from,
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": bitstring.encode(bits),
        },
    }


def random_free_index(taken: Container[int], length: int) -> int:
    """A random entry that is not taken, so that an index says nothing about when or to whom a credential was issued.

    `taken` may hold at most half of the list: then one draw in two succeeds.
    """
    while True:
        index = secrets.randbelow(length)
        if index not in taken:
            return index
