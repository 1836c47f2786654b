"""JSON as signed data needs it: one reading of every file, and one canonical form (RFC 8785) of every value.

Two programs must never see different values in one file, so everything that JSON readers treat differently is refused:
duplicate keys, NaN, lone surrogates, unsafe integers, decimals beyond double precision, -0, a byte order mark.
"""

import hashlib
import json
from typing import Any, NoReturn

import rfc8785

from registry.errors import FormatError
from registry.format.nesting import deeper_than
from registry.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_INTEGER, MAX_SIGNIFICANT_DIGITS, MIN_MAGNITUDE

# Where a value sits: (parent, key or index), None for the top. Turned into a JSON Pointer only when something is wrong.
_Place = tuple[Any, str | int] | None


_DECODER_DEPTH = 500
"""What the decoder, which recurses in C, is given at most; the walk after it bounds more tightly and knows where."""


class _Flaw:
    """Stands in the parsed tree where something is wrong, until the walk that knows the place finds it."""

    __slots__ = ("code", "problem", "remedy")

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        self.code, self.problem, self.remedy = code, problem, remedy


def parse(data: bytes, *, max_bytes: int = MAX_DOCUMENT_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Read one JSON text of at most `max_bytes` bytes, nested at most `max_depth` deep.

    Raises FormatError: format.too-large, encoding, not-json, too-deep, duplicate-key, not-a-number, number, surrogate.
    Rules: FORMAT.md section 1; I-JSON (RFC 7493) is the nearest standard.
    """
    if len(data) > max_bytes:
        raise FormatError("format.too-large", "", f"The file has {len(data)} bytes, more than {max_bytes}")
    if data.startswith(b"\xef\xbb\xbf"):
        raise FormatError(
            "format.encoding", "", "The file begins with a byte order mark", "Save it as UTF-8 without one"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("format.encoding", "", f"Byte {error.start} is not UTF-8", "Save the file as UTF-8") from None
    if deeper_than(data, _DECODER_DEPTH):
        raise _too_deep("", max_depth)
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise FormatError("format.not-json", "", f"This is not JSON: {error.msg}, {where}") from None
    except RecursionError:
        raise _too_deep("", max_depth) from None
    _walk(value, None, max_depth)
    return value


def canonical(value: Any) -> bytes:
    """The JSON Canonicalization Scheme form of `value` in UTF-8 (RFC 8785). Raises FormatError where there is none."""
    if _is_plain(value):
        # The C encoder writes exactly RFC 8785 for such values, several times faster; a test compares the two.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise FormatError("format.no-canonical-form", "", f"The value has no canonical JSON form: {error}") from None


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical form, 32 bytes. D_jcs of FORMAT.md section 2 is this, over the document."""
    return hashlib.sha256(canonical(value)).digest()


def whole(value: Any) -> int | None:
    """The integer that a parsed number is, however it was spelled (9, 9.0 and 9e0 are one); None for all else.

    True is none, although Python takes it for 1.
    """
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def pointer(*keys: str | int) -> str:
    """A JSON Pointer (RFC 6901) to what the keys and indexes lead to."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    shown = ascii(twice[:40])
    return _Flaw("format.duplicate-key", f"The key {shown} appears twice in one object", "Write it once")


def _integer(literal: str) -> Any:
    # The length bound comes first: converting a very long literal takes quadratic time.
    if literal == "-0" or len(literal) > 17 or abs(int(literal)) > MAX_INTEGER:
        return _number_flaw(literal, f"integers lie within ±{MAX_INTEGER}, and zero has no sign")
    return int(literal)


def _decimal(literal: str) -> Any:
    digits = literal.lower().partition("e")[0].replace(".", "").lstrip("-").lstrip("0")
    value = float(literal)
    if len(digits.rstrip("0")) > MAX_SIGNIFICANT_DIGITS:
        return _number_flaw(literal, f"decimals have at most {MAX_SIGNIFICANT_DIGITS} significant digits")
    if abs(value) > MAX_INTEGER or (digits and abs(value) < MIN_MAGNITUDE) or (not digits and literal.startswith("-")):
        return _number_flaw(literal, f"decimals lie between {MIN_MAGNITUDE} and {MAX_INTEGER}, and zero has no sign")
    return value


def _number_flaw(literal: str, rule: str) -> _Flaw:
    return _Flaw("format.number", f"The number {literal[:40]} is not exact everywhere", f"Here {rule}")


def _constant(name: str) -> _Flaw:
    return _Flaw("format.not-a-number", f"{name} is not JSON", "Leave the value out")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)


def _walk(value: Any, place: _Place, depth: int) -> None:
    """Find what the decoder let through or marked, knowing where it is. Recursion is bounded by `depth`."""
    if isinstance(value, str):
        _no_surrogates(value, place)
    elif isinstance(value, dict):
        if depth == 0:
            raise _too_deep(_pointer(place))
        for key, member in value.items():
            here = (place, key)
            _no_surrogates(key, here)
            _walk(member, here, depth - 1)
    elif isinstance(value, list):
        if depth == 0:
            raise _too_deep(_pointer(place))
        for index, member in enumerate(value):
            _walk(member, (place, index), depth - 1)
    elif isinstance(value, _Flaw):
        raise FormatError(value.code, _pointer(place), value.problem, value.remedy)


def _no_surrogates(text: str, place: _Place) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        _surrogate(place)


def _surrogate(place: _Place) -> NoReturn:
    where = _pointer(place).encode("utf-8", "replace").decode("utf-8")
    raise FormatError("format.surrogate", where, "A \\u escape is half of a pair", "Write the whole character")


def _too_deep(where: str, max_depth: int | None = None) -> FormatError:
    limit = f" of {max_depth} levels" if max_depth else ""
    return FormatError("format.too-deep", where, f"Values are nested deeper than the limit{limit} allows")


def _pointer(place: _Place) -> str:
    keys: list[str | int] = []
    while place is not None:
        place, key = place
        keys.append(key)
    return pointer(*reversed(keys))


def _is_plain(value: Any) -> bool:
    """Whether the standard library writes this value's canonical form.

    True for strings, safe integers, booleans, null, decimals like 2.5, and lists and objects of them, as long as
    ordering keys by code point is ordering them by UTF-16 unit. Other types and lone surrogates take the general way.
    """
    kind = type(value)
    if kind is str:
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    if kind is dict:
        keys_sort_alike = all(type(key) is str and (key.isascii() or max(key) < "\ud800") for key in value)
        return keys_sort_alike and all(map(_is_plain, value.values()))
    if kind is list:
        return all(map(_is_plain, value))
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if kind is float:
        # Python and JavaScript write the same shortest digits; here both without an exponent.
        return 1e-4 <= abs(value) < 1e15 and not value.is_integer()
    return value is None or kind is bool
