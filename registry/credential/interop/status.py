"""Status entries of any credential: their form, and what a list says that is known here. Nothing is fetched.

Standard: W3C Bitstring Status List 1.0, sections 2.1 (entries), 3.2 (validating) and 3.5 (errors).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential.interop.datamodel import id_of, listed
from registry.credential.statuslist import KnownList
from registry.errors import FormatError
from registry.format.strictjson import pointer

ENTRY_TYPE = "BitstringStatusListEntry"
MAX_ENTRIES = 16
"""Status entries of one credential; there are four purposes."""

MAX_BITS = 8
"""Of one entry, for 256 messages."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")  # within 2^53
_REMEDY = "See Bitstring Status List 1.0, section 2.1"


Find = Callable[[str, int], KnownList | None]
"""A list's URL and an index to what the list says there; None for a list that is not kept here."""


@dataclass(frozen=True)
class Remark:
    """Something a verifier should know about a credential's status, though its proofs hold. `code` is status.*."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Statuses:
    """What the entries of a credential came to: `results` as VC-API returns them, and remarks."""

    results: list[dict[str, Any]]
    remarks: list[Remark]


def check_entries(credential: Mapping[str, Any]) -> None:
    """Raise FormatError status.entry where a bitstring entry is not formed as the standard demands."""
    for entry, where in listed(credential, "credentialStatus"):
        if _is_bitstring(entry):
            _check_entry(entry, pointer(*where))


def evaluate(credential: Mapping[str, Any], find: Find) -> Statuses:
    """Look the entries up. That one is revoked or suspended is a remark: the credential's proofs hold all the same.

    Raises FormatError: status.entry, status.range (no such place in the list), status.list (the list is of another
    issuer or purpose).
    """
    statuses = Statuses([], [])
    entries = list(listed(credential, "credentialStatus"))
    if len(entries) > MAX_ENTRIES:
        problem = f"There are {len(entries)} status entries, more than {MAX_ENTRIES}"
        raise FormatError("status.entry", "/credentialStatus", problem, "Ask for a credential with fewer")
    for entry, where in entries:
        url, known = str(entry.get("statusListCredential"))[:200], None
        if _is_bitstring(entry):
            index = _check_entry(entry, pointer(*where))
            known = find(entry["statusListCredential"], index)
        if known is None:
            sentence = f"The status entry at {pointer(*where)} ({url}) was not looked at: nothing is fetched here"
            statuses.remarks.append(Remark("status.not-looked-at", sentence))
            statuses.results.append({"verified": False, "input": entry})
        else:
            bits = _compare(credential, entry, known, pointer(*where))
            set_, purpose = bits[known.purpose], known.purpose
            value = {"status": int(set_), "purpose": purpose, "valid": not set_}
            statuses.results.append({"value": value, "verified": True, "input": entry})
            for name in (name for name in bits if bits[name]):
                statuses.remarks.append(Remark(f"status.{name}", f"The issuer's list of {name}s names this credential"))
    return statuses


def _is_bitstring(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("type") in (ENTRY_TYPE, [ENTRY_TYPE])


def _check_entry(entry: Mapping[str, Any], where: str) -> int:
    """The index."""
    for name in ("statusPurpose", "statusListIndex", "statusListCredential"):
        if not isinstance(entry.get(name), str):
            raise FormatError("status.entry", f"{where}/{name}", f"The entry has no {name}, or it is not text", _REMEDY)
    if not _INDEX.fullmatch(entry["statusListIndex"]):
        problem = "The index is not a whole number from 0 on, as text"
        raise FormatError("status.entry", f"{where}/statusListIndex", problem, _REMEDY)
    size, messages = entry.get("statusSize", 1), entry.get("statusMessage")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= MAX_BITS:
        problem = f"The size is not a number of bits from 1 to {MAX_BITS}"
        raise FormatError("status.entry", f"{where}/statusSize", problem, _REMEDY)
    if size > 1 and not (isinstance(messages, list) and len(messages) == 1 << size):
        problem = f"Entries of {size} bits need {1 << size} messages"
        raise FormatError("status.entry", f"{where}/statusMessage", problem, _REMEDY)
    return int(entry["statusListIndex"])


def _compare(
    credential: Mapping[str, Any], entry: Mapping[str, Any], known: KnownList, where: str
) -> Mapping[str, bool]:
    """The bits, if the list is the one that the entry speaks of."""
    if known.issuer != id_of(credential.get("issuer")):
        raise FormatError("status.list", f"{where}/statusListCredential", "The list is another issuer's")
    if known.purpose != entry["statusPurpose"]:
        raise FormatError("status.list", f"{where}/statusPurpose", f"The list is one of {known.purpose}s")
    if entry.get("statusSize", 1) != 1:
        raise FormatError("status.list", f"{where}/statusSize", "The list has one bit for each entry")
    if known.bits is None:
        raise FormatError("status.range", f"{where}/statusListIndex", "The list has no such entry")
    return known.bits
