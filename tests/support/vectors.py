"""Reading the conformance vectors and giving them to the verifier."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from anchor.bundle import offline
from anchor.bundle.file import Bundle
from registry.errors import FormatError
from registry.verify import ChainAnswer, ChainFacts, TrustProfile, Unreachable, WrongChain
from tests.support.cases import Case, Chain, Status
from tests.support.specimen import to_bytes

FOLDER = Path(__file__).parent.parent / "vectors"
PATHS = sorted(FOLDER.glob("*.json"))
BUNDLES = sorted((FOLDER / "bundles").glob("*.json"))
"""Vectors of portable bundles (FORMAT.md section 12)."""
RECEIPTS = sorted((FOLDER / "receipts").glob("*.json"))
"""Vectors of admission receipts (FORMAT.md section 13)."""


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def case_of(vector: dict[str, Any]) -> Case:
    """The case that the vector describes, from its JSON alone."""
    data = vector["file"].encode() if "file" in vector else base64.b64decode(vector["file_base64"])
    return Case(
        data=data,
        chain=_chain(vector["chain"], vector["trust"]["registry"][0]["chain_id"]),
        status=Status(_status(vector["status"])),
        trust=TrustProfile.from_json(vector["trust"]),
        now=datetime.fromisoformat(vector["now"]),
    )


def bundle_verdict(vector: dict[str, Any], data: bytes) -> dict[str, Any]:
    """What Python says of a bundle under the vector's hash, in the form of a vector's `expected`."""
    try:
        bundle = Bundle.parse(data)
    except FormatError as flaw:
        return {"refused": flaw.code}
    named = vector["block_hash"]
    report = offline.check(
        bundle.credential,
        bundle,
        trust=TrustProfile.from_json(vector["trust"]),
        block_hash=bytes.fromhex(named) if named else None,
        now=datetime.fromisoformat(vector["now"]),
    )
    checks = {check.id: {"outcome": check.outcome, "code": check.code} for check in report.checks}
    return {"verdict": report.verdict, "checks": checks}


def _chain(value: dict[str, Any], chain_id: int) -> Chain:
    if "unreachable" in value:
        return Chain({}, Unreachable(value["unreachable"], "timed out"))
    if "other_chain" in value:
        return Chain({}, WrongChain(chain_id, value["other_chain"]))
    answers = {}
    for lookup in value["lookups"]:
        place = (bytes.fromhex(lookup["root"]), bytes.fromhex(lookup["key"]))
        answers[place] = ChainAnswer(ChainFacts.from_json(lookup["facts"]), lookup["pending"])
    return Chain(answers)


def _status(value: dict[str, Any]) -> bytes | Unreachable:
    if "unreachable" in value:
        return Unreachable(value["unreachable"], "connection refused")
    return to_bytes(value["evidence"])
