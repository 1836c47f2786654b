"""Bounds of everything that is read from outside, each with its reason.

A bound is part of the format: two verifiers that differ here could differ in their verdict. FORMAT.md repeats them.
"""

MAX_INTEGER = 2**53 - 1
"""Largest integer in JSON and in the proof: what every JavaScript engine represents exactly (RFC 8259, section 6)."""

MAX_TIME = 253_402_300_799
"""Last second of the year 9999; times of blocks and keys are not beyond it."""

MAX_DEPTH = 32
"""Nesting of a JSON document. An Open Badge with endorsements and results needs about 12."""

MAX_DOCUMENT_BYTES = 1024 * 1024
"""A credential file. Text needs 4 KiB; the rest is room for an embedded image."""

MAX_STATUS_EVIDENCE_BYTES = 4 * 1024 * 1024
"""Evidence for a pair of status lists: two of MAX_STATUS_LIST_BYTES, incompressible, in base64, and their paths."""

MAX_SIGNIFICANT_DIGITS = 15
"""Digits of a JSON decimal: every such number survives IEEE 754 double precision unchanged."""

MIN_MAGNITUDE = 1e-6
"""Smallest decimal other than zero: below it JSON writers change to exponents, each in its own way."""

MIN_STATUS_LIST_BYTES = 131_072 // 8
"""Shortest bit string: W3C Bitstring Status List 1.0 demands 131,072 entries, for the privacy of the group."""

MAX_STATUS_LIST_BYTES = 1024 * 1024
"""Longest bit string, 8,388,608 entries; also what decompression may produce at most."""

MAX_PATH = 53
"""Siblings in one path: a tree of MAX_INTEGER leaves is 53 levels deep."""

MAX_PROOF_BYTES = 8192
"""The CBOR of an anchor proof: two paths of MAX_PATH siblings at 39 bytes each, and less than 600 bytes around them."""

MAX_PROOF_CHARS = 11_264
"""The same in base58, which needs 1.37 characters a byte."""

MAX_URL_CHARS = 2048
"""Longest URL or DID taken from a document."""

MAX_CBOR_DEPTH = 8
"""Nesting of a CBOR value; the proof needs 5."""
