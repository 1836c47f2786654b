"""What the sealer gives to an executor: rows in, signed credentials out. No database, no state, the same every time."""

import json
from dataclasses import dataclass
from hashlib import sha256

from registry.credential.achievement import Achievement
from registry.credential.badge import SALT_BYTES, StatusRef, build
from registry.credential.integrity import sign_and_digest
from registry.credential.keys import IssuerKey
from registry.credential.roster import RosterRow
from registry.credential.schema import validate
from registry.errors import StateError
from registry.format.anchorproof import rfc3339
from registry.format.strictjson import canonical


@dataclass(frozen=True)
class Row:
    """A credential that is to be signed: from its roster row, or again, from the document of an earlier key."""

    handle: str
    row: str | None
    document: str | None
    credential_id: str | None
    status_index: int | None
    list_url: str | None


@dataclass(frozen=True)
class Job:
    """Some rows of one batch with all that signing them needs; `secret` is the issuer's, so mind where it goes."""

    rows: tuple[Row, ...]
    definition: bytes  # the achievement, canonical JSON
    profile: str  # the issuer's, JSON
    achievement_url: str | None  # None where the credentials come signed
    secret: bytes
    verification_method: str
    signed_at: int  # Unix seconds


@dataclass(frozen=True)
class Signed:
    """A credential with the issuer's proof in canonical JSON, and its D_rdf."""

    document: str
    d_rdf: bytes


def run(job: Job) -> list[Signed]:
    """Build, check and sign. Raises FormatError when a credential does not come out as the schema demands."""
    key = IssuerKey(job.secret)
    achievement = Achievement.parse(job.definition, "json")
    profile = json.loads(job.profile)
    created = rfc3339(job.signed_at)
    results = []
    for row in job.rows:
        if row.document is not None:
            unsigned = {name: value for name, value in json.loads(row.document).items() if name != "proof"}
        elif row.row and row.credential_id and row.list_url and row.status_index is not None:
            status = StatusRef(row.list_url, row.status_index)
            learner = RosterRow.from_json(json.loads(row.row))
            # As unguessable as the id, and the same when this is done again.
            salt = sha256(b"salt " + row.credential_id.encode()).hexdigest()[: 2 * SALT_BYTES]
            unsigned = build(
                learner,
                achievement,
                profile,
                row.credential_id,
                status,
                created,
                salt=salt,
                achievement_url=job.achievement_url,
            )
            validate(unsigned)
        else:
            raise StateError(f"Credential {row.handle!r}", "without a row to build it from", "complete")
        document, d_rdf = sign_and_digest(unsigned, key, job.verification_method, created)
        results.append(Signed(canonical(document).decode(), d_rdf))
    return results
