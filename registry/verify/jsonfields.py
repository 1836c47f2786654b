"""Reading the members of a JSON object that must have exactly these, each of its type; used for evidence only."""

from collections.abc import Callable
from typing import Any, TypeVar

from registry.errors import FormatError
from registry.format.strictjson import pointer, whole
from registry.limits import MAX_INTEGER

T = TypeVar("T")


class Fields:
    """The members of one object at `place`. Each reader raises FormatError evidence.* naming the member."""

    def __init__(self, value: Any, names: frozenset[str], place: tuple[str | int, ...] = ()) -> None:
        if not isinstance(value, dict):
            raise FormatError("evidence.type", pointer(*place), "This is not an object")
        if value.keys() != names:
            wrong = sorted(value.keys() ^ names)[0]
            state = "is missing" if wrong in names else "is not known"
            raise FormatError("evidence.members", pointer(*place), f"The member {wrong[:40]!a} {state}")
        self._value = value
        self._place = place

    def integer(self, name: str) -> int:
        """0 to 2^53-1; however it is spelled: JSON's 9, 9.0 and 9e0 are one number."""
        value = whole(self._value[name])
        if value is None or not 0 <= value <= MAX_INTEGER:
            raise self._flaw(name, f"This is not an integer from 0 to {MAX_INTEGER}")
        return value

    def boolean(self, name: str) -> bool:
        return self._typed(name, bool)

    def text(self, name: str) -> str:
        return self._typed(name, str)

    def object(self, name: str) -> dict[str, Any]:
        return self._typed(name, dict)

    def object_or_none(self, name: str) -> dict[str, Any] | None:
        """An object, None for JSON's null."""
        return None if self._value[name] is None else self.object(name)

    def binary(self, name: str, length: int, prefix: str = "") -> bytes:
        """`length` bytes in lower-case hex behind `prefix`."""
        return self._hex(self._value[name], length, prefix, name)

    def binary_or_none(self, name: str, length: int) -> bytes | None:
        """The same without prefix, None for JSON's null."""
        return None if self._value[name] is None else self.binary(name, length)

    def hashes(self, name: str, most: int) -> tuple[bytes, ...]:
        """A list of at most `most` 32-byte values in lower-case hex."""
        values = self._typed(name, list)
        if len(values) > most:
            raise self._flaw(name, f"The list has more than {most} items")
        return tuple(self._hex(value, 32, "", name, index) for index, value in enumerate(values))

    def each(self, name: str, most: int, read: Callable[[Any, tuple[str | int, ...]], T]) -> tuple[T, ...]:
        """A list of at most `most` values, each read by `read(value, place)`."""
        values = self._typed(name, list)
        if len(values) > most:
            raise self._flaw(name, f"The list has more than {most} items")
        return tuple(read(value, (*self._place, name, index)) for index, value in enumerate(values))

    def place(self, name: str) -> tuple[str | int, ...]:
        return (*self._place, name)

    def _typed(self, name: str, kind: type[T]) -> T:
        value = self._value[name]
        if not isinstance(value, kind):
            raise self._flaw(name, f"This is not of type {kind.__name__}")
        return value

    def _hex(self, value: Any, length: int, prefix: str, *keys: str | int) -> bytes:
        if isinstance(value, str) and len(value) == len(prefix) + 2 * length and value.startswith(prefix):
            digits = value[len(prefix) :]
            if set(digits) <= _HEX:
                return bytes.fromhex(digits)
        shown = f" behind {prefix}" if prefix else ""
        problem = f"This is not {length} bytes in lower-case hex{shown}"
        raise FormatError("evidence.hex", pointer(*self._place, *keys), problem)

    def _flaw(self, name: str, problem: str) -> FormatError:
        return FormatError("evidence.type", pointer(*self._place, name), problem)


_HEX = frozenset("0123456789abcdef")
