"""What counts of several credentials that a learner shows together: each award once, however often it is there.

One with credits of its own counts with these, and what it was awarded for counts with it. A record without credits of
its own counts with the credentials that it holds. Of two awards of one achievement to one learner the newest counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from api.pages.view import MAX_ITEMS, alignments
from registry.credential.achievement import vocabulary
from registry.credential.learner import Fact, issuer_of, known_by
from registry.credential.lintreading import items, object_
from registry.credential.stack import Component
from registry.verify.document import CredentialFile

Fate = Literal["counts", "within", "again"]
"""Counts by itself; counts with a larger one; is left for a newer one of the same achievement."""


@dataclass(frozen=True)
class Award:
    """A credential whose checks passed. `held`: those that it holds and whose checks passed as well."""

    found: CredentialFile
    held: tuple["Award", ...] = ()

    @property
    def id(self) -> str:
        return str(self.found.document["id"])

    @property
    def credits(self) -> Decimal:
        """ECTS credits earned, as stacks count them; 0 where it says none."""
        return Decimal(str(self._component.credits))

    @property
    def level(self) -> int | None:
        """EQF level, 1 to 8; None where it says none, or several."""
        achievement = object_(self.found.document["credentialSubject"].get("achievement"))
        aligned = items(achievement.get("alignment"))[:MAX_ITEMS]
        codes = {_eqf(one) for one in aligned if one.get("targetType") in alignments()["row.level"]}
        (code,) = codes if len(codes) == 1 else ("",)
        return int(code) if re.fullmatch("[1-8]", code) else None

    @property
    def achievement_id(self) -> str | None:
        return self._component.achievement_id

    @property
    def learner(self) -> set[Fact]:
        """What its learner is known by. A name is enough here: who shows two people's awards as one's gains nothing."""
        known = known_by(self.found.document, issuer_of(self.found.document), set())
        name = self.found.learner_name.casefold()
        return known | ({("name", name)} if name else set())

    @cached_property
    def absorbed(self) -> set[str]:
        """Ids of the credentials that count with this one."""
        document = self.found.document
        parts = items(document.get("relatedResource"))
        parts += items(document["credentialSubject"].get("verifiableCredential"))
        return {part["id"] for part in parts if isinstance(part.get("id"), str)} if self.credits else set()

    @property
    def parts(self) -> tuple["Award", ...]:
        """The credentials in it that count in its place."""
        return () if self.credits else self.held

    @property
    def _component(self) -> Component:
        return Component(self.found.document, self.found.d_jcs)


def count(shown: Sequence[Award]) -> Mapping[str, tuple[Award, Fate]]:
    """By id, what becomes of each of `shown` and of what the records among them hold; a record itself is left out."""
    alone = {one.id: one for one in shown if not one.parts}
    every = {part.id: part for one in shown for part in one.parts} | alone
    told: dict[str, tuple[Award, Fate]] = {}
    known: dict[str, set[Fact]] = {}  # by achievement, what those learners are known by whose awards are counted
    heights = _heights(every)
    newest_first = sorted(every.values(), key=lambda one: (one.found.awarded, one.found.valid_from), reverse=True)
    for one in sorted(newest_first, key=lambda one: -heights[one.id]):
        if one.id in told:
            continue
        if one.achievement_id and one.learner & known.get(one.achievement_id, set()):
            told[one.id] = one, "again"  # and what it was awarded for counts by itself
            continue
        told[one.id] = one, "counts"
        with_it = [one]
        while with_it:
            larger = with_it.pop()
            if larger.achievement_id:
                known.setdefault(larger.achievement_id, set()).update(larger.learner)
            inner = [every[id] for id in larger.absorbed if id in every and id not in told]
            told |= {part.id: (part, "within") for part in inner}
            with_it += inner
    return told


def _heights(every: Mapping[str, Award]) -> Mapping[str, int]:
    """How many awards lie in each, one in the other: the largest is counted before what it was awarded for."""
    inside = {id: one.absorbed & every.keys() for id, one in every.items()}
    around: dict[str, list[str]] = {id: [] for id in every}
    for id, parts in inside.items():
        for part in parts:
            around[part].append(id)
    found = dict.fromkeys(every, len(every))  # stays so in a circle
    layer, height = [id for id, parts in inside.items() if not parts], 0
    while layer:
        found |= dict.fromkeys(layer, height)
        lower, layer, height = layer, [], height + 1
        for part in lower:
            for larger in around[part]:
                inside[larger].remove(part)
                if not inside[larger]:
                    layer.append(larger)
    return found


def _eqf(aligned: Mapping[str, Any]) -> str:
    return str(aligned.get("targetCode") or str(aligned.get("targetUrl")).removeprefix(vocabulary.EQF))
