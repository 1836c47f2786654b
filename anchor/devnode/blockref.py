"""Which block a parameter means: a tag, a number, a bare hash, or an EIP-1898 object.

A hash that is no longer canonical is an error everywhere, whether `requireCanonical` was given or not: who names a
state by its hash must learn that it is gone. `pending` is the newest block: this node builds none in advance.
"""

from typing import Any

from anchor.devnode import params
from anchor.devnode.chain import Chain
from anchor.devnode.errors import invalid, refused
from anchor.devnode.shapes import Header

HASH_CHARACTERS = 66


def find(chain: Chain, value: Any) -> Header | None:
    """The block that `value` means, None when there is no such number. Raises Fault for anything else."""
    if isinstance(value, dict):
        return _eip1898(chain, value)
    if isinstance(value, str) and len(value) == HASH_CHARACTERS:
        return _by_hash(chain, value)  # web3 sends a bare hash where EIP-1898 has an object
    return _by_number(chain, value)


def need(chain: Chain, value: Any) -> Header:
    """As `find`; a number that does not exist is an error too."""
    header = find(chain, value)
    if header is None:
        raise refused("header not found")
    return header


def _eip1898(chain: Chain, value: dict[str, Any]) -> Header | None:
    if unknown := set(value) - {"blockHash", "blockNumber", "requireCanonical"}:
        raise invalid(f"a block is not named by {sorted(unknown)[0]!r}")
    if "blockHash" in value and "blockNumber" in value:
        raise invalid("cannot specify both blockHash and blockNumber, choose one or the other")
    if "blockHash" in value:
        return _by_hash(chain, value["blockHash"])
    if "blockNumber" in value:
        return _by_number(chain, value["blockNumber"])
    raise invalid("a block object needs blockHash or blockNumber")


def _by_hash(chain: Chain, value: Any) -> Header:
    header = chain.by_hash(params.hash32(value))
    if header is None:
        raise refused("header for hash not found")
    if not chain.is_canonical(header):
        raise refused("hash is not currently canonical")
    return header


def _by_number(chain: Chain, value: Any) -> Header | None:
    match value:
        case "latest" | "pending":
            return chain.head
        case "earliest":
            return chain.by_number(0)
        case "safe":
            return chain.by_number(chain.safe())
        case "finalized":
            return chain.by_number(chain.finalized())
    return chain.by_number(params.quantity(value))
