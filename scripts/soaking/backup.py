"""A database's rows as they were, for either kind of database; put back without losing what was sealed since."""

from typing import Any

from sqlalchemy import select

from registry.store import batches
from registry.store.engine import Store
from registry.store.tables import Base, Batch, StatusList, StatusListVersion

Rows = dict[str, list[dict[str, Any]]]


def take(store: Store) -> Rows:
    """All rows of all tables."""
    with store.read() as session:
        return {
            table.name: [dict(row) for row in session.execute(select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }


def put(store: Store, rows: Rows) -> None:
    """These rows instead of those that are there."""
    with store.begin() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                session.execute(table.insert(), rows[table.name])


def restore(store: Store, older: Rows) -> None:
    """An older copy, and to it the batches and list versions that were made since: those are kept apart (manifest)."""
    now = take(store)
    with_since = dict(older)
    known = {row["id"] for row in older[Batch.__tablename__]}
    made = [row for row in now[Batch.__tablename__] if row["id"] not in known and row["state"] == batches.SEALED]
    with_since[Batch.__tablename__] = older[Batch.__tablename__] + [
        row | {"anchor_number": None, "anchor_index": None} for row in made
    ]
    for model in (StatusList, StatusListVersion):
        with_since[model.__tablename__] = now[model.__tablename__]
    put(store, with_since)
