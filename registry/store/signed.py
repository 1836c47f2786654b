"""Credentials that the issuer signed itself: checked, then put into a batch as they are.

Checking takes milliseconds for each, so it is done before, and outside of, the transaction that stores them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.credential import lint
from registry.credential.integrity import is_supported, issuer_proofs, verify_proof
from registry.credential.schema import validate
from registry.errors import FormatError, RowError, RowErrors, StateError
from registry.format.anchorproof import CRYPTOSUITE
from registry.format.strictjson import canonical
from registry.rdfc.canonizer import rdf_digest
from registry.store import batches, issuers
from registry.store.engine import Store
from registry.store.ids import new_handle
from registry.store.lists import FULL_AT, REVOCATION, free_indexes, lists_of
from registry.store.tables import Credential, Issuer, IssuerKey, StatusList

MAX_AT_ONCE = 1000
"""Documents in one call: checking a proof takes some milliseconds, and somebody waits for the answer."""

_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Checked:
    """A document that may be stored: canonical JSON, D_rdf, id, and the place in a status list if any."""

    text: str
    d_rdf: bytes
    credential_id: str
    list_id: str | None
    status_index: int | None
    warnings: tuple[RowError, ...] = ()  # of the lint: what the issuer wants to know and does not refuse


def add_signed(store: Store, batch_id: str, documents: Sequence[dict[str, Any]]) -> list[str]:
    """Check signed credentials and add them, all or none; returns their handles, in order.

    Each needs a proof by a key of the issuer that is neither revoked nor compromised, and a random UUID as its id (a
    digest must not be guessable). A status entry must name a free place of one of the issuer's revocation lists.
    Raises NotFound, StateError, and RowErrors with all that is wrong; `row` counts the documents from 1.
    """
    return add_checked(store, batch_id, check_signed(store, batch_id, documents))


def check_signed(store: Store, batch_id: str, documents: Sequence[dict[str, Any]]) -> list[Checked]:
    """The checks of `add_signed`, which need no lock, and the lint as far as the issuer wants it."""
    if len(documents) > MAX_AT_ONCE:
        problem = f"{len(documents)} documents in one call; the most is {MAX_AT_ONCE}"
        raise RowErrors([RowError(None, None, None, "signed.too-many", problem, "Send them in parts")])
    with store.read() as session:
        issuer = issuers.load(session, batches.load(session, batch_id).issuer_id)
        keys = session.scalars(select(IssuerKey).where(IssuerKey.issuer_id == issuer.id)).all()
        lists = {item.url: item for item in lists_of(session, issuer.id) if item.purpose == REVOCATION}
    good = {key.verification_method: key.multikey for key in keys if not (key.revoke or key.compromised_since)}
    checked, errors = [], []
    for row, document in enumerate(documents, 1):
        try:
            made = _check(document, issuer, good, lists)
            refused, warnings = _lint(row, document, issuer.lint, store.now())
            errors += refused
            checked.append(replace(made, warnings=tuple(warnings)))
        except FormatError as error:
            errors.append(RowError(row, None, error.pointer, error.code, error.problem, error.remedy))
        except RowErrors as error:
            errors += [RowError(row, each.column, each.pointer, each.code, each.problem) for each in error.errors]
    if errors:
        raise RowErrors(errors)
    return checked


def add_checked(store: Store, batch_id: str, checked: Sequence[Checked]) -> list[str]:
    """Store what `check_signed` returned for the same batch. Raises RowErrors for ids and places that are taken."""
    with store.begin() as session:
        batch, _issuer = batches.lock_for_change(session, batch_id)
        if batch.achievement_id is not None:
            raise StateError(f"Batch {batch_id!r}", "for rows of an achievement", "one for signed credentials")
        batches.require_room(batch, len(checked))
        _refuse_taken(session, checked)
        values = [
            {
                "handle": new_handle(),
                "batch_id": batch.id,
                "index": batch.size + offset,
                "credential_id": item.credential_id,
                "document": item.text,
                "d_rdf": item.d_rdf,
                "revocation_list_id": item.list_id,
                "status_index": item.status_index,
                "status": "active",
            }
            for offset, item in enumerate(checked)
        ]
        if values:
            session.execute(insert(Credential), values)
        batch.size += len(values)
        return [str(value["handle"]) for value in values]


def suggest_places(store: Store, issuer_id: str, count: int) -> list[tuple[str, int]]:
    """Free places (list URL, index) for credentials that an issuer is about to sign. They are not reserved."""
    with store.read() as session:
        for list_ in reversed(lists_of(session, issuer_id)):
            if list_.purpose != REVOCATION:
                continue
            used = session.scalars(
                select(Credential.status_index).where(Credential.revocation_list_id == list_.id)
            ).all()
            if len(used) + count <= int(list_.length * FULL_AT):
                return [(list_.url, index) for index in free_indexes(list_.length, used, count)]
    raise StateError(f"Issuer {issuer_id!r}", f"without a status list that has {count} places", "given fewer, or rows")


def _check(document: dict[str, Any], issuer: Issuer, keys: dict[str, bytes], lists: dict[str, StatusList]) -> Checked:
    validate({name: value for name, value in document.items() if name != "proof"})
    named = document["issuer"]
    if (named if isinstance(named, str) else named.get("id")) != issuer.did:
        raise FormatError("signed.issuer", "/issuer", f"The issuer is not {issuer.did}", "Use the batch's issuer")
    if not isinstance(document.get("id"), str) or not _UUID.fullmatch(document["id"]):
        remedy = "Use urn:uuid: with a random UUID (version 4, lower case): a digest must not be guessable"
        raise FormatError("signed.id", "/id", "The id is not a random UUID", remedy)
    proofs = issuer_proofs(document)
    whole = {**document, "proof": proofs}
    for place, proof in enumerate(proofs):
        if proof.get("cryptosuite") == CRYPTOSUITE:
            raise FormatError("signed.proof", f"/proof/{place}", "It has an anchor proof already", "Leave it out")
    own = [proof for proof in proofs if is_supported(proof) and proof.get("verificationMethod") in keys]
    if not own or len(own) != len(proofs):
        problem = f"The proof must be eddsa-rdfc-2022 by one of: {', '.join(sorted(keys)) or '(no key)'}"
        raise FormatError("signed.proof", "/proof", problem, "Sign with a key that is registered and in use")
    for proof in own:
        if not verify_proof(whole, proof, keys[proof["verificationMethod"]]):
            raise FormatError("signed.proof", "/proof", "The proof does not fit the document", "Sign it again")
    list_id, index = _place(document.get("credentialStatus"), lists)
    return Checked(canonical(whole).decode(), rdf_digest(whole), document["id"], list_id, index)


def _lint(row: int, document: dict[str, Any], level: str, now: int) -> tuple[list[RowError], list[RowError]]:
    """What the lint refuses, and what it only mentions; both empty for what is no Open Badge about an achievement."""
    if level == lint.OFF or not lint.applies(document):
        return [], []
    found = lint.lint(document, datetime.fromtimestamp(now, UTC)).findings
    told = [
        (level == lint.REQUIRE and one.mandatory, RowError(row, None, one.pointer, one.code, one.sentence, one.remedy))
        for one in found
    ]
    return [error for refuse, error in told if refuse], [error for refuse, error in told if not refuse]


def _place(status: Any, lists: dict[str, StatusList]) -> tuple[str | None, int | None]:
    if status is None:
        return None, None
    place = "/credentialStatus"
    if not isinstance(status, dict) or status.get("statusPurpose") != REVOCATION:
        raise FormatError("signed.status", place, "The status entry is not one for revocation", "Use one, or none")
    list_ = lists.get(str(status.get("statusListCredential")))
    if list_ is None:
        raise FormatError("signed.status", place + "/statusListCredential", "It is not one of the issuer's lists")
    text = str(status.get("statusListIndex"))
    if not text.isascii() or not text.isdigit() or int(text) >= list_.length or str(int(text)) != text:
        raise FormatError("signed.status", place + "/statusListIndex", f"It is not 0 to {list_.length - 1}")
    return list_.id, int(text)


def _refuse_taken(session: Session, checked: Sequence[Checked]) -> None:
    ids = [item.credential_id for item in checked]
    known = set(session.scalars(select(Credential.credential_id).where(Credential.credential_id.in_(ids))))
    lists = {item.list_id for item in checked if item.list_id is not None}
    query = select(Credential.revocation_list_id, Credential.status_index)
    places = {tuple(found) for found in session.execute(query.where(Credential.revocation_list_id.in_(lists)))}
    errors = []
    for row, item in enumerate(checked, 1):
        place = (item.list_id, item.status_index)
        if item.credential_id in known:
            errors.append(RowError(row, None, "/id", "signed.duplicate", "A credential with this id is here already"))
        if item.list_id is not None and place in places:
            problem, remedy = "This place in the status list is taken", "Choose another, at random, and sign again"
            errors.append(RowError(row, None, "/credentialStatus/statusListIndex", "signed.place", problem, remedy))
        known.add(item.credential_id)
        places.add(place)
    if errors:
        raise RowErrors(errors)
