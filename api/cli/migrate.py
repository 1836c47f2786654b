"""Bring the database to the schema of this version; safe to run again.

`serve` does it by itself; run it first where several processes share a database.
"""

import argparse

from api.cli import options
from api.cli.output import emit


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor migrate`."""
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "CREDANCHOR_DATABASE_URL=postgresql+psycopg://registry@db/registry credanchor migrate")


def run(arguments: argparse.Namespace) -> int:
    """Migrate the configured database."""
    from api import datadir
    from registry.store.engine import Store, migrate

    settings = options.settings(arguments)
    datadir.prepare(settings.data_dir)
    store = Store(settings.database)
    try:
        migrate(store)
    finally:
        store.close()
    shown = settings.masked()["database_url"] or settings.database
    emit(arguments.json, {"database": shown, "at_head": True}, f"{shown} has the schema of this version.")
    return 0
