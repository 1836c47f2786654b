"""How deep a JSON text nests, without parsing it.

The standard decoder recurses in C. Python's recursion limit would stop it, but some libraries (the Ethereum ones do)
raise that limit for the whole process, and then some 100 kB of `[` end the process instead of raising an error.
"""

import re

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
