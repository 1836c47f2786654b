"""What the sealer gives to an executor: rows in, signed credentials out. No database, no state, the same every time."""

import json
from dataclasses import dataclass, field
from functools import lru_cache

from registry.credential.achievement import Achievement
from registry.credential.badge import StatusRef
from registry.credential.batchsigner import BatchSigner, Signed
from registry.credential.keys import IssuerKey
from registry.credential.roster import RosterRow
from registry.errors import StateError
from registry.format.anchorproof import rfc3339


@dataclass(frozen=True)
class Row:
    """A credential that is to be signed: from its roster row, or again, from the document of an earlier key."""

    index: int
    handle: str
    row: str | None
    document: str | None
    credential_id: str | None
    status_index: int | None
    list_url: str | None


@dataclass(frozen=True)
class Common:
    """What signing needs beside the rows, alike for a whole batch; `secret` is the issuer's, so mind where it goes."""

    definition: bytes  # the achievement, canonical JSON; empty where the credentials come signed
    profile: str  # the issuer's, JSON
    achievement_url: str | None
    secret: bytes | None = field(repr=False)  # None: they get no proofs
    verification_method: str
    signed_at: int  # Unix seconds


@dataclass(frozen=True)
class Job:
    """Some rows of one batch."""

    rows: tuple[Row, ...]
    common: Common


def run(job: Job) -> list[Signed]:
    """Build, check and sign. Raises FormatError when a credential does not come out as the schema demands."""
    signer = _signer(job.common)
    results = []
    for row in job.rows:
        if row.document is not None:
            unsigned = {name: value for name, value in json.loads(row.document).items() if name != "proof"}
            results.append(signer.sign_again(unsigned))
        elif row.row and row.credential_id and row.list_url and row.status_index is not None:
            learner = RosterRow.from_json(json.loads(row.row))
            results.append(signer.sign(learner, row.credential_id, StatusRef(row.list_url, row.status_index)))
        else:
            raise StateError(f"Credential {row.handle!r}", "without a row to build it from", "complete")
    return results


@lru_cache(maxsize=1)
def _signer(common: Common) -> BatchSigner:
    """Kept from job to job: it learns from every kind of row."""
    return BatchSigner(
        Achievement.parse(common.definition, "json"),
        json.loads(common.profile),
        IssuerKey(common.secret) if common.secret else None,
        verification_method=common.verification_method,
        created=rfc3339(common.signed_at),
        achievement_url=common.achievement_url,
    )
