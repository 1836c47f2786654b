"""How time is taken: the fastest of a few runs, on the wall clock."""

import time
from collections.abc import Callable
from typing import Any

BEST_OF = 3


def best(work: Callable[[], Any], times: int = 1) -> float:
    """Seconds that one call takes: the fastest of BEST_OF rounds of `times` calls."""
    rounds = []
    for _ in range(BEST_OF):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times)
    return min(rounds)
