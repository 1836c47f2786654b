"""Builds a Comprehensive Learner Record: one credential that holds others whole, with what their achievements mean
to each other.

The context of CLR is not shipped: an operator adds it (`registry.rdfc.added`), else signing and RDF refuse the record.
What is in a record was issued before, and stays as it was; each badge in it verifies by itself.

Standard: 1EdTech Comprehensive Learner Record 2.0 (ClrCredential, ClrSubject, Association).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.credential.badge import StatusRef, status_entry
from registry.errors import FormatError
from registry.format import strictjson
from registry.format.nesting import deeper_than
from registry.format.strictjson import pointer
from registry.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES
from registry.rdfc import canonizer
from registry.rdfc.contexts import BADGE_CONTEXTS

CONTEXT = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
SCHEMA_URL = "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json"
TYPE = "ClrCredential"

CONTEXT_PIN = "7defe702c102faf14108579b7d65ef39ecf4c3bbef925b803e15bd77cd6e3394"
"""SHA-256 of the context as published, as canonical JSON: what an operator pins who adds it."""

MAX_CREDENTIALS = 100
"""In one record: at some 4 kB each this is half of what a file may have, and more than a course of study awards."""

MAX_BYTES = MAX_DOCUMENT_BYTES // 2
"""Of the canonical form: a file is written with white space, and gets its proofs."""

MAX_HELD_DEPTH = MAX_DEPTH - 3
"""Levels of a credential in a record: it lies in verifiableCredential of credentialSubject of the record."""

MAX_ASSOCIATIONS = 500

ASSOCIATIONS = frozenset({"exactMatchOf", "isChildOf", "isParentOf", "isPartOf", "isPeerOf", "isRelatedTo", "precedes"})
"""What one achievement may be to another; the standard has some more, which are about versions and skills."""


@dataclass(frozen=True)
class Association:
    """`source` is `kind` of `target`; both are ids of achievements."""

    kind: str
    source: str
    target: str


@dataclass(frozen=True)
class Record:
    """What a record holds. `subject` says who the learner is: `id`, `identifier`, or both, as in a badge.

    `achievements` are those that no credential in it is about, such as the certificate that its courses lead to.
    `partial`: whether there is more that it does not hold; None says nothing. `awarded` and `valid_until` are RFC 3339.
    """

    name: str
    subject: Mapping[str, Any]
    credentials: Sequence[Mapping[str, Any]]
    achievements: Sequence[Mapping[str, Any]] = ()
    associations: Sequence[Association] = ()
    partial: bool | None = None
    awarded: str | None = None
    valid_until: str | None = None


def require_context() -> None:
    """Raises FormatError rdf.context where the operator has not added the context of records."""
    if CONTEXT in canonizer.default().known:
        return
    problem = f"The context of Comprehensive Learner Records, {CONTEXT}, is not one this registry knows"
    remedy = (
        f"Save that file as clr-2.0.1.json in a folder, beside an index.json that holds"
        f' {{"{CONTEXT}": {{"file": "clr-2.0.1.json", "sha256": "{CONTEXT_PIN}"}}}},'
        " name the folder in CREDANCHOR_CONTEXTS_DIR (contexts_dir), and start again"
    )
    raise FormatError("rdf.context", "/@context/1", problem, remedy)


def require_room(credentials: Sequence[Mapping[str, Any]]) -> None:
    """Whether a record can hold these, before anything costly is done with them; `build` looks at the whole again.

    Raises FormatError clr.too-large, clr.too-deep, clr.credentials.
    """
    if not 0 < len(credentials) <= MAX_CREDENTIALS:
        problem = f"There are {len(credentials)} credentials, not 1 to {MAX_CREDENTIALS}"
        raise FormatError("clr.credentials", _PLACE, problem)
    size = 0
    for index, credential in enumerate(credentials):
        written = strictjson.canonical(credential)
        size += len(written)
        if deeper_than(written, MAX_HELD_DEPTH):
            problem = f"It is nested more than {MAX_HELD_DEPTH} deep, so that the record would be more than {MAX_DEPTH}"
            raise FormatError("clr.too-deep", f"{_PLACE}/{index}", problem, "Leave it out, or issue a certificate")
    _require_size(size)


def build(
    record: Record, issuer_profile: Mapping[str, Any], credential_id: str, now: str, status: StatusRef | None = None
) -> dict[str, Any]:
    """The unsigned credential, valid from `now` (RFC 3339); the other parameters are as for a badge.

    Raises FormatError clr.*: an empty name, nobody, no or too many credentials, one twice or without proof, two
    achievements under one id, an association of what is not in the record, more than a file may have.
    """
    who = {name: record.subject[name] for name in ("id", "identifier") if record.subject.get(name)}
    if not who or not record.name.strip():
        raise FormatError("clr.subject", "", "The record has no name, or is about nobody", "Give id or identifier")
    _check_credentials(record.credentials)
    known = _achievements(record)
    for index, link in enumerate(record.associations):
        _check_association(link, known, pointer("association", index))
    if len(record.associations) > MAX_ASSOCIATIONS:
        raise FormatError("clr.association", "/association", f"There are more than {MAX_ASSOCIATIONS} associations")
    subject = {
        **who,
        "type": ["ClrSubject"],
        "verifiableCredential": list(record.credentials),
        "achievement": list(known.values()),
        "association": [
            {"type": "Association", "associationType": link.kind, "sourceId": link.source, "targetId": link.target}
            for link in record.associations
        ],
    }
    made = {
        "@context": [BADGE_CONTEXTS[0], CONTEXT, *BADGE_CONTEXTS[1:]],
        "id": credential_id,
        "type": ["VerifiableCredential", TYPE],
        "name": record.name,
        "issuer": {"type": ["Profile"], **issuer_profile},
        "awardedDate": record.awarded,
        "validFrom": now,
        "validUntil": record.valid_until,
        "partial": record.partial,
        "credentialSubject": {name: value for name, value in subject.items() if value},
        "credentialStatus": status_entry(status) if status else None,
        "credentialSchema": [{"id": SCHEMA_URL, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    made = {name: value for name, value in made.items() if value is not None}
    _require_size(len(strictjson.canonical(made)))
    return made


_PLACE = "/verifiableCredential"


def _require_size(size: int) -> None:
    if size > MAX_BYTES:
        problem = f"The record would have {size:,} bytes of the {MAX_BYTES:,} that it may"
        remedy = "Leave credentials with pictures out, make two records of it, or issue a certificate"
        raise FormatError("clr.too-large", "", problem, remedy)


def _check_credentials(credentials: Sequence[Mapping[str, Any]]) -> None:
    require_room(credentials)
    seen: set[Any] = set()
    for index, credential in enumerate(credentials):
        name = credential.get("id")
        if not isinstance(name, str) or name in seen:
            raise FormatError("clr.credentials", f"{_PLACE}/{index}/id", "It has no id, or is in the record twice")
        if not credential.get("proof"):
            problem = "It has no proof, and could not be told from a claim of the record's issuer"
            raise FormatError("clr.credentials", f"{_PLACE}/{index}/proof", problem, "Give the signed credential")
        seen.add(name)


def _achievements(record: Record) -> dict[str, Mapping[str, Any]]:
    """By id: those of the credentials, and the others. Two that differ under one id could not be told apart."""
    subjects = [credential.get("credentialSubject") for credential in record.credentials]
    held = [subject.get("achievement") for subject in subjects if isinstance(subject, Mapping)]
    found: dict[str, Mapping[str, Any]] = {}
    for achievement in [*(one for one in held if isinstance(one, Mapping)), *record.achievements]:
        name = achievement.get("id")
        if not isinstance(name, str) or found.setdefault(name, achievement) != achievement:
            problem = f"An achievement has no id, or another one has it too: {str(name)[:100]!a}"
            raise FormatError("clr.achievement", "/achievement", problem, "Give each version an id of its own")
    return found


def _check_association(link: Association, known: Mapping[str, Any], place: str) -> None:
    if link.kind not in ASSOCIATIONS:
        problem = f"{link.kind[:40]!a} is nothing that an achievement is to another"
        raise FormatError(
            "clr.association", f"{place}/associationType", problem, f"Use {', '.join(sorted(ASSOCIATIONS))}"
        )
    for name, value in (("sourceId", link.source), ("targetId", link.target)):
        if value not in known:
            problem = f"The record has no achievement {value[:100]!a}"
            raise FormatError("clr.association", f"{place}/{name}", problem, "Add it to achievements")
    if link.source == link.target:
        raise FormatError("clr.association", f"{place}/targetId", "An achievement is nothing to itself")
