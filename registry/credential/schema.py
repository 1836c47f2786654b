"""Checks the shape of a credential against our own JSON Schemas, in `data/schema`: `credential.json` is of Open Badges
3.0, `clr.json` of Comprehensive Learner Records 2.0.

They are written from the specifications and stricter than the official ones where those leave prose unchecked:
identifiers are absolute, sizes are bounded, times are times. What is valid here is valid there; tests compare the two
for badges.
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

_FOLDER = Path(__file__).parent / "data" / "schema"
_BADGE = "AchievementCredential"
_MESSAGE_CHARS = 300


def validate(credential: Mapping[str, Any]) -> None:
    """Raises FormatError schema.invalid for the first problem; its sentence names the others with their pointers."""
    _raise(problems(credential))


def validate_profile(profile: Mapping[str, Any]) -> None:
    """The same for the Profile of an issuer alone."""
    _raise(_problems(_validators()["Profile"], profile))


def problems(credential: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first MAX_ERRORS problems as (JSON Pointer, what is wrong there); they show no value.

    The types say against which schema: what is no badge may be an endorsement, or a Comprehensive Learner Record.
    """
    types = credential.get("type")
    named = set(filter(lambda name: isinstance(name, str), types)) if isinstance(types, list) else set()
    if named & {"AchievementCredential", "OpenBadgeCredential"}:
        return _problems(_validators()[_BADGE], credential)
    found = next((name for name in ("EndorsementCredential", "ClrCredential") if name in named), _BADGE)
    return _problems(_validators()[found], credential)


def _raise(found: list[tuple[str, str]]) -> None:
    if found:
        where, problem = found[0]
        others = "".join(f"; at {place or '/'}: {text}" for place, text in found[1:])
        remedy = "See section B of the Open Badges 3.0 specification, for records that of CLR 2.0"
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
def _validators() -> dict[str, Any]:
    """By the type that they are for."""
    import jsonschema_rs

    whole, record = (json.loads((_FOLDER / name).read_bytes()) for name in ("credential.json", "clr.json"))
    # What a record shares with a badge is defined once, beside the badge.
    record |= {"$defs": {**whole["$defs"], **record["$defs"]}}
    parts = {"$schema": whole["$schema"], "$defs": whole["$defs"]}
    schemas = {
        _BADGE: whole,
        "Profile": parts | {"$ref": "#/$defs/Profile"},
        "EndorsementCredential": parts | {"$ref": "#/$defs/EndorsementCredential"},
        "ClrCredential": record,
    }
    # Masked, because an error must not carry a learner's name into a log.
    return {
        name: jsonschema_rs.validator_for(each, validate_formats=True, mask="this value")
        for name, each in schemas.items()
    }
