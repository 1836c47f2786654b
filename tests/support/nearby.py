"""Things near to good ones, by a seed: proofs, status evidence, chain facts and credentials with something changed."""

import base64
import copy
import gzip
import json
import random
from typing import Any

from registry.errors import FormatError
from registry.format import cbor
from registry.format.multibase import b58decode, b58encode
from registry.limits import MAX_STATUS_LIST_BYTES, MAX_TIME, MIN_STATUS_LIST_BYTES

NUMBERS = [0, 1, 2, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**63, 2**64 - 1, -1]
CBOR_VALUES: list[Any] = [*NUMBERS, b"", bytes(20), b"\xed\x01" + bytes(32), [], [[]], "x"]
TIMES = ["9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00"]
TIMES += ["2026-01-01T00:00:00+14:59", "2026-01-01T00:00:00-15:00", "2026-06-30T23:59:60Z", "2024-02-29T00:00:00Z"]
JSON_VALUES: list[Any] = [None, True, False, *NUMBERS[:12], 1.5, "", "x", "0" * 64, "F" * 64, [], {}, [[]], "u", *TIMES]
KEYS = ["extra", "__proto__", "toString", "constructor", "\u2028", "proof"]


class Nearby:
    """Each method gives another thing every time, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def proof_value(self, text: str) -> str:
        """Of a proof value: other bytes, or other CBOR on any of its levels."""
        raw = b58decode(text[1:], 20_000)
        if self.chance.random() < 0.25:
            return "z" + b58encode(self._bytes(raw))
        if self.chance.random() < 0.05:
            return self.chance.choice(
                ["", "z", "zz", "z0", "x" + text[1:], "z1" + text[1:], "z" + "1" * 12_000, text[:-1]]
            )
        try:
            return "z" + b58encode(cbor.encode(self._cbor(cbor.decode(raw))))
        except FormatError:  # a number that CBOR has no place for
            return text

    def value(self, value: Any) -> Any:
        """Of a JSON value: one place in it is another."""
        chance = self.chance
        if isinstance(value, dict) and value and chance.random() < 0.9:
            key, made = chance.choice(list(value)), dict(value)
            match chance.randrange(16):
                case 0:
                    del made[key]
                case 1:
                    made[chance.choice(KEYS)] = chance.choice(JSON_VALUES)
                case _:
                    made[key] = self.value(value[key])
            return made
        if isinstance(value, list) and value and chance.random() < 0.85:
            place, items = chance.randrange(len(value)), list(value)
            match chance.randrange(10):
                case 0:
                    items.append(copy.deepcopy(value[place]))
                case 1:
                    del items[place]
                case _:
                    items[place] = self.value(value[place])
            return items
        if isinstance(value, int) and not isinstance(value, bool) and chance.random() < 0.7:
            return max(0, value + chance.choice([-1, 1, -5, 86_400, 10**9]))
        if isinstance(value, str) and value and chance.random() < 0.6:
            place = chance.randrange(len(value))
            return (
                value[:place]
                + chance.choice(["", "0", "A", "z", " ", "\u202e", value[place].upper()])
                + value[place + 1 :]
            )
        return copy.deepcopy(chance.choice(JSON_VALUES))

    def bit_string(self, evidence: dict[str, Any]) -> dict[str, Any]:
        """Of status evidence: one list's packed bits are others, cut, followed by more, or of an edge's length."""
        made = copy.deepcopy(evidence)
        subject = self.chance.choice(made["lists"])["credential"]["credentialSubject"]
        packed = base64.urlsafe_b64decode(subject["encodedList"][1:] + "==")
        sizes = [MAX_STATUS_LIST_BYTES, MAX_STATUS_LIST_BYTES + 1, MIN_STATUS_LIST_BYTES - 1, MIN_STATUS_LIST_BYTES]
        match self.chance.randrange(6):
            case 0:
                packed += b"x"
            case 1:
                packed += gzip.compress(b"abc")
            case 2:
                packed = packed[: -self.chance.randint(1, 9)]
            case 3:
                packed = self._bytes(packed)
            case 4:
                packed = gzip.compress(bytes(self.chance.choice(sizes)))
        tail = self.chance.choice(["", "", "", "=", " "])
        subject["encodedList"] = "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=") + tail
        return made

    def facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Of the contract's answer: one fact is another."""
        made = dict(facts)
        name = self.chance.choice(list(made))
        value = made[name]
        if isinstance(value, bool):
            made[name] = not value
        elif isinstance(value, int):
            edges = [value + 1, max(0, value - 1), 0, MAX_TIME, MAX_TIME + 1]
            near = [max(0, facts["anchor_time"] + step) for step in (-1, 0, 1)]
            made[name] = self.chance.choice(edges + near)
        elif name == "contract":
            made[name] = "0x" + "1" * 40
        else:
            made[name] = self.chance.choice(["0" * len(value), value[:-1] + ("1" if value[-1] == "0" else "0")])
        return made

    def credential(self, data: bytes) -> bytes:
        """Of a credential's file: one value in it is another."""
        return json.dumps(self.value(json.loads(data)), ensure_ascii=self.chance.random() < 0.5).encode(
            "utf-8", "replace"
        )

    def _bytes(self, data: bytes) -> bytes:
        made, place = bytearray(data), self.chance.randrange(len(data))
        match self.chance.randrange(3):
            case 0:
                made[place] ^= 1 << self.chance.randrange(8)
            case 1:
                del made[place]
            case 2:
                made.insert(place, self.chance.randrange(256))
        return bytes(made)

    def _cbor(self, value: Any) -> Any:
        chance = self.chance
        if isinstance(value, list) and value and chance.random() < 0.85:
            place, items = chance.randrange(len(value)), list(value)
            match chance.randrange(12):
                case 0:
                    items.insert(place, copy.deepcopy(chance.choice(CBOR_VALUES)))
                case 1:
                    del items[place]
                case _:
                    items[place] = self._cbor(value[place])
            return items
        if isinstance(value, int) and chance.random() < 0.6:
            return value + chance.choice([-1, 1, 2, 100])
        if isinstance(value, bytes) and value and chance.random() < 0.7:
            try:
                return cbor.encode(self._cbor(cbor.decode(value)))
            except FormatError:
                return self._bytes(value)
        return copy.deepcopy(chance.choice(CBOR_VALUES))
