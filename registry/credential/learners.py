"""Many learners' credentials, sorted: which belong to whom. Who they are is decided as for one, see `learner.py`.

This only sorts what is to be tried: whoever makes a stack of a group holds every component of it against its learner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.credential.learner import Fact, known_by, said_of

NOBODY = "Nothing in it says of which learner it is: names and salted hashes do not"
STRANGER = "It is of none of the learners that were named"


@dataclass(frozen=True)
class Group:
    """One learner: the place in what was given, None where the documents alone say who it is; and their places."""

    given: int | None
    documents: tuple[int, ...]


def group(
    given: Sequence[Mapping[str, Any]], documents: Sequence[Mapping[str, Any]], own_issuer: str
) -> tuple[list[Group], dict[int, str]]:
    """The learners, one for each of `given` (cells of a roster's rows), or as the documents say where none is given.

    What shares an id, a number of `own_issuer` or a mail address is one learner's. Also why a document, by its place,
    is in no group; where it would make one learner of two that were given, neither gets it.
    """
    told = [said_of(cells) for cells in given]
    mails = {value for facts in told for kind, value in facts if kind == "mail"}
    facts = [*told, *(known_by(document, own_issuer, mails) for document in documents)]
    first, groups, left = len(given), list[Group](), dict[int, str]()
    for members in _tied(facts):
        rows = [place for place in members if place < first]
        mine = tuple(place - first for place in members if place >= first)
        if len(rows) == 1 or (not given and facts[members[0]]):
            groups.append(Group(rows[0] if rows else None, mine))
            continue
        groups += [Group(row, ()) for row in rows]
        named = " and ".join(str(row + 1) for row in rows)
        why = f"It is of several that were named as different learners: {named}" if rows else STRANGER
        left |= dict.fromkeys(mine, why if given else NOBODY)
    return groups, left


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
