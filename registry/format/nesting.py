"""How deep a JSON text nests, without parsing it.

The standard decoder recurses in C. Python's recursion limit would stop it, but some libraries (the Ethereum ones do)
raise that limit for the whole process, and then some 100 kB of `[` end the process instead of raising an error.
"""

import json
import re
from typing import Any

SAFE_DEPTH = 100
"""Deeper than anything that is sent here, and far from where the decoder, or code that walks its result, would end."""

SAFE_RECURSION = 12_288
"""What to set Python's recursion limit to after a library raised it to 100,000: the EVM still reaches its full depth,
and C code that recurses still fits the stack."""

# A string, closed or not, so that one pass suffices for any input; or a bracket outside strings.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def deeper_than(data: bytes, limit: int) -> bool:
    """Whether arrays and objects nest more than `limit` deep before the text ends or stops being JSON."""
    if data.count(b"[") + data.count(b"{") <= limit:
        return False
    depth = 0
    for found in _TOKEN.finditer(data):
        token = found.group()
        if token in (b"[", b"{"):
            depth += 1
            if depth > limit:
                return True
        elif token in (b"]", b"}"):
            depth -= 1
    return False


def loads(data: bytes, limit: int = SAFE_DEPTH) -> Any:
    """`json.loads` for UTF-8 that others wrote, where a lenient reading is enough. Raises ValueError, nothing else."""
    if deeper_than(data, limit):
        raise ValueError(f"arrays and objects are nested more than {limit} deep")
    return json.loads(data.decode())
