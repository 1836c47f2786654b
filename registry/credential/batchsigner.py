"""Makes the signed badges of a batch from its rows, fast: badges alike in everything but texts share a template.

A template is used only after it gave, for the row that it was made for, what the long way gave. Rows that fit none go
the long way, so the result never depends on which way was taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from registry.credential import badge, integrity
from registry.credential.achievement import Achievement
from registry.credential.badge import SALT_BYTES, StatusRef, identity_hash
from registry.credential.keys import IssuerKey
from registry.credential.roster import RosterRow
from registry.credential.schema import validate
from registry.credential.template import PROOF_MARK, Plain, Secured, Template
from registry.format.entries import ZERO32
from registry.format.strictjson import canonical
from registry.rdfc.contexts import BADGE_CONTEXTS
from registry.rdfc.shape import FILLABLE_IRI

MAX_TEMPLATES = 64
"""Templates of one batch, 100 kB each: one for every combination of optional values, credits and languages."""

_MARKS = {
    **{
        name: f"\ue000{name}\ue001"
        for name in (
            *("name", "awarded_on", "email", "valid_until", "grade", "evidence_name"),
            *("activity_start", "activity_end", "salt"),
        )
    },
    **{name: f"urn:x-slot:{name}:" for name in ("learner_id", "evidence_url", "credential_id")},
}
"""What stands for the texts; for an IRI something like one."""

_INDEX = 8_617_203_945_501_263
"""Stands for an index in a status list."""

_SLOTS = tuple(name for name in _MARKS if name not in ("salt", "credential_id"))
"""Members of a row that are only put in. Which are given, and all other members, make up the kind of a badge."""

_Kind = tuple[Any, ...]


@dataclass(frozen=True)
class Signed:
    """A badge in canonical JSON (RFC 8785), with the issuer's proof, and its D_rdf, 32 bytes.

    Where the issuer opted out of proofs there is none, and D_rdf is 32 zero bytes: the batch's signature covers it.
    """

    document: str
    d_rdf: bytes


class BatchSigner:
    """What the badges of one batch have in common: `key` signs them all, at the time `created` (RFC 3339).

    Without a key they get no proofs and no JSON-LD digest (FORMAT.md section 2): as many times as fast.
    """

    def __init__(
        self,
        achievement: Achievement,
        profile: Mapping[str, Any],
        key: IssuerKey | None,
        *,
        verification_method: str,
        created: str,
        achievement_url: str | None = None,
    ) -> None:
        self._achievement = achievement
        self._profile = profile
        self._key = key
        self._method = verification_method
        self._created = created
        self._url = achievement_url
        self._options = integrity.options_digest(verification_method, created, BADGE_CONTEXTS) if key else b""
        self._templates: dict[_Kind, Template | None] = {}

    def sign(self, row: RosterRow, credential_id: str, status: StatusRef) -> Signed:
        """The badge of one row. Raises FormatError where it does not come out as the schema demands."""
        kind = _kind(row, status)
        if kind in self._templates:
            template = self._templates[kind]
            made = self._fill(template, row, credential_id, status) if template else None
            return made or self._build(row, credential_id, status)
        made = self._build(row, credential_id, status)
        if len(self._templates) < MAX_TEMPLATES:
            template = self._template(row, status)
            proved = self._fill(template, row, credential_id, status) == made
            self._templates[kind] = template if proved else None
        return made

    def _build(self, row: RosterRow, credential_id: str, status: StatusRef) -> Signed:
        """The long way."""
        unsigned = self._unsigned(row, credential_id, status, _salt(credential_id))
        validate(unsigned)
        return self.sign_again(unsigned)

    def sign_again(self, unsigned: Mapping[str, Any]) -> Signed:
        """A badge that was made before, with this key's proof if any. Raises FormatError rdf.*."""
        if self._key is None:
            return Signed(canonical(unsigned).decode(), ZERO32)
        signed, d_rdf = integrity.sign_and_digest(unsigned, self._key, self._method, self._created)
        return Signed(canonical(signed).decode(), d_rdf)

    def _unsigned(self, row: RosterRow, credential_id: str, status: StatusRef, salt: str) -> dict[str, Any]:
        return badge.build(
            row,
            self._achievement,
            self._profile,
            credential_id,
            status,
            self._created,
            salt=salt,
            achievement_url=self._url,
        )

    def _template(self, row: RosterRow, status: StatusRef) -> Template:
        """The template of all badges of the row's kind."""
        marks: dict[str, Any] = {name: _MARKS[name] for name in _given(row)}
        marked = replace(row, **marks)
        status = StatusRef(status.list_url, _INDEX)
        unsigned = self._unsigned(marked, _MARKS["credential_id"], status, _MARKS["salt"])
        texts = _texts(marked, _MARKS["credential_id"], status, _MARKS["salt"])
        if self._key is None:
            return Plain(unsigned, texts)
        signed = integrity.add_proof(unsigned, self._key, self._method, self._created)
        signed["proof"][0]["proofValue"] = PROOF_MARK
        return Secured(unsigned, signed, texts, options_digest=self._options, sign=self._key.sign)

    def _fill(self, template: Template, row: RosterRow, credential_id: str, status: StatusRef) -> Signed | None:
        if any(text and not FILLABLE_IRI.fullmatch(text) for text in (_learner_iri(row), row.evidence_url)):
            return None
        try:
            made = template.fill(_texts(row, credential_id, status, _salt(credential_id)))
        except UnicodeEncodeError:
            return None  # half a surrogate pair: the long way says so
        return Signed(*made) if made else None


def _kind(row: RosterRow, status: StatusRef) -> _Kind:
    return (status.list_url, row.language, row.credits, *_given(row), _learner_iri(row) is not None)


def _given(row: RosterRow) -> list[str]:
    return [name for name in _SLOTS if getattr(row, name) is not None]


def _learner_iri(row: RosterRow) -> str | None:
    return row.learner_id if row.learner_id and ":" in row.learner_id else None


def _texts(row: RosterRow, credential_id: str, status: StatusRef, salt: str) -> list[str]:
    """What stands in the slots, in one order: also what stands in their places in a marked badge."""
    texts = [getattr(row, name) for name in _given(row) if name != "email"]
    if row.email is not None:
        texts += [identity_hash(row.email, salt), salt]
    return [*texts, credential_id, str(status.index)]


def _salt(credential_id: str) -> str:
    """As unguessable as the id, and the same when this is done again."""
    return sha256(b"salt " + credential_id.encode()).hexdigest()[: 2 * SALT_BYTES]
