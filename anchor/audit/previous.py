"""The report of an earlier audit, read strictly: where it looked, and what the log was then."""

import hashlib
from dataclasses import dataclass
from typing import Any

from anchor.audit.report import REPORT_FORMAT
from registry.errors import FormatError
from registry.format.strictjson import parse

MAX_REPORT_BYTES = 64 * 1024 * 1024
"""A report with some hundred thousand findings."""


@dataclass(frozen=True)
class Previous:
    """`digest` is the SHA-256 of its bytes; `log_size` and `log_head` the log's at the block that it read."""

    digest: bytes
    chain_id: int
    contract: str
    block_number: int
    block_hash: bytes
    log_size: int
    log_head: bytes

    @classmethod
    def parse(cls, content: bytes) -> "Previous":
        """Raises FormatError report.* or format.*; a report about an incomplete log has no head to follow."""
        found = parse(content, max_bytes=MAX_REPORT_BYTES)
        if not isinstance(found, dict) or found.get("format") != REPORT_FORMAT:
            raise FormatError("report.format", "/format", f"This is no report in the format {REPORT_FORMAT}")
        registry, head = _object(found, "registry"), _object(found, "head")
        contract = registry.get("contract")
        if not isinstance(contract, str) or len(contract) != 42:
            raise FormatError("report.contract", "/registry/contract", "This is no address of a contract")
        return cls(
            digest=hashlib.sha256(content).digest(),
            chain_id=_number(registry, "registry", "chain_id"),
            contract=contract,
            block_number=_number(head, "head", "block_number"),
            block_hash=_hash(head, "block_hash", "0x"),
            log_size=_number(head, "head", "log_size"),
            log_head=_hash(head, "log_head", ""),
        )

    def to_json(self) -> dict[str, Any]:
        """What the next report says of this one."""
        return {
            "sha256": self.digest.hex(),
            "block_number": self.block_number,
            "block_hash": "0x" + self.block_hash.hex(),
            "log_size": self.log_size,
            "log_head": self.log_head.hex(),
        }


def _object(members: dict[str, Any], name: str) -> dict[str, Any]:
    value = members.get(name)
    if not isinstance(value, dict):
        raise FormatError("report.members", f"/{name}", f"The report has no {name}")
    return value


def _number(members: dict[str, Any], place: str, name: str) -> int:
    value = members.get(name)
    if type(value) is not int or value < 0:
        raise FormatError("report.integer", f"/{place}/{name}", "This is not an unsigned integer")
    return value


def _hash(members: dict[str, Any], name: str, prefix: str) -> bytes:
    value = members.get(name)
    try:
        if isinstance(value, str) and value.startswith(prefix) and len(value) == len(prefix) + 64:
            return bytes.fromhex(value[len(prefix) :])
    except ValueError:
        pass
    problem = "This is not a hash; a report about an incomplete log cannot be followed"
    raise FormatError("report.hash", f"/head/{name}", problem)
