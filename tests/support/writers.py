"""Which process writes to which table: noted by triggers, in the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text

from registry.store.engine import Store
from registry.store.tables import Base
from tests.support.replicas import Replica, Site


@contextmanager
def written(found: Site) -> Iterator["Written"]:
    """Who writes to which table, from now on, in the order in which it happens."""
    tables = sorted(table.name for table in Base.metadata.sorted_tables)
    setup = [
        "CREATE TABLE written (id bigserial, who text, what text)",
        "CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO written (who, what) "
        "VALUES (current_setting('application_name'), TG_TABLE_NAME); RETURN NULL; END $$",
    ]
    event = "AFTER INSERT OR UPDATE OR DELETE"
    setup += [f'CREATE TRIGGER note {event} ON "{name}" FOR EACH ROW EXECUTE FUNCTION note_write()' for name in tables]
    with found.view.begin() as session:
        for statement in setup:
            session.execute(text(statement))
    try:
        yield Written(found.view)
    finally:
        found.close()  # else they would be in the way
        with found.view.begin() as session:
            session.execute(text("DROP FUNCTION note_write CASCADE"))
            session.execute(text("DROP TABLE written"))


@dataclass(frozen=True)
class Written:
    """What was noted."""

    view: Store

    def place(self) -> int:
        """Where the notes end now."""
        with self.view.read() as session:
            return session.scalar(text("SELECT max(id) FROM written")) or 0

    def by(self, replica: Replica, after: int = 0) -> list[str]:
        """The tables it wrote to after that place."""
        with self.view.read() as session:
            query = text("SELECT what FROM written WHERE who = :who AND id > :after ORDER BY id")
            return list(session.scalars(query, {"who": replica.name, "after": after}))
