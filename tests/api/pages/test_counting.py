"""Whose credits count: each award once, whatever a learner puts side by side."""

import time
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from api.pages.counting import Award, count
from registry.verify.document import read
from tests.support.specimen import document, to_bytes


def award(
    name: str, course: str = "", credits: float = 1, day: int = 1, who: str = "Ana", of: str = "",
    held: tuple[Award, ...] = (), **subject: Any,
) -> Award:  # fmt: skip
    """A credential `name` for a course, awarded for the ones named in `of`, or a record of `held`."""
    known = {"type": "IdentityObject", "identityHash": who, "identityType": "name", "hashed": False}
    made = document(
        id=f"urn:x:{name}",
        awardedDate=f"2026-02-{day:02}T00:00:00Z",
        relatedResource=[{"id": f"urn:x:{one}"} for one in of.split()] or None,
        credentialSubject={
            "identifier": [known],
            "achievement": {"id": f"urn:course:{course or name}"},
            "creditsEarned": credits,
            **subject,
        },
    )
    if held:
        made["credentialSubject"]["verifiableCredential"] = [one.found.document for one in held]
        made["credentialSubject"]["achievement"] = [{"id": "urn:course:whole"}]
        del made["credentialSubject"]["creditsEarned"]
    return Award(read(to_bytes(made)), held)


def told(*shown: Award) -> dict[str, str]:
    return {id.removeprefix("urn:x:"): fate for id, (_, fate) in count(shown).items()}


A, B = award("a"), award("b", credits=2)
NEWER = award("a2", "a", day=9)

CASES: dict[str, tuple[tuple[Award, ...], dict[str, str]]] = {
    "one achievement twice": ((A, NEWER), {"a": "again", "a2": "counts"}),
    "in the other order": ((NEWER, A), {"a": "again", "a2": "counts"}),
    "on one day the first": ((A, award("c", "a")), {"a": "counts", "c": "again"}),
    "of two people": ((A, award("a2", "a", who="Ben")), {"a": "counts", "a2": "counts"}),
    "renamed, known by an id": (
        (award("a", id="did:x:1"), award("a2", "a", day=2, who="Ana B", id="did:x:1")),
        {"a": "again", "a2": "counts"},
    ),
    "two achievements": ((A, B), {"a": "counts", "b": "counts"}),
    "a stack and its component": ((A, award("s", of="a b")), {"a": "within", "s": "counts"}),
    "a newer award of what a stack counts": (
        (A, award("s", of="a b"), NEWER),
        {"a": "within", "a2": "again", "s": "counts"},
    ),
    "a newer award of a stack in a stack": (
        (A, award("t", of="s"), award("s", "s", of="a"), award("s2", "s", of="a", day=9)),
        {"a": "within", "s": "within", "s2": "again", "t": "counts"},
    ),
    "a stack without credits of its own": ((A, award("s", credits=0, of="a")), {"a": "counts", "s": "counts"}),
    "stacks of stacks": (
        (A, award("s", of="a", day=3), award("t", of="s b", day=2)),
        {"a": "within", "s": "within", "t": "counts"},
    ),
    "a stack that is left takes nothing with it": (
        (A, B, award("s", "s", of="a b"), award("s2", "s", of="a c", day=2)),
        {"a": "within", "b": "counts", "s": "again", "s2": "counts"},
    ),
    "in a circle nothing counts twice": ((award("a", of="b"), award("b", of="a")), {"a": "counts", "b": "within"}),
    "a record counts by what it holds": ((award("r", held=(A, B)),), {"a": "counts", "b": "counts"}),
    "a record beside what it holds": ((A, award("r", held=(A, B)), B), {"a": "counts", "b": "counts"}),
    "two records of one": ((award("r", held=(A, B)), award("r2", held=(A,))), {"a": "counts", "b": "counts"}),
    "a record that holds a stack": (
        (award("r", held=(A, B, award("s", of="a"))),),
        {"a": "within", "b": "counts", "s": "counts"},
    ),
    "a record of what a stack counts": (
        (award("s", of="a"), award("r", held=(A, B))),
        {"a": "within", "b": "counts", "s": "counts"},
    ),
    "an older award in a record": ((NEWER, award("r", held=(A, B))), {"a": "again", "a2": "counts", "b": "counts"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_award_counts_once_and_none_is_lost(name: str) -> None:
    shown, fates = CASES[name]
    assert told(*shown) == fates


def test_what_has_credits_of_its_own_counts_with_these_whatever_it_holds() -> None:
    found = award("r", held=(A, B)).found
    found.document["credentialSubject"]["creditsEarned"] = 30
    whole = Award(found, (A, B))
    assert told(whole, A) == {"a": "within", "r": "counts"}
    assert whole.credits == Decimal(30)


def test_as_many_as_can_be_shown_are_counted_at_once() -> None:
    """A record in each place of a portfolio: one in the other, and each of another learner."""
    most = 1650
    chain = tuple(award(f"n{place}", of=f"n{place + 1}") for place in range(most))
    others = tuple(award(f"n{place}", "one", who=str(place)) for place in range(most))
    begun = time.monotonic()
    fates = told(*chain)
    assert (fates["n0"], Counter(fates.values())) == ("counts", {"counts": 1, "within": most - 1})
    assert Counter(told(*others).values()) == {"counts": most}
    assert time.monotonic() - begun < 10, "seconds here are minutes of somebody else's processor"
