"""Definitions from standards, word for word and slow: what the product's quick forms are held against."""

import hashlib


def head_by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, as the standard writes it down."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = head_by_definition(leaves[:split]), head_by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()
