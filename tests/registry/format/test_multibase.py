"""multibase: base58btc and Ed25519 multikeys, against the base58 package and the standard's own key."""

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format.multibase import ED25519_PREFIX, b58decode, b58encode, decode_multikey, encode_multikey

# keyPair1 of the W3C vc-di-eddsa test vectors; the secret's multicodec prefix is 0x8026.
W3C_PUBLIC = "z6MktgKTsu1QhX6QPbyqG6geXdw6FQCZBPq7uQpieWbiQiG7"
W3C_SECRET = "z3u2W4YnTstS1nSSBAgZcYSJF43JuZ9uLV6bF38B1Bf8NugW"


@given(st.binary(max_size=300))
@example(b"")
@example(bytes(40))
@example(bytes(3) + b"\x01")
@example(b"\x00" * 5 + b"\xff" * 60)
def test_base58_is_that_of_the_independent_implementation(data: bytes) -> None:
    text = b58encode(data)
    assert text == base58.b58encode(data).decode()
    assert b58decode(text, 1000) == data


@given(st.text(max_size=60))
def test_text_that_is_not_base58_is_refused(text: str) -> None:
    try:
        data = b58decode(text, 60)
    except FormatError as error:
        assert error.code == "format.base58"  # noqa: PT017
        assert set(text) - set("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
        return
    assert b58encode(data) == text


def test_base58_is_not_even_looked_at_beyond_its_bound() -> None:
    with pytest.raises(FormatError, match="more than 10"):
        b58decode("l" * 11, 10)


def test_a_multikey_is_read_and_written_as_the_standard_has_it() -> None:
    secret = b58decode(W3C_SECRET[1:], 60)
    assert secret[:2] == b"\x80\x26"
    public = Ed25519PrivateKey.from_private_bytes(secret[2:]).public_key().public_bytes_raw()
    assert decode_multikey(W3C_PUBLIC) == ED25519_PREFIX + public
    assert encode_multikey(public) == encode_multikey(ED25519_PREFIX + public) == W3C_PUBLIC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQXJPt4swbTQ2",
        "z" + b58encode(ED25519_PREFIX + bytes(31)),
        "z" + b58encode(ED25519_PREFIX + bytes(33)),
        "z" + b58encode(b"\x80\x24" + bytes(32)),
        "z" + b58encode(b"\x00" + ED25519_PREFIX + bytes(31)),
        "z6Mk" + "1" * 500,
        "u7QEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_anything_but_an_ed25519_multikey_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        decode_multikey(text)
    assert caught.value.code in ("format.multikey", "format.base58")


@pytest.mark.parametrize("key", [b"", bytes(33), b"\x80\x24" + bytes(32), bytes(64)])
def test_a_key_of_another_kind_is_not_written_as_a_multikey(key: bytes) -> None:
    with pytest.raises(FormatError):
        encode_multikey(key)
