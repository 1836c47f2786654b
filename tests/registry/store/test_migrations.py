"""The migrations make the tables that the code is written for, on both databases."""

import pytest
from sqlalchemy import inspect

from registry.store.engine import Store, StoreUnavailable, at_head, migrate
from registry.store.migrations import HEAD, configuration
from registry.store.tables import Base


def test_the_migrations_make_exactly_the_tables_of_the_model(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert len(inspect(connection).get_table_names()) == len(Base.metadata.tables) + 1


def test_the_version_named_in_the_code_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_migrating_twice_changes_nothing(store: Store) -> None:
    assert at_head(store)
    migrate(store)
    assert at_head(store)


def test_a_database_that_was_never_migrated_says_what_to_run(tmp_path: object) -> None:
    store = Store(f"sqlite:///{tmp_path}/empty.db")
    assert not at_head(store)
    with pytest.raises(StoreUnavailable, match="credanchor migrate"), store.read() as session:
        session.execute(Base.metadata.tables["issuer"].select())
    store.close()
