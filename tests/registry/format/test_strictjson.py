"""strictjson: one reading of every file, one canonical form of every value."""

import json
import subprocess
import sys
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format.nesting import deeper_than
from registry.format.strictjson import canonical, digest, parse, pointer
from registry.limits import MAX_DEPTH, MAX_INTEGER

SAFE_INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
POLICY_DECIMALS = st.builds(
    lambda digits, places: digits / 10**places, st.integers(-(10**15) + 1, 10**15 - 1), st.integers(1, 6)
)
SCALARS = st.none() | st.booleans() | SAFE_INTEGERS | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b'{"a":{"b":1,"b":1}}', "format.duplicate-key", "/a"),
        (b'{"b":1,"\\u0062":2}', "format.duplicate-key", ""),
        (b'[1,{"x":[NaN]}]', "format.not-a-number", "/1/x/0"),
        (b"Infinity", "format.not-a-number", ""),
        (b"[-Infinity]", "format.not-a-number", "/0"),
        (b'{"a/b":{"c~d":-0}}', "format.number", "/a~1b/c~0d"),
        (b"-0.0", "format.number", ""),
        (b"-0e5", "format.number", ""),
        (b"9007199254740992", "format.number", ""),
        (b"-9007199254740992", "format.number", ""),
        (b"1e16", "format.number", ""),
        (b"1e999", "format.number", ""),
        (b"1.0000000000000001", "format.number", ""),
        (b"0.0000009", "format.number", ""),
        (b"1e-400", "format.number", ""),
        (b"1" * 5000, "format.number", ""),
        (b'["\\ud800"]', "format.surrogate", "/0"),
        (b'{"\\udc00":1}', "format.surrogate", "/?"),
        (b"\xef\xbb\xbf{}", "format.encoding", ""),
        (b'"\xff"', "format.encoding", ""),
        (b'"\xed\xa0\x80"', "format.encoding", ""),
        (b"", "format.not-json", ""),
        (b"{} {}", "format.not-json", ""),
        (b"{'a':1}", "format.not-json", ""),
        (b"[1,]", "format.not-json", ""),
        (b'"\x01"', "format.not-json", ""),
        (b"01", "format.not-json", ""),
        (b"\x00", "format.not-json", ""),
        (b"[" * 33 + b"]" * 33, "format.too-deep", "/0" * 32),
        (b"[" * 500_000, "format.too-deep", ""),
        (b'{"a":' * 100_000, "format.too-deep", ""),
    ],
)  # fmt: skip
def test_what_readers_treat_differently_is_refused_with_its_place(text: bytes, code: str, place: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.pointer) == (code, place)
    assert caught.value.problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        (b"9007199254740991", MAX_INTEGER, b"9007199254740991"),
        (b"0", 0, b"0"),
        (b"0.0", 0.0, b"0"),
        (b"42.0", 42.0, b"42"),
        (b"1E2", 100.0, b"100"),
        (b"0.000001", 1e-6, b"0.000001"),
        (b"-2.50", -2.5, b"-2.5"),
        (b"123456789012.345", 123456789012.345, b"123456789012.345"),
        ('"\\ud83d\\ude00 é"'.encode(), "😀 é", '"😀 é"'.encode()),
        (b' [ true , null ]\r\n', [True, None], b"[true,null]"),
    ],
)  # fmt: skip
def test_what_is_exact_everywhere_is_read_and_written_canonically(text: bytes, value: Any, written: bytes) -> None:
    found = parse(text)
    assert found == value
    assert type(found) is type(value)
    assert canonical(found) == written


def test_depth_and_size_are_taken_up_to_their_limit() -> None:
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse(b'"1234"', max_bytes=6) == "1234"
    with pytest.raises(FormatError, match="more than 6"):
        parse(b'"12345"', max_bytes=6)


@given(VALUES)
@example({"\ue000": 1, "\U0001f600": 2})
@example({"": '\x7f\x1f\u2028"\\/\b\f\n\r\t'})
def test_the_fast_canonical_form_is_that_of_the_independent_implementation(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES | st.lists(POLICY_DECIMALS))
def test_a_value_survives_writing_and_reading(value: Any) -> None:
    text = canonical(value)
    assert parse(text, max_depth=500) == value
    assert canonical(parse(text, max_depth=500)) == text


def test_utf_16_order_of_keys_is_kept_where_it_differs_from_code_points() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"😀":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("value", ["\ud800", float("nan"), float("inf"), 2**53, {1: 2}, object(), {"a": b""}])
def test_a_value_without_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(FormatError) as caught:
        digest(value)
    assert caught.value.code == "format.no-canonical-form"


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:0123456789.eE+-tfnul\\ud8 ').map(str.encode))
def test_arbitrary_bytes_are_read_or_refused_with_one_error(data: bytes) -> None:
    try:
        value = parse(data)
    except FormatError:
        return
    assert json.loads(data) == value
    assert parse(canonical(value)) == value


def test_pointers_escape_slash_and_tilde() -> None:
    assert pointer("a/b", 0, "~") == "/a~1b/0/~0"
    assert pointer() == ""


def test_deep_text_is_refused_even_where_a_library_has_raised_the_recursion_limit() -> None:
    """With this limit the decoder alone would overflow the C stack and end the process."""
    program = """
import sys
from registry.errors import FormatError
from registry.format.nesting import deeper_than
from registry.format.strictjson import parse
sys.setrecursionlimit(100_000)
for text in (b"[" * 400_000, b'{"a":' * 150_000, b'["\\\\\\"",' * 90_000, b"[" * 499 + b"]" * 499):
    try:
        parse(text)
    except FormatError as error:
        print(error.code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["format.too-deep"] * 4


@given(st.text(alphabet='[]{}"\\a,', max_size=60), st.integers(0, 8))
def test_nesting_is_counted_as_the_decoder_would_find_it(text: str, limit: int) -> None:
    depth = deepest = 0
    inside = escaped = False
    for letter in text:
        if inside:
            inside, escaped = (inside and (escaped or letter != '"')), (letter == "\\" and not escaped)
        elif letter == '"':
            inside, escaped = True, False
        elif letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    assert deeper_than(text.encode(), limit) is (deepest > limit)


def test_an_unclosed_string_of_escapes_takes_one_pass() -> None:
    assert not deeper_than(b"[" * 40 + b'"' + b'\\"' * 500_000, 40)
