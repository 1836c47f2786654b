"""Builds an EndorsementCredential (Open Badges 3.0): one party's word for a profile, an achievement or a credential.

An agency accredits a programme with it. It is a credential of its own, with its own issuer, validity and status, and is
anchored as every other. Where it counts is inside the object that it speaks of, as a member of its `endorsement`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential import schema
from registry.credential.achievement.endorsed import TYPE
from registry.credential.badge import StatusRef, status_entry
from registry.credential.words import FORBIDDEN, IRI
from registry.errors import FormatError
from registry.format.times import parse_time
from registry.limits import MAX_URL_CHARS
from registry.rdfc.contexts import BADGE_CONTEXTS

SCHEMA_URL = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_endorsementcredential_schema.json"

MAX_COMMENT_CHARS = 20_000
"""A comment of ten printed pages, as for the texts of a definition: it is copied into every credential."""


@dataclass(frozen=True)
class Endorsement:
    """What is said, and of what: `subject` is the id of a profile, an achievement or a credential."""

    subject: str
    comment: str
    name: str = "Endorsement"
    valid_until: str | None = None  # RFC 3339 with Z or offset

    def check(self) -> None:
        """Raises FormatError endorsement.*."""
        if len(self.subject) > MAX_URL_CHARS or not IRI.fullmatch(self.subject):
            remedy = "Give the id of a profile, an achievement or a credential, like https://… or did:web:…"
            raise FormatError("endorsement.subject", "/subject", "This is not an absolute URL, DID or URN", remedy)
        for name, text in (("comment", self.comment), ("name", self.name)):
            if not text.strip() or len(text) > MAX_COMMENT_CHARS or FORBIDDEN.search(text):
                problem = f"It is empty, longer than {MAX_COMMENT_CHARS} characters, or holds control characters"
                raise FormatError("endorsement.text", f"/{name}", problem, "Say what you endorse, and why")
        if self.valid_until is not None and parse_time(self.valid_until) is None:
            remedy = "Write it like 2031-01-15T00:00:00Z"
            raise FormatError("endorsement.valid-until", "/valid_until", "This is not a time with offset", remedy)


def build(
    endorsement: Endorsement, issuer_profile: Mapping[str, Any], credential_id: str, status: StatusRef, now: str
) -> dict[str, Any]:
    """The unsigned credential, valid from `now` (RFC 3339); the other parameters are as for a badge.

    Raises FormatError endorsement.*, schema.invalid; endorsement.own where an issuer endorses itself.
    """
    endorsement.check()
    if endorsement.subject == issuer_profile["id"]:
        remedy = "Somebody else has to say it"
        raise FormatError("endorsement.own", "/subject", "This is the issuer that would endorse", remedy)
    credential = {
        "@context": list(BADGE_CONTEXTS),
        "id": credential_id,
        "type": ["VerifiableCredential", TYPE],
        "name": endorsement.name,
        "issuer": {"type": ["Profile"], **issuer_profile},
        "validFrom": now,
        "validUntil": endorsement.valid_until,
        "credentialSubject": {
            "id": endorsement.subject,
            "type": ["EndorsementSubject"],
            "endorsementComment": endorsement.comment,
        },
        "credentialStatus": status_entry(status),
        "credentialSchema": [{"id": SCHEMA_URL, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    made = {name: value for name, value in credential.items() if value is not None}
    schema.validate(made)
    return made
