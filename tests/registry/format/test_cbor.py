"""cbor: one encoding for each value, against the cbor2 package."""

import json
from pathlib import Path
from typing import Any

import base58
import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import cbor

SHARED = Path(__file__).parents[4] / "shared" / "vectors" / "merkle" / "blockcerts"
INTEGERS = st.integers(-(2**64), 2**64 - 1) | st.sampled_from([23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32])
SCALARS = INTEGERS | st.binary() | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@given(VALUES)
@example([])
@example([-1, -24, -25, b"\x00" * 24, "é" * 200])
def test_our_encoding_is_the_one_of_the_independent_implementation(value: Any) -> None:
    data = cbor.encode(value)
    assert data == cbor2.dumps(value, canonical=True)
    assert cbor.decode(data, 100) == value


@given(st.binary(max_size=80))
@example(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x81" * 80)
def test_arbitrary_bytes_are_read_back_exactly_or_refused(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except FormatError as error:
        assert error.code == "format.cbor"  # noqa: PT017
        return
    assert cbor.encode(value) == data
    assert cbor2.loads(data) == value


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("1800", "shortest"),
        ("1817", "shortest"),
        ("1900ff", "shortest"),
        ("1a0000ffff", "shortest"),
        ("1b00000000ffffffff", "shortest"),
        ("3800", "shortest"),
        ("580100", "shortest"),
        ("5f4100ff", "indefinite"),
        ("9fff", "indefinite"),
        ("1c", "reserved"),
        ("a10000", "not part"),
        ("c000", "not part"),
        ("f5", "not part"),
        ("f6", "not part"),
        ("fb3ff0000000000000", "not part"),
        ("61ff", "UTF-8"),
        ("4100ff", "left over"),
        ("", "too early"),
        ("41", "beyond"),
        ("82", "beyond"),
        ("8200", "beyond"),
        ("19ff", "too early"),
    ],
)
def test_every_other_encoding_is_refused(data: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        cbor.decode(bytes.fromhex(data))


def test_depth_is_bounded() -> None:
    assert cbor.decode(b"\x81" * 3 + b"\x00", 3) == [[[0]]]
    with pytest.raises(FormatError, match="too deep"):
        cbor.decode(b"\x81" * 4 + b"\x00", 3)


@pytest.mark.parametrize("value", [True, None, 1.5, {"a": 1}, 2**64, -(2**64) - 1, {1}])
def test_values_outside_the_subset_are_not_written(value: Any) -> None:
    with pytest.raises(FormatError):
        cbor.encode(value)


def test_the_sample_that_cert_verifier_js_accepted_is_read_and_written_byte_for_byte() -> None:
    path = SHARED / "accepted-by-cert-verifier-js.json"
    if not path.exists():
        pytest.skip("the shared vectors are not here")
    sample = json.loads(path.read_text())
    data = base58.b58decode(sample["credential"]["proof"][1]["proofValue"][1:])
    found = cbor.decode(data)
    assert found == cbor2.loads(data)
    assert cbor.encode(found) == data
    assert [key for key, _ in found[:4]] == [3, 0, 1, 2]
    assert [len(cbor.decode(value)) for _, value in found[0][1]] == [104, 32, 32, 32, 96, 32, 32]
