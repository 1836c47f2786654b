"""Vectors about endorsements in a credential and about components: lines beside a verdict that they never change."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.support.cases import Chain, case
from tests.support.nesting import ACHIEVEMENT, AGENCY, Learner, Office, chained, entry, record, revoked, without_proof
from tests.support.specimen import DID, document, to_bytes
from tests.vectors.expected import Expected, Vector, expect, signature_fails


def nested() -> Iterator[Vector]:
    office = Office({})
    good = office.endorse(ACHIEVEMENT)
    unsigned, own = without_proof(to_bytes(good)), office.endorse(ACHIEVEMENT, DID)
    several = office.badge(
        good, {**good, "name": "altered"}, unsigned, own, office.endorse(DID), "https://agency.example"
    )
    what = (
        "Endorsements: in order, altered, without anchor, by the issuer itself, about something else, and none at all."
    )
    said = ["pass ok", "fail invalid", "unknown pending", "not_run own", "fail other-subject", "fail form"]
    yield "0-valid--with-endorsements", what, several, beside(expect("valid"), endorsements=said)
    levels = office.badge(chained(office, *(f"did:web:level-{number}.example" for number in range(4))))
    what = "Each endorser is endorsed by the next; the fourth level is not looked at."
    yield "0-valid--endorsements-too-deep", what, levels, beside(expect("valid"), endorsements=["pass ok"] * 3)
    circle = office.badge(chained(office, AGENCY, "did:web:council.example", AGENCY))
    what, said = "Two who endorse each other.", ["pass ok", "pass ok", "not_run own"]
    yield "0-valid--endorsements-in-a-circle", what, circle, beside(expect("valid"), endorsements=said)
    many = office.badge(*[good] * 9)
    what, said = "One more than are checked.", ["pass ok"] * 8 + ["not_run too-many"]
    yield "0-valid--more-endorsements-than-are-checked", what, many, beside(expect("valid"), endorsements=said)
    made = office.badge(good)
    changed = replace(made, data=made.data.replace(b"Soil science", b"Soil_science"))
    what = "It was changed, so what others say of it is not looked into."
    yield "2-signature--endorsed-and-changed", what, changed, beside(signature_fails("mismatch"), None, None)

    ana = Learner()
    part, lost = revoked(document(id="urn:uuid:00000007-7425-40de-944b-e07fc1f90ae7"))
    altered = ana.earn(2).replace(b'"creditsEarned":2.5', b'"creditsEarned":25')
    itself = {**json.loads(ana.earn(3)), "id": document()["id"]}
    held = [ana.earn(1), lost, altered, without_proof(ana.earn(4)), itself, "eyJ0.eyJ1.c2ln"]
    whole = record(ana, held, credentialStatus=None)
    whole = replace(whole, status=part.status, chain=Chain({**whole.chain.answers, **part.chain.answers}))
    what = "A record that holds: in order, revoked, altered, without anchor, one with the record's own id, a token."
    said = ["pass ok", "fail revoked", "fail invalid", "unknown pending", "fail circular", "fail form"]
    endless = expect("valid", status="pass cannot-be-revoked")
    yield "0-valid--record-with-a-revoked-component", what, whole, beside(endless, components=said)
    named = [entry(ana.earn(1)), entry(ana.earn(2), digestSRI="sha256-x"), {"id": "urn:x:1", "mediaType": "image/png"}]
    what, said = (
        "A stack whose components were not given; one of its digests is none.",
        ["not_run not-given", "fail form"],
    )
    yield "0-valid--stack-alone", what, case(document(relatedResource=named)), beside(expect("valid"), components=said)


def beside(
    expected: Expected, endorsements: Sequence[str] | None = (), components: Sequence[str] | None = ()
) -> Expected:
    """With outcome and code of each line, written as for checks; None where nothing is looked into."""

    def lines(kind: str, said: Sequence[str] | None) -> list[dict[str, str]] | None:
        if said is None:
            return None
        return [{"outcome": outcome, "code": f"{kind}.{code}"} for outcome, code in map(str.split, said)]

    inside = {"endorsements": lines("endorsement", endorsements), "components": lines("component", components)}
    return {**expected, **inside}
