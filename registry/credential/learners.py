"""Many learners' credentials, sorted: which belong to whom. Who they are is decided as for one, see `learner.py`.

This only sorts what is to be tried: whoever makes a stack of a group holds every component of it against its learner.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.credential.learner import Fact, known_by, said_of

NOBODY = "Nothing in it says of which learner it is: names and salted hashes do not"
_SEVERAL = "It is of several that were named as different learners"
STRANGER = "It is of none of the learners that were named"


@dataclass(frozen=True)
class Group:
    """One learner: the place in what was given, None where the documents alone say who it is; and their places."""

    given: int | None
    documents: tuple[int, ...]


def group(
    given: Sequence[Mapping[str, Any]], documents: Iterable[Mapping[str, Any]], own_issuer: str
) -> tuple[list[Group], dict[int, str]]:
    """The learners, one for each of `given` (cells of a roster's rows), or as the documents say where none is given.

    What shares an id, a number of `own_issuer` or a mail address is one learner's. Also why a document, by its place,
    is in no group. Of rows, each gets what names it and it alone; what names none of them, but is tied to one by what
    such a document says, is that one's too. A document that mixes two learners is set aside, and takes nothing that
    names its learner; nobody has verified it yet, so what has only an id that both seem to have is in doubt as well.
    """
    told = [said_of(cells) for cells in given]
    mails = {value for facts in told for kind, value in facts if kind == "mail"}
    facts = [known_by(document, own_issuer, mails) for document in documents]
    if not given:
        tied = _tied(facts)
        nameless = {place: NOBODY for place, found in enumerate(facts) if not found}
        return [Group(None, tuple(places)) for places in tied if places[0] not in nameless], nameless
    theirs: list[list[int]] = [[] for _ in given]
    left: dict[int, str] = {}
    for place, rows in enumerate(_rows(told, facts)):
        if len(rows) == 1:
            theirs[min(rows)].append(place)
        else:
            left[place] = f"{_SEVERAL}: {' and '.join(str(row + 1) for row in sorted(rows))}" if rows else STRANGER
    return [Group(row, tuple(places)) for row, places in enumerate(theirs)], left


def _rows(told: Sequence[set[Fact]], facts: Sequence[set[Fact]]) -> list[set[int]]:
    """For each document, by what it is known by, the rows that it may be of."""
    claims = _claims(enumerate(told))
    rows = [_claiming(claims, found) for found in facts]
    indirect = _claims((min(one), found) for one, found in zip(rows, facts, strict=True) if len(one) == 1)
    for place, one in enumerate(rows):
        if not one and len(both := _claiming(indirect, facts[place])) > 1:
            rows[place] = both  # it mixes two by what others say of them: it must not tie those together that do not
    others = [place for place, one in enumerate(rows) if not one]
    for places in _tied([facts[place] for place in others]):
        mine = [others[place] for place in places]
        together = set().union(*(_claiming(indirect, facts[place]) for place in mine))
        for place in mine:
            rows[place] = together
    return rows


def _claims(known: Iterable[tuple[int, set[Fact]]]) -> dict[Fact, set[int]]:
    """Of each fact the rows it is said of."""
    claims: dict[Fact, set[int]] = {}
    for row, found in known:
        for fact in found:
            claims.setdefault(fact, set()).add(row)
    return claims


def _claiming(claims: Mapping[Fact, set[int]], facts: set[Fact]) -> set[int]:
    return set().union(*(claims.get(fact, ()) for fact in facts))


def _tied(facts: Sequence[set[Fact]]) -> list[list[int]]:
    """Places that share facts, directly or by others, together; in the order of the first of each."""
    holder: dict[Fact, int] = {}
    parent = list(range(len(facts)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    for place, found in enumerate(facts):
        for fact in found:
            one, other = root(holder.setdefault(fact, place)), root(place)
            parent[max(one, other)] = min(one, other)
    together: dict[int, list[int]] = {}
    for place in range(len(facts)):
        together.setdefault(root(place), []).append(place)
    return list(together.values())
