"""Whose credential is whose: an address of the roster, if its hash is the one in the credential."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.credential.badge import identity_hash
from registry.credential.learner import identities


class Recipients:
    """The addresses of a roster, in its order; an empty text where a row has none."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._addresses = [str(row.get("email") or "").strip().lower() for row in rows]

    def address(self, index: int, credential: Mapping[str, Any]) -> str | None:
        """The address that the credential at this place of the batch belongs to; None where the roster has none such.

        The row at the same place is tried first; the others only when rows were moved or added, each with one hash.
        """
        hashed = _hashes(credential)
        if not hashed:
            return None
        likely = self._addresses[index : index + 1]
        for address in [*likely, *self._addresses]:
            if address and any(identity_hash(address, salt) == value for value, salt in hashed):
                return address
        return None


def _hashes(credential: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (item["identityHash"], item.get("salt", ""))
        for kind, item in identities(credential)
        if kind == "emailAddress" and item.get("hashed") is True
    ]
