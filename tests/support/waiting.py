"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 30.0
"""Far more than anything here takes, even on a busy machine."""


def until(condition: Callable[[], object], *, pause: float = 0.01, patience: float = PATIENCE_SECONDS) -> None:
    """Return as soon as `condition()` is true. Raises AssertionError when it does not come true."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(pause)
