"""What goes on behind the API while it serves."""

import pytest
from sqlalchemy import func, insert, select, text

from api import background
from registry.store.engine import Store
from registry.store.idempotency import KEEP_SECONDS
from registry.store.tables import Idempotency
from tests.support.waiting import until


def _remember_old(store: Store, prefix: str) -> None:
    same = {"caller": "c", "request_sha256": bytes(32), "status": 201, "response": "x" * 1000, "created_at": 0}
    with store.begin() as session:
        session.execute(insert(Idempotency), [{"key": f"{prefix} {number}", **same} for number in range(100)])


def _left(store: Store) -> tuple[int, int]:
    """Remembered answers, and pages of the file that hold what was deleted."""
    with store.read() as session:
        pages = session.scalar(text("PRAGMA freelist_count"))
        return session.scalar(select(func.count()).select_from(Idempotency)) or 0, pages


def test_tidying_forgets_old_answers_always_and_rewrites_the_file_once_a_day(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TIDY_SECONDS", 0.01)
    sqlite_store.clock = lambda: 2 * KEEP_SECONDS
    _remember_old(sqlite_store, "first")
    work = background.Background()
    work.start("tidying", background.tidying(sqlite_store))
    until(lambda: _left(sqlite_store) == (0, 0))
    for prefix in ("second", "third"):  # the third is forgotten in a round after the one that forgot the second
        _remember_old(sqlite_store, prefix)
        until(lambda: _left(sqlite_store)[0] == 0)
    assert _left(sqlite_store)[1] > 0
    work.stop()
