"""The file `credanchor-evidence/1`: which breach of which registry, and the material that proves it. No prose.

Read strictly: canonical JSON (RFC 8785) and a line feed, exactly these members, so a file has one spelling.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from registry.errors import FormatError
from registry.format.strictjson import canonical, parse, pointer
from registry.verify.jsonfields import Fields

EVIDENCE_FORMAT = "credanchor-evidence/1"

MAX_EVIDENCE_BYTES = 16 * 1024 * 1024
"""The whole log of a contract with some twenty thousand entries; all else has less than a megabyte."""

_HEX = frozenset("0123456789abcdef")
_NAMES = frozenset({"format", "kind", "property", "code", "registry", "material"})


@dataclass(frozen=True)
class Evidence:
    """`kind` says how it is checked, `property_id` (like "A5") and `code` are those of the finding."""

    kind: str
    property_id: str
    code: str
    chain_id: int
    contract: bytes
    material: dict[str, Any]

    def to_bytes(self) -> bytes:
        """Canonical JSON and a line feed."""
        members = {
            "format": EVIDENCE_FORMAT,
            "kind": self.kind,
            "property": self.property_id,
            "code": self.code,
            "registry": {"chain_id": self.chain_id, "contract": "0x" + self.contract.hex()},
            "material": self.material,
        }
        return canonical(members) + b"\n"

    @property
    def name(self) -> str:
        """The file's name: property, code, and the first 16 digits of the SHA-256 of its bytes."""
        return f"{self.property_id}-{self.code}-{hashlib.sha256(self.to_bytes()).hexdigest()[:16]}.json"

    @classmethod
    def parse(cls, content: bytes) -> "Evidence":
        """Raises FormatError format.* or evidence.*."""
        value = parse(content, max_bytes=MAX_EVIDENCE_BYTES)
        known = Fields(value, _NAMES)
        if known.text("format") != EVIDENCE_FORMAT:
            raise FormatError("evidence.format", "/format", f"This is not {EVIDENCE_FORMAT}")
        if canonical(value) + b"\n" != content:
            raise FormatError("evidence.spelling", "", "The file is not canonical JSON and one line feed")
        registry = Fields(known.object("registry"), frozenset({"chain_id", "contract"}), ("registry",))
        return cls(
            kind=known.text("kind"),
            property_id=known.text("property"),
            code=known.text("code"),
            chain_id=registry.integer("chain_id"),
            contract=registry.binary("contract", 20, "0x"),
            material=known.object("material"),
        )


def blob(value: Any, place: tuple[str | int, ...], most: int) -> bytes:
    """1 to `most` bytes in lower-case hex. Raises FormatError evidence.hex."""
    if isinstance(value, str) and 0 < len(value) <= 2 * most and len(value) % 2 == 0 and set(value) <= _HEX:
        return bytes.fromhex(value)
    raise FormatError("evidence.hex", pointer(*place), f"This is not 1 to {most} bytes in lower-case hex")
