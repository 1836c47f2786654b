"""Keccak-256, which Ethereum's tries use and the standard library has not."""

from collections.abc import Callable
from functools import cache

from registry.verify.evidence import Unproved


def keccak(data: bytes) -> bytes:
    """The 32-byte hash. Raises Unproved where no library for it is installed."""
    return bytes(_library()(data))


@cache
def _library() -> Callable[[bytes], bytes]:
    try:
        from eth_hash.auto import keccak as found

        found(b"")  # it looks for its backend when it is first called
    except ImportError:
        problem = "Keccak-256 is not installed, and without it no proof can be checked."
        raise Unproved("no-keccak", problem, "Install credanchor with its extra `server`") from None
    return found
