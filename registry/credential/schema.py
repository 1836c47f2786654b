"""Checks the shape of a credential against our own JSON Schema of Open Badges 3.0 (`data/schema/credential.json`).

The schema is written from the specification and stricter than the official one where that leaves prose unchecked:
identifiers are absolute, sizes are bounded, times are times. What is valid here is valid there; tests compare the two.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from registry.errors import FormatError
from registry.format.strictjson import pointer

MAX_ERRORS = 20
"""Problems told at once: somebody has to read them."""

_FILE = Path(__file__).parent / "data" / "schema" / "credential.json"
_MESSAGE_CHARS = 300


def validate(credential: Mapping[str, Any]) -> None:
    """Raises FormatError schema.invalid for the first problem; its sentence names the others with their pointers."""
    _raise(problems(credential))


def validate_profile(profile: Mapping[str, Any]) -> None:
    """The same for the Profile of an issuer alone."""
    _raise(_problems(_validators()[1], profile))


def problems(credential: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first MAX_ERRORS problems as (JSON Pointer, what is wrong there); they show no value.

    What is an endorsement and no badge is held against the schema of endorsements.
    """
    types = credential.get("type")
    named = set(filter(lambda name: isinstance(name, str), types)) if isinstance(types, list) else set()
    endorsement = "EndorsementCredential" in named and not named & {"AchievementCredential", "OpenBadgeCredential"}
    return _problems(_validators()[2 if endorsement else 0], credential)


def _raise(found: list[tuple[str, str]]) -> None:
    if found:
        where, problem = found[0]
        others = "".join(f"; at {place or '/'}: {text}" for place, text in found[1:])
        remedy = "See section B of the Open Badges 3.0 specification"
        raise FormatError("schema.invalid", where, problem + others, remedy)


def _problems(validator: Any, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for error in validator.iter_errors(value):
        message = str(error.message)[:_MESSAGE_CHARS].rstrip(".")
        found.append((pointer(*error.instance_path), message[:1].upper() + message[1:]))
        if len(found) == MAX_ERRORS:
            break
    return found


@cache
def _validators() -> tuple[Any, Any, Any]:
    """For badges, for profiles and for endorsements."""
    import jsonschema_rs

    whole = json.loads(_FILE.read_bytes())
    parts = {"$schema": whole["$schema"], "$defs": whole["$defs"]}
    profile, endorsement = (parts | {"$ref": f"#/$defs/{name}"} for name in ("Profile", "EndorsementCredential"))
    # Masked, because an error must not carry a learner's name into a log.
    badges, profiles, endorsements = (
        jsonschema_rs.validator_for(each, validate_formats=True, mask="this value")
        for each in (whole, profile, endorsement)
    )
    return badges, profiles, endorsements
