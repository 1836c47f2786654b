"""Reading JSON-RPC parameters: each function takes one JSON value and gives a Python value or raises code -32602."""

import re
from typing import Any

from anchor.devnode.errors import invalid
from anchor.devnode.shapes import NOBODY, Call
from anchor.devnode.transactions import CREATION

_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]*)")
_DATA = re.compile(r"0x([0-9a-fA-F]{2})*")
MAX_QUANTITY_DIGITS = 66
"""0x and 64 digits: 256 bits."""

CALL_FIELDS = {"from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "data", "input"}
CALL_FIELDS |= {"nonce", "chainId", "type", "accessList"}


def quantity(value: Any) -> int:
    """A hexadecimal number without leading zeros, below 2^256."""
    if not isinstance(value, str) or len(value) > MAX_QUANTITY_DIGITS or not _QUANTITY.fullmatch(value):
        raise invalid(f"{_shown(value)} is not a hexadecimal quantity such as 0x1f")
    return int(value, 16)


def number(value: Any) -> int:
    """A whole number that is not negative, as JSON number or as quantity: the development tools take both."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    return quantity(value)


def flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise invalid(f"{_shown(value)} is not true or false")
    return value


def data(value: Any) -> bytes:
    """Bytes of any length."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise invalid(f"{_shown(value)} is not an even number of hexadecimal digits after 0x")
    return bytes.fromhex(value[2:])


def fixed(value: Any, length: int, what: str) -> bytes:
    """Exactly `length` bytes."""
    found = data(value)
    if len(found) != length:
        raise invalid(f"{what} has {length} bytes, not {len(found)}")
    return found


def address(value: Any) -> bytes:
    """20 bytes; the checksum in upper and lower case is not looked at, as on other nodes."""
    return fixed(value, 20, "an address")


def hash32(value: Any) -> bytes:
    """32 bytes."""
    return fixed(value, 32, "a hash")


def slot(value: Any) -> int:
    """A storage position: up to 32 bytes, padded or not."""
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
        raise invalid(f"{_shown(value)} is not a storage position of up to 32 bytes")
    return int(value, 16)


def call(value: Any) -> tuple[Call, int | None, int]:
    """A call object: (message, gas or None, fee cap in wei per gas that the sender must be able to pay)."""
    if not isinstance(value, dict):
        raise invalid("a call is an object with members such as to and data")
    given = {key: member for key, member in value.items() if member is not None}
    if unknown := sorted(set(given) - CALL_FIELDS):
        raise invalid(f"a call has no member {_shown(unknown[0])}")
    if "gasPrice" in given and ("maxFeePerGas" in given or "maxPriorityFeePerGas" in given):
        raise invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    payload = data(given.get("input", given.get("data", "0x")))
    if "input" in given and "data" in given and data(given["data"]) != payload:
        raise invalid('both "data" and "input" are set and not equal')
    message = Call(
        sender=address(given["from"]) if "from" in given else NOBODY,
        to=address(given["to"]) if "to" in given else CREATION,
        value=quantity(given.get("value", "0x0")),
        data=payload,
        access_list=_access_list(given.get("accessList", [])),
    )
    gas = quantity(given["gas"]) if "gas" in given else None
    return message, gas, quantity(given.get("gasPrice", given.get("maxFeePerGas", "0x0")))


def _access_list(value: Any) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise invalid("an access list is an array of objects with address and storageKeys")
    found = []
    for entry in value:
        keys = entry.get("storageKeys", [])
        if not isinstance(keys, list):
            raise invalid("storageKeys is an array")
        found.append((address(entry.get("address")), tuple(int.from_bytes(hash32(key), "big") for key in keys)))
    return tuple(found)


def _shown(value: Any) -> str:
    """A value as it may be repeated in an error: short."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
