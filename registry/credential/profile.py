"""An issuer's Open Badges Profile, checked when the issuer is added and not when the first badge is signed with it."""

from collections.abc import Mapping
from typing import Any

from registry.credential import schema
from registry.errors import FormatError
from registry.rdfc.canonizer import default
from registry.rdfc.contexts import BADGE_CONTEXTS

_TYPES = {"address": ["Address"], "parentOrg": ["Profile"]}
"""What these parts always are, for people who leave it out."""

_PLACE = "/issuer"


def complete(profile: Mapping[str, Any], did: str) -> dict[str, Any]:
    """A copy of `profile` with `did` as its id and with the types that were left out, fit for every credential.

    Raises FormatError schema.invalid or rdf.*; its pointer begins at the profile.
    """
    full = {"type": ["Profile"], **profile, "id": did}
    for name, types in _TYPES.items():
        if isinstance(full.get(name), dict):
            full[name] = {"type": types, **full[name]}
    schema.validate_profile(full)
    carrier = {
        "@context": BADGE_CONTEXTS,
        "id": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": full,
    }
    try:
        default().canonize(carrier)
    except FormatError as error:
        pointer = error.pointer.removeprefix(_PLACE)
        raise FormatError(error.code, pointer, error.problem, error.remedy) from None
    return full
