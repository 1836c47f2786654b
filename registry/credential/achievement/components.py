"""What a larger achievement is made of: the rule that says which others, and how many of them, a learner must have.

It names achievements by their ids, so a component counts in the version that is meant and in no other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential.achievement.problems import MAX_ECTS, Table

MAX_COMPONENTS = 32
"""Achievements in one rule: each is copied into every credential."""

_FORMS = ("all_of", "n_of", "min_credits")
_REMEDY = "Write one of all_of = […], n_of = {count = 2, of = […]}, min_credits = {credits = 15, of = […]}"
_ACHIEVEMENTS = ("ids of achievements", '["https://…", "https://…"]')
_ISSUERS = ("identifiers of issuers", '["did:web:…", "did:web:…"]')


@dataclass(frozen=True)
class Rule:
    """What a learner must have: all of `ids`, `amount` of them, or `amount` ECTS credits by them.

    `issuers` are the identifiers of those who may have issued a component beside the one who issues the whole.
    """

    form: str
    ids: tuple[str, ...]
    amount: int | float
    issuers: tuple[str, ...] = ()

    @classmethod
    def of(cls, requires: Mapping[str, Any]) -> "Rule":
        """The rule in a definition that was read: `data["stacking"]["requires"]`."""
        form = next(name for name in _FORMS if name in requires)
        issuers = tuple(requires.get("issuers", ()))
        if form == "all_of":
            return cls(form, tuple(requires[form]), len(requires[form]), issuers)
        inner = requires[form]
        return cls(form, tuple(inner["of"]), inner["count" if form == "n_of" else "credits"], issuers)

    @property
    def demand(self) -> str:
        """What is asked of the components together, for people."""
        if self.form == "all_of":
            return "all are required"
        credits_ = " credits of them" if self.form == "min_credits" else ""
        return f"at least {self.amount}{credits_} required"


def read(stacking: Table, own_id: Any) -> dict[str, Any] | None:
    """The rule below [stacking], which has exactly one of three forms; `own_id` cannot be part of it."""
    table = stacking.table("requires", _REMEDY)
    if table is None:
        return None
    table.only(*_FORMS, "issuers")
    given = [name for name in _FORMS if name in table.data]
    if len(given) != 1:
        problem = "it is not exactly one of all_of, n_of and min_credits"
        table.wrong("", "achievement.requires", problem, _REMEDY)
        return None
    (form,) = given
    issuers = {}
    if "issuers" in table.data:
        issuers["issuers"] = _names(table, "issuers", *_ISSUERS)
    if form == "all_of":
        return {form: _names(table, form, *_ACHIEVEMENTS, own_id), **issuers}
    inner = table.table(form, _REMEDY, required=True)
    if inner is None:
        return None
    name = "count" if form == "n_of" else "credits"
    inner.only(name, "of")
    ids = _names(inner, "of", *_ACHIEVEMENTS, own_id)
    if inner.data.get(name) is None:
        inner.missing(name, _REMEDY)
    amount = inner.number(name, 0, MAX_ECTS)
    if form == "n_of" and amount is not None and ids and (not isinstance(amount, int) or amount > len(ids)):
        problem = f"{amount} is not a count of {len(ids)} achievements"
        inner.wrong(name, "achievement.requires", problem, f"Write a whole number from 1 to {len(ids)}")
    return {form: {name: amount, "of": ids}, **issuers}


def named(requires: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The id of every component, and what the rule asks of it and the others."""
    rule = Rule.of(requires)
    for id_ in rule.ids:
        start = f"One of {len(rule.ids)} components" if len(rule.ids) > 1 else "The only component"
        yield id_, f"{start}: {rule.demand}"


def _names(table: Table, name: str, what: str, example: str, own_id: Any = None) -> list[str]:
    value = table.data.get(name)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_COMPONENTS:
        problem = f"{name} is not a list of 1 to {MAX_COMPONENTS} {what}"
        table.wrong(name, "achievement.requires", problem, f"Write {example}")
        return []
    place = Table(dict(zip(map(str, range(len(value))), value, strict=True)), (*table.path, name), table.problems)
    ids: list[str] = []
    for index in place.data:
        id_ = place.url(index, required=True)
        if id_ is None:
            continue
        if id_ in ids:
            place.wrong(index, "achievement.requires", f"{id_} is there twice", "It counts once: remove one")
        elif id_ == own_id:
            place.wrong(index, "achievement.requires", "this is the achievement itself", "Name another")
        ids.append(id_)
    return ids
