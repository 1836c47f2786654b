"""Digests of what a credential relies on (`relatedResource`, Verifiable Credentials Data Model 2.0, section 5.3).

Nothing is fetched: the resources that can be checked are the shipped contexts, by the bytes their publisher serves.
"""

from collections.abc import Mapping
from typing import Any

from registry.errors import FormatError
from registry.format.digests import sha256_of
from registry.format.strictjson import pointer
from registry.rdfc.contexts import VC_V2

_SHA384 = "sha384-"

PUBLISHED = {
    VC_V2: (
        bytes.fromhex("59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
        "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU",
    ),
}
"""SHA-256 of the bytes at an address, as the standard itself gives it (section B.1); of the same bytes, the other
digest that the W3C's suite sends."""


def check_digests(credential: Mapping[str, Any]) -> None:
    """Raises FormatError vc.resource where a digest is another one, or the resource is not known here."""
    value = credential.get("relatedResource", [])
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        where = pointer("relatedResource", index) if isinstance(value, list) else "/relatedResource"
        known = PUBLISHED.get(item["id"])
        if known is None:
            problem = f"The resource {item['id'][:200]!r} is not known here, and nothing is fetched"
            raise FormatError("vc.resource", where, problem, "Leave it out, or issue it elsewhere")
        try:
            fits = _fits(item, *known)
        except FormatError as error:
            raise FormatError("vc.resource", where + error.pointer, error.problem, error.remedy) from None
        if not fits:
            raise FormatError("vc.resource", where, "The digest is not that of the resource", "Compute it again")


def _fits(item: Mapping[str, Any], sha256: bytes, sha384: str) -> bool:
    """Whether every digest of an entry is one of these."""
    text = item.get("digestSRI")
    if not isinstance(text, str) or not text.startswith(_SHA384):
        return sha256_of(item) == sha256
    return text == sha384 and ("digestMultibase" not in item or sha256_of(_without(item, "digestSRI")) == sha256)


def _without(item: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in item.items() if other != name}
