"""What is done to bundles by who wants them to say something else: to their proofs, and to the form of their file."""

from collections.abc import Iterator
from typing import Any

from anchor.bundle import rlp

ALTERED = (
    "reordered", "twice", "unknown member", "missing member", "upper case", "base64 with other padding bits",
    "long header", "long node", "many nodes", "long code", "no object as evidence", "another version",
)  # fmt: skip
"""What `altered` does."""


def spoiled(nodes: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    """Each node altered at its beginning, middle and end, dropped, with bytes behind it; and one that is strange."""
    for place, node in enumerate(nodes):
        rest = nodes[:place] + nodes[place + 1 :]
        yield rest
        for at in (0, len(node) // 2, len(node) - 1):
            changed = bytearray(node)
            changed[at] ^= 1
            yield tuple(sorted((*rest, bytes(changed))))
        yield tuple(sorted((*rest, node + b"\0")))
    yield tuple(sorted((*nodes, rlp.encode([b"\x20" + bytes(32), b"\x01"]))))
    yield ()


def altered(value: dict[str, Any], case: str) -> dict[str, Any]:
    match case:
        case "reordered":
            value["storage"].reverse()
        case "twice":
            value["account"].insert(0, value["account"][0])
        case "unknown member":
            value["extra"] = 1
        case "missing member":
            del value["code"]
        case "upper case":
            value["header"] = value["header"].upper()
        case "base64 with other padding bits":
            value["credential"] = "QUJD\n"
        case "long header":
            value["header"] = "00" * 2049
        case "long node":
            value["storage"] = ["00" * 1025]
        case "many nodes":
            value["account"] = [f"{number:04x}" for number in range(65)]
        case "long code":
            value["code"] = "AAAA" * 8193
        case "no object as evidence":
            value["status"] = [1]
        case "another version":
            value["format"] = "credanchor-bundle/2"
    return value
