"""Builds the credential: an Open Badges 3.0 AchievementCredential (VC 2.0) from a learner's row and an achievement.

Only terms of the specifications are used. The learner's mail address is hashed with a salt. The salt travels with the
badge, so the hash protects from being indexed, not from somebody who guesses addresses.
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential.achievement import Achievement
from registry.credential.achievement.openbadge import grade_id
from registry.credential.roster import RosterRow
from registry.rdfc.contexts import BADGE_CONTEXTS

SCHEMA_URL = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
SALT_BYTES = 16


@dataclass(frozen=True)
class StatusRef:
    """A credential's place in a revocation list: the list's URL and the index of the bit."""

    list_url: str
    index: int


def build(  # noqa: PLR0917 - six things make a badge
    row: RosterRow,
    achievement: Achievement,
    issuer_profile: Mapping[str, Any],
    credential_id: str,
    status: StatusRef,
    now: str,
    *,
    salt: str | None = None,
    achievement_url: str | None = None,
) -> dict[str, Any]:
    """The unsigned credential.

    `issuer_profile` is an Open Badges Profile whose `id` is the issuer's DID; `credential_id` a random "urn:uuid:…";
    `now` an RFC 3339 time, from which the credential is valid. `salt` is random unless given. `achievement_url` is the
    achievement's address; without it, and without `id` in the definition, it is `achievement_urn`.
    """
    url = achievement.data.get("id") or achievement_url or achievement_urn(issuer_profile["id"], achievement)
    subject_achievement = achievement.to_open_badge(url, row.language)
    credential = {
        "@context": list(BADGE_CONTEXTS),
        "id": credential_id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": subject_achievement["name"],
        "issuer": _issuer(issuer_profile, achievement),
        "awardedDate": _start_of(row.awarded_on),
        "validFrom": now,
        "validUntil": _end_of(row.valid_until),
        "credentialSubject": _subject(row, achievement, subject_achievement, issuer_profile, salt),
        "evidence": _evidence(row),
        "credentialStatus": status_entry(status),
        "credentialSchema": [{"id": SCHEMA_URL, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    return _given(credential)


def status_entry(status: StatusRef) -> dict[str, Any]:
    """The `credentialStatus` that names a place (Bitstring Status List 1.0, section 2.1)."""
    return {
        "id": f"{status.list_url}#{status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(status.index),
        "statusListCredential": status.list_url,
    }


def achievement_urn(issuer_id: str, achievement: Achievement) -> str:
    """A name for a definition that has no address, made of issuer, slug and version (RFC 9562, UUID version 5)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer_id}#{achievement.slug}/{achievement.version}").urn


def identity_hash(identifier: str, salt: str) -> str:
    """IdentityHash of Open Badges 3.0: SHA-256 of identifier and salt, in hexadecimal."""
    return "sha256$" + hashlib.sha256((identifier + salt).encode()).hexdigest()


def _issuer(profile: Mapping[str, Any], achievement: Achievement) -> dict[str, Any]:
    """The issuer's profile with the country that EU element 3 demands."""
    issuer = {"type": ["Profile"], **profile}
    body = achievement.data["awarding_body"]
    if "addressCountryCode" not in issuer.get("address", {}):
        issuer["address"] = {**_address(body), **issuer.get("address", {})}
    return issuer


def _subject(
    row: RosterRow,
    achievement: Achievement,
    open_badge: dict[str, Any],
    profile: Mapping[str, Any],
    salt: str | None,
) -> dict[str, Any]:
    body = achievement.data["awarding_body"]
    if body["name"] != profile.get("name"):
        # Awarded by another body than the one that issues: EU element 4 is then the achievement's creator.
        creator = body.get("id") or body.get("url") or open_badge["id"] + "#awarding-body"
        open_badge["creator"] = _given(
            {
                "id": creator,
                "type": ["Profile"],
                "name": body["name"],
                "url": body.get("url"),
                "address": _address(body),
            }
        )
    identifiers = [_identity("name", row.name)]
    if row.email is not None:
        identifiers.append(_hashed("emailAddress", row.email, salt or secrets.token_hex(SALT_BYTES)))
    learner_uri = row.learner_id if row.learner_id and ":" in row.learner_id else None
    if row.learner_id is not None and learner_uri is None:
        identifiers.append(_identity("identifier", row.learner_id))
    earned = row.credits if row.credits is not None else achievement.credits
    return _given(
        {
            "id": learner_uri,
            "type": ["AchievementSubject"],
            "identifier": identifiers,
            "activityStartDate": _start_of(row.activity_start),
            "activityEndDate": _start_of(row.activity_end),
            "creditsEarned": earned,
            "achievement": open_badge,
            "result": _result(row, open_badge["id"]),
        }
    )


def _identity(kind: str, value: str) -> dict[str, Any]:
    return {"type": "IdentityObject", "identityType": kind, "hashed": False, "identityHash": value}


def _hashed(kind: str, value: str, salt: str) -> dict[str, Any]:
    return {
        "type": "IdentityObject",
        "identityType": kind,
        "hashed": True,
        "identityHash": identity_hash(value, salt),
        "salt": salt,
    }


def _address(body: Mapping[str, Any]) -> dict[str, Any]:
    address = {"type": ["Address"], "addressCountryCode": body["country"], "addressRegion": body.get("region")}
    return _given(address)


def _result(row: RosterRow, achievement_url: str) -> list[dict[str, Any]] | None:
    if row.grade is None:
        return None
    return [{"type": ["Result"], "resultDescription": grade_id(achievement_url), "value": row.grade}]


def _evidence(row: RosterRow) -> list[dict[str, Any]] | None:
    if row.evidence_url is None:
        return None
    return [_given({"id": row.evidence_url, "type": ["Evidence"], "name": row.evidence_name})]


def _start_of(day: str | None) -> str | None:
    return None if day is None else f"{day}T00:00:00Z"


def _end_of(day: str | None) -> str | None:
    return None if day is None else f"{day}T23:59:59Z"


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
