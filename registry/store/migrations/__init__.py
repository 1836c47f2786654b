"""The schema's versions, applied by Alembic from code: there is no configuration file to lose."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0012"
"""The newest version. Named here so that a health check need not import Alembic, which takes a second."""

_LOCK = 0x43524544  # any constant: two processes that migrate at once do so one after the other


def upgrade(engine: Engine) -> None:
    """Apply what is missing, in one transaction."""
    from alembic import command

    writer = engine.execution_options(credanchor_writes=True)
    with writer.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(connection: Connection) -> str | None:
    """The version the database is at, None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if version is None else str(version)


def configuration() -> "Config":
    """Alembic's configuration, made in memory."""
    from alembic.config import Config

    config = Config()
    # Alembic expands % in option values; a path may hold one.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
