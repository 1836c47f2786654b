"""Many learners' credentials are sorted by what ties them to somebody, and nothing is given to the wrong one."""

from typing import Any

from registry.credential.badge import identity_hash
from registry.credential.learners import NOBODY, STRANGER, Group, group

OWN, OTHER = "did:web:university.example", "did:web:elsewhere.example"


def part(*, id: str = "", number: str = "", mail: str = "", hashed: str = "", issuer: str = OWN) -> dict[str, Any]:
    """A credential whose subject is known by these."""
    identities = [{"identityType": "name", "identityHash": "Ana", "hashed": False}]
    if number:
        identities.append({"identityType": "identifier", "identityHash": number, "hashed": False})
    if mail:
        identities.append({"identityType": "emailAddress", "identityHash": mail, "hashed": False})
    if hashed:
        value = identity_hash(hashed, "salt")
        identities.append({"identityType": "emailAddress", "identityHash": value, "salt": "salt", "hashed": True})
    return {"issuer": issuer, "credentialSubject": {"identifier": identities} | ({"id": id} if id else {})}


def test_a_hashed_address_is_that_of_a_row_and_an_id_ties_on_what_has_none() -> None:
    rows = [{"email": "Ben@x.example"}, {"email": "ana@x.example"}, {"name": "Ana"}]
    parts = [
        part(hashed="ana@x.example", id="did:example:ana"), part(id="did:example:ana"), part(hashed="ben@x.example"),
        part(), part(hashed="carl@x.example"),
    ]  # fmt: skip
    groups, left = group(rows, parts, OWN)
    assert groups == [Group(0, (2,)), Group(1, (0, 1)), Group(2, ())]
    assert left == {3: STRANGER, 4: STRANGER}


def test_what_names_two_rows_is_set_aside_alone() -> None:
    rows = [{"email": "ana@x.example"}, {"learner_id": "7"}, {"learner_id": "8"}]
    parts = [part(hashed="ana@x.example", number="7"), part(number="7"), part(number="8"), part(mail="ana@x.example")]
    groups, left = group(rows, parts, OWN)
    assert groups == [Group(0, (3,)), Group(1, (1,)), Group(2, (2,))]
    assert left == {0: "It is of several that were named as different learners: 1 and 2"}


def test_one_that_claims_another_s_id_takes_nothing_from_him_and_what_it_leaves_in_doubt_is_nobody_s() -> None:
    rows = [{"email": "ana@x.example"}, {"email": "ben@x.example"}]
    ana, ben = "did:example:ana", "did:example:ben"
    parts = [
        part(mail="ana@x.example", id=ana), part(mail="ben@x.example", id=ben), part(id=ben, number="8"),
        part(number="8"), part(id=ana), part(mail="ben@x.example", id=ana),
    ]  # fmt: skip
    groups, left = group(rows, parts, OWN)
    assert groups == [Group(0, (0,)), Group(1, (1, 2, 3, 5))]
    assert left.keys() == {4} and left[4].endswith(": 1 and 2")


def test_one_that_mixes_two_by_what_is_told_of_them_ties_nothing_together() -> None:
    rows = [{"email": "ana@x.example"}, {"email": "ben@x.example"}]
    mixed = part(number="17")
    mixed["credentialSubject"]["identifier"] += part(number="22")["credentialSubject"]["identifier"]
    parts = [
        part(hashed="ana@x.example", number="17"), part(hashed="ben@x.example", number="22"),
        part(number="17"), part(number="22"), mixed,
    ]  # fmt: skip
    groups, left = group(rows, parts, OWN)
    assert groups == [Group(0, (0, 2)), Group(1, (1, 3))]
    assert left.keys() == {4}


def test_rows_that_name_the_same_learner_get_what_is_not_of_both() -> None:
    rows = [{"email": "ana@x.example", "learner_id": "7"}, {"email": "ana@x.example", "learner_id": "8"}]
    groups, left = group(rows, [part(mail="ana@x.example"), part(number="8")], OWN)
    assert groups == [Group(0, ()), Group(1, (1,))]
    assert left.keys() == {0}


def test_without_rows_the_documents_say_who_it_is_and_a_number_only_its_own_issuer_s() -> None:
    parts = [
        part(number="7"), part(mail="a@x.example"), part(number="7", mail="A@x.example "),
        part(number="7", issuer=OTHER), part(hashed="a@x.example"), part(id="did:example:b"),
    ]  # fmt: skip
    groups, left = group([], parts, OWN)
    assert groups == [Group(None, (0, 1, 2)), Group(None, (5,))]
    assert left == {3: NOBODY, 4: NOBODY}
