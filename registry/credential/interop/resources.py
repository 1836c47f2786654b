"""Digests of what a credential relies on (`relatedResource`, Verifiable Credentials Data Model 2.0, section 5.3).

Nothing is fetched: the resources that can be checked are the shipped contexts, by the bytes their publisher serves.
"""

from collections.abc import Mapping
from typing import Any

from registry.errors import FormatError
from registry.format.digests import sha256_of
from registry.format.strictjson import pointer
from registry.rdfc.contexts import VC_V2

PUBLISHED = {
    VC_V2: bytes.fromhex("59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
}
"""SHA-256 of the bytes at an address, as the standard itself gives it (section B.1)."""


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
            found = sha256_of(item)
        except FormatError as error:
            raise FormatError("vc.resource", where + error.pointer, error.problem, error.remedy) from None
        if found != known:
            raise FormatError("vc.resource", where, "The digest is not that of the resource", "Compute it again")
