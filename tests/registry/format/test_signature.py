"""signature: Ed25519 as RFC 8032 has it, and nothing that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.format import signature

# RFC 8032, section 7.1, test 2
SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
MULTIKEY = b"\xed\x01" + PUBLIC


def test_the_rfc_s_signature_is_made_and_accepted() -> None:
    assert signature.sign(SECRET, b"\x72") == SIGNATURE
    assert signature.verify(MULTIKEY, SIGNATURE, b"\x72")


@given(st.integers(0, 511), st.sampled_from(["signature", "key", "message"]))
def test_any_changed_bit_of_signature_key_or_message_is_refused(bit: int, what: str) -> None:
    def flip(data: bytes) -> bytes:
        place = bit % (len(data) * 8)
        return data[: place // 8] + bytes([data[place // 8] ^ 1 << place % 8]) + data[place // 8 + 1 :]

    key = flip(MULTIKEY) if what == "key" else MULTIKEY
    value = flip(SIGNATURE) if what == "signature" else SIGNATURE
    message = flip(b"\x72") if what == "message" else b"\x72"
    assert not signature.verify(key, value, message)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (PUBLIC, SIGNATURE),
        (MULTIKEY + b"\x00", SIGNATURE),
        (MULTIKEY, SIGNATURE[:63]),
        (MULTIKEY, SIGNATURE + b"\x00"),
        (b"", b""),
    ],
)
def test_other_lengths_are_refused_without_an_error(key: bytes, value: bytes) -> None:
    assert not signature.verify(key, value, b"\x72")


def test_a_signature_whose_s_is_not_reduced_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(SIGNATURE[32:], "little") + order
    assert not signature.verify(MULTIKEY, SIGNATURE[:32] + scalar.to_bytes(32, "little"), b"\x72")
