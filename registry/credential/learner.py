"""Whether credentials are about one learner, and who that is: what a stack of them needs before it may be one.

A name decides nothing. What decides is the subject's `id`; the number that the stack's own issuer gave the learner; and
the mail address, which badges hold as a salted hash: whoever issues the stack says it, and it must fit.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from registry.credential.badge import identity_hash
from registry.errors import RowError, RowErrors

Fact = tuple[str, str]
"""What a learner is known by, and its value: "id", "number" or "mail"."""

MAX_IDENTIFIERS = 20
"""Identifiers of one subject that are looked at, as many as our schema allows."""


def same_learner(given: Mapping[str, Any], documents: Sequence[Mapping[str, Any]], own_issuer: str) -> dict[str, Any]:
    """The cells of a roster's row, `given` completed from the documents: name, learner_id, email.

    `own_issuer` is who issues the stack: numbers by others mean nothing to it. Raises RowErrors, `row` counting the
    documents from 1: stack.other-learner, stack.learner-unknown, stack.name.
    """
    told = said_of(given)
    mails = {value for kind, value in told if kind == "mail"}
    facts = [known_by(document, own_issuer, mails) for document in documents]
    errors = _contradictions(told, facts, documents, mails) or _unlinked(told, facts)
    names = [name for document in documents for name in _names(document)]
    if not given.get("name") and len(set(names)) > 1:
        problem, remedy = "The components name the learner differently", "Give the name for the whole: name"
        errors.append(RowError(None, "name", "/learner/name", "stack.name", problem, remedy))
    if errors:
        raise RowErrors(errors)
    known = told.union(*facts)
    learner_id, number, mail = (_only(known, kind) for kind in ("id", "number", "mail"))
    found = {"name": names[0] if names else None, "learner_id": learner_id or number, "email": mail}
    return {**{name: value for name, value in found.items() if value}, **{k: v for k, v in given.items() if v}}


def _only(facts: set[Fact], wanted: str) -> str | None:
    values = [value for kind, value in facts if kind == wanted]
    return values[0] if len(values) == 1 else None


def said_of(given: Mapping[str, Any]) -> set[Fact]:
    """What cells of a roster's row say a learner is known by."""
    told = set()
    if learner := given.get("learner_id"):
        told.add(("id" if ":" in str(learner) else "number", str(learner).strip()))
    if mail := given.get("email"):
        told.add(("mail", str(mail).strip().lower()))
    return told


def known_by(document: Mapping[str, Any], own_issuer: str, mails: set[str]) -> set[Fact]:
    """What the document says its subject is known by: numbers of `own_issuer`, a hashed address if it is in `mails`."""
    subject = document["credentialSubject"]
    facts = {("id", subject["id"])} if isinstance(subject.get("id"), str) else set()
    for kind, identity in identities(document):
        value, hashed = identity["identityHash"], identity.get("hashed") is True
        if kind == "identifier" and not hashed and issuer_of(document) == own_issuer:
            facts.add(("number", value))
        elif kind == "emailAddress" and not hashed:
            facts.add(("mail", value.strip().lower()))
        elif kind == "emailAddress":
            salt = identity.get("salt", "")
            wanted = value.lower()
            fits = (mail for mail in mails if isinstance(salt, str) and identity_hash(mail, salt) == wanted)
            facts.update(("mail", mail) for mail in islice(fits, 1))
    return facts


def _contradictions(
    told: set[Fact], facts: Sequence[set[Fact]], documents: Sequence[Mapping[str, Any]], mails: set[str]
) -> list[RowError]:
    """Components that are known by something else than those before them, or than what was given."""
    first = dict(told)
    errors = []
    for row, (found, document) in enumerate(zip(facts, documents, strict=True), 1):
        other = any(first.setdefault(kind, value) != value for kind, value in sorted(found) if kind != "mail")
        has_mail = any(kind == "emailAddress" for kind, _ in identities(document))
        if other or (mails and has_mail and not any(("mail", mail) in found for mail in mails)):
            problem = "This component is of another learner than the others, or than the one that was named"
            remedy = "Leave it out, or correct learner_id and email"
            errors.append(RowError(row, None, f"/components/{row - 1}", "stack.other-learner", problem, remedy))
    return errors


def _unlinked(told: set[Fact], facts: Sequence[set[Fact]]) -> list[RowError]:
    """Components that nothing ties to the learner: from what was given, or the first one, on to what shares a fact."""
    known = set(told or facts[0])
    waiting = dict(enumerate(facts, 1))
    if not told:
        del waiting[1]  # one component is of one learner, whoever it is
    while linked := [row for row, found in waiting.items() if found & known]:
        for row in linked:
            known |= waiting.pop(row)
    problem = "Nothing says that this component is of the same learner; names and salted hashes do not"
    remedy = "Give the learner's mail address (email), whose hash is in the badge"
    return [RowError(row, None, f"/components/{row - 1}", "stack.learner-unknown", problem, remedy) for row in waiting]


def issuer_of(document: Mapping[str, Any]) -> Any:
    """The issuer's identifier."""
    issuer = document["issuer"]
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def identities(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """What the subject is known by, each with its type; `identityHash` is a text, nothing else is looked at."""
    found = document["credentialSubject"].get("identifier")
    items = found[:MAX_IDENTIFIERS] if isinstance(found, list) else [found]
    return [
        (str(item.get("identityType")), item)
        for item in items
        if isinstance(item, dict) and isinstance(item.get("identityHash"), str)
    ]


def _names(document: Mapping[str, Any]) -> list[str]:
    plain = [
        item["identityHash"] for kind, item in identities(document) if kind == "name" and item.get("hashed") is False
    ]
    return [unicodedata.normalize("NFC", " ".join(name.split())) for name in plain[:1]]
