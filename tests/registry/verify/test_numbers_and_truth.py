"""Numbers are what JSON says they are: their spelling carries no meaning, and true is none of them."""

import json
from typing import Any

import pytest

from registry.errors import FormatError
from registry.verify.evidence import StatusEvidence
from registry.verify.status import status_entry

ENTRY = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://registry.example/1-revocation",
}


@pytest.mark.parametrize(("size", "known"), [(1, True), (1.0, True), (True, False), ("1", False), (2, False)])
def test_a_status_size_is_the_number_one(size: Any, known: bool) -> None:
    document = {"credentialStatus": ENTRY | {"statusSize": size}}
    if known:
        assert status_entry(document) is not None
    else:
        with pytest.raises(FormatError, match="one bit"):
            status_entry(document)


@pytest.mark.parametrize(("number", "read"), [("9", 9), ("9.0", 9), ("9e0", 9), ("9.5", None), ("true", None)])
def test_an_integer_in_evidence_may_be_spelled_as_any_number(number: str, read: int | None) -> None:
    evidence = {"format": "credanchor-status/1", "status_root": "00" * 32, "lists_size": 0, "lists": []}
    evidence["anchor"] = {"number": "N", "size": 1, "path": []}
    data = json.dumps(evidence).replace('"N"', number).encode()
    if read is None:
        with pytest.raises(FormatError, match="integer"):
            StatusEvidence.parse(data)
    else:
        found = StatusEvidence.parse(data).anchor_number
        assert (found, type(found)) == (read, int)
