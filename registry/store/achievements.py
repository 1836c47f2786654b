"""Achievement definitions: versioned, and immutable once a batch uses them."""

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credential.achievement import Achievement
from registry.credential.achievement.components import Rule
from registry.errors import Conflict, NotFound, RowError, RowErrors, StateError
from registry.format.strictjson import pointer
from registry.store import issuers
from registry.store.engine import Store
from registry.store.paging import Position, page
from registry.store.setup import registry
from registry.store.tables import Achievement as Row


def add_achievement(store: Store, issuer_id: str, achievement: Achievement) -> Row:
    """Add a version of a definition, or replace one that no batch uses yet.

    Adding the same again does nothing. Raises NotFound; Conflict when a batch uses this version: give a new one; and
    RowErrors for a rule of components that nobody can ever meet, as far as the definitions here tell.
    """
    id_ = f"{issuer_id}.{achievement.slug}.{achievement.version}"
    definition = achievement.canonical().decode()
    with store.begin() as session:
        issuers.load(session, issuer_id)
        _refuse_impossible(session, id_, issuer_id, achievement)
        row = session.get(Row, id_, with_for_update={"key_share": True})
        if row is None:
            row = Row(
                id=id_,
                issuer_id=issuer_id,
                slug=achievement.slug,
                version=achievement.version,
                definition=definition,
                created_at=store.now(),
            )
            session.add(row)
        elif row.definition != definition:
            if row.used:
                raise Conflict(f"Changing {id_}", "it was used in a batch; give the definition a new version")
            row.definition = definition
        return row


def get_achievement(store: Store, id: str) -> Row:
    """One version of a definition. Raises NotFound."""
    with store.read() as session:
        return load(session, id)


def load(session: Session, id: str, *, lock: bool = False) -> Row:
    """The same inside a transaction."""
    row = session.get(Row, id, with_for_update={"key_share": True} if lock else None)
    if row is None:
        raise NotFound("achievement", id)
    return row


def url(session: Session, id: str) -> str:
    """The address by which credentials name a definition that has no `id` of its own: anybody can read it there.

    To a verifier it is only a name and is never fetched, so credentials outlive the registry that it names.
    """
    return f"{registry(session).public_url}/v1/achievements/{id}"


def definition(row: Row) -> Achievement:
    """The definition as an object."""
    return Achievement.parse(row.definition.encode(), "json")


def list_achievements(
    store: Store, *, issuer_id: str | None = None, limit: int = 100, after: Position | None = None
) -> Sequence[Row]:
    """Definitions, newest first, of one issuer or all."""
    query = select(Row)
    if issuer_id is not None:
        query = query.where(Row.issuer_id == issuer_id)
    with store.read() as session:
        return session.scalars(page(query, Row.created_at, Row.id, limit, after)).all()


def _refuse_impossible(session: Session, id: str, issuer_id: str, achievement: Achievement) -> None:
    """Refuse a rule that names the achievement itself, by its address to be, or wants credits nobody can earn."""
    requires = achievement.data.get("stacking", {}).get("requires")
    if requires is None:
        return
    try:
        base = url(session, "")
    except StateError:  # there are no addresses yet
        return
    rule = Rule.of(requires)
    path = ("stacking", "requires", rule.form, *(() if rule.form == "all_of" else ("of",)))
    own = achievement.data.get("id") or base + id
    if own in rule.ids:
        place = pointer(*path, rule.ids.index(own))
        problem, remedy = "this is the achievement itself, by the address it gets here", "Name another"
        raise RowErrors([RowError(None, None, place, "achievement.requires", problem, remedy)])
    if rule.form != "min_credits":
        return
    known: dict[str, float] = {}
    for other, text in session.execute(select(Row.id, Row.definition).where(Row.issuer_id == issuer_id)):
        found = json.loads(text)
        name = found.get("id") or base + other
        known[name] = max(known.get(name, 0), found["workload"].get("ects", 0))
    most = sum(known.get(name, 0) for name in rule.ids)
    if known.keys() >= set(rule.ids) and most < rule.amount:
        place = pointer("stacking", "requires", rule.form, "credits")
        problem = f"the listed achievements bring at most {most:g} credits, less than {rule.amount:g}"
        remedy = "Ask for fewer, list more, or give their definitions their ects"
        raise RowErrors([RowError(None, None, place, "achievement.requires", problem, remedy)])
