"""bitstring: status bits as they travel."""

import base64
import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import bitstring

W3C_EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
"""An empty list of 131,072 entries, from the examples of W3C Bitstring Status List 1.0."""


@given(st.binary(max_size=2000))
@example(bytes(16_384))
def test_bits_survive_the_way_and_the_text_is_always_the_same(bits: bytes) -> None:
    text = bitstring.encode(bits)
    assert text == bitstring.encode(bits)
    assert bitstring.decode(text) == bits


def test_the_standard_s_example_is_read() -> None:
    assert bitstring.decode(W3C_EXAMPLE) == bytes(16_384)


def test_index_zero_is_the_most_significant_bit_of_the_first_byte() -> None:
    bits = bytes([0b1000_0001, 0b0100_0000])
    assert [index for index in range(16) if bitstring.get(bits, index)] == [0, 7, 9]
    for index in (-1, 16):
        with pytest.raises(FormatError, match="16 entries"):
            bitstring.get(bits, index)


def pack(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "multibase"),
        (W3C_EXAMPLE[1:], "multibase"),
        ("z" + W3C_EXAMPLE[1:], "multibase"),
        ("u===", "base64url"),
        ("u" + "é", "base64url"),
        ("uH4s", "end where"),
        (W3C_EXAMPLE[:-2], "end where"),
        (W3C_EXAMPLE + "A", "base64url"),
        (W3C_EXAMPLE + "==", "base64url"),
        (W3C_EXAMPLE.replace("-", "+"), "base64url"),
        (pack(b"not gzip"), "not gzip"),
        (pack(gzip.compress(b"x", mtime=0) + b"y"), "end where"),
        (pack(gzip.compress(b"x", mtime=0) * 2), "end where"),
        (pack(gzip.compress(bytes(1_048_577), mtime=0)), "more than 1048576"),
        ("u" + "A" * 1_500_000, "longer"),
    ],
)
def test_other_texts_are_refused_and_bombs_are_not_unpacked(text: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        bitstring.decode(text)


@given(st.binary(max_size=60).map(pack) | st.text(max_size=40).map(lambda text: "u" + text))
def test_arbitrary_texts_are_read_or_refused_with_one_error(text: str) -> None:
    try:
        bits = bitstring.decode(text, 100)
    except FormatError as error:
        assert error.code == "format.bitstring"  # noqa: PT017
        return
    assert len(bits) <= 100
