"""What a larger achievement is made of: the rule that says which others, and how many of them, a learner must have.

It names achievements by their ids, so a component counts in the version that is meant and in no other.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.credential.achievement.problems import Table

MAX_COMPONENTS = 32
"""Achievements in one rule: each is copied into every credential."""

MAX_CREDITS = 600
"""Ten years of full-time study."""

_RULES = ("all_of", "n_of", "min_credits")
_REMEDY = "Write one of all_of = […], n_of = {count = 2, of = […]}, min_credits = {credits = 15, of = […]}"


def read(stacking: Table, own_id: Any) -> dict[str, Any] | None:
    """The rule below [stacking], which has exactly one of three forms; `own_id` cannot be part of it."""
    table = stacking.table("requires", _REMEDY)
    if table is None:
        return None
    table.only(*_RULES)
    given = [name for name in _RULES if name in table.data]
    if len(given) != 1:
        problem = "it is not exactly one of all_of, n_of and min_credits"
        table.wrong("", "achievement.requires", problem, _REMEDY)
        return None
    (form,) = given
    if form == "all_of":
        return {form: _ids(table, form, own_id)}
    inner = table.table(form, _REMEDY, required=True)
    if inner is None:
        return None
    name = "count" if form == "n_of" else "credits"
    inner.only(name, "of")
    ids = _ids(inner, "of", own_id)
    if inner.data.get(name) is None:
        inner.missing(name, _REMEDY)
    amount = inner.number(name, 0, MAX_CREDITS)
    if form == "n_of" and amount is not None and ids and (not isinstance(amount, int) or amount > len(ids)):
        problem = f"{amount} is not a count of {len(ids)} achievements"
        inner.wrong(name, "achievement.requires", problem, f"Write a whole number from 1 to {len(ids)}")
    return {form: {name: amount, "of": ids}}


def named(requires: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The id of every component, and what the rule asks of it and the others."""
    ((form, rule),) = requires.items()
    ids = rule if form == "all_of" else rule["of"]
    if form == "all_of":
        demand = "all are required"
    elif form == "n_of":
        demand = f"at least {rule['count']} required"
    else:
        demand = f"at least {rule['credits']} credits of them required"
    for id_ in ids:
        yield id_, f"One of {len(ids)} components: {demand}" if len(ids) > 1 else f"The only component: {demand}"


def _ids(table: Table, name: str, own_id: Any) -> list[str]:
    value = table.data.get(name)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_COMPONENTS:
        problem = f"{name} is not a list of 1 to {MAX_COMPONENTS} ids of achievements"
        table.wrong(name, "achievement.requires", problem, 'Write ["https://…", "https://…"]')
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
