"""RDF literals as canonical N-Quads write them (RDF Dataset Canonicalization 1.0, section 5; JSON-LD 1.1 API, 8.6)."""

import re

from registry.limits import MAX_INTEGER, MAX_SIGNIFICANT_DIGITS, MIN_MAGNITUDE
from registry.rdfc.refusal import Refusal

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_TO_ESCAPE = re.compile(r'[\x00-\x1f"\\\x7f]')
_EXPONENT = re.compile(r"(\d)0*E\+?(-)?0*(\d)")


def literal(text: str, suffix: str = "") -> str:
    """A text as a literal; `suffix` is "@" and a language, or "^^" and a datatype in angle brackets, or empty."""
    return f'"{escaped(text)}"{suffix}'


def is_plain(text: str) -> bool:
    """Whether a text stands between quotes as it is: here, and in JSON too."""
    return text.isprintable() and '"' not in text and "\\" not in text


def escaped(text: str) -> str:
    """A text as it stands between the quotes."""
    if is_plain(text):
        return text
    return _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}", text)


def native(value: bool | int | float, datatype: str | None) -> str:
    """A JSON number or truth value as a literal; `datatype` is an IRI when the context or the document names one.

    Raises Refusal rdf.number for numbers that programs write differently.
    """
    if value is True or value is False:
        return f'"{"true" if value else "false"}"{suffix_of(datatype or XSD + "boolean")}'
    _check(value)
    if float(value).is_integer() and datatype != f"{XSD}double":
        return f'"{int(value)}"{suffix_of(datatype or XSD + "integer")}'
    # The canonical form of xsd:double: 2.5E0, 1.0E-1.
    text = _EXPONENT.sub(r"\1E\2\3", f"{value:1.15E}")
    return f'"{text}"{suffix_of(datatype or XSD + "double")}'


def suffix_of(datatype: str) -> str:
    """What follows a text of this datatype, an IRI."""
    return "" if datatype == f"{XSD}string" else f"^^<{datatype}>"


def _check(value: int | float) -> None:
    if isinstance(value, int):
        exact = abs(value) <= MAX_INTEGER
    else:
        # JavaScript and Python write such numbers alike; NaN and infinity fail the comparison.
        in_range = MIN_MAGNITUDE <= abs(value) <= MAX_INTEGER or (value == 0 and str(value) == "0.0")
        digits = len(f"{value!r}".partition("e")[0].replace(".", "").strip("-0"))
        exact = in_range and digits <= MAX_SIGNIFICANT_DIGITS
    if not exact:
        problem = f"The number {value!r} is not written alike by all programs"
        remedy = f"Integers lie within ±{MAX_INTEGER}; decimals have {MAX_SIGNIFICANT_DIGITS} digits and are not tiny"
        raise Refusal("rdf.number", problem, remedy)
