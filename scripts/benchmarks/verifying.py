"""Verifying files in bulk, with one process and with all cores, beside bare Ed25519 verifications on as many."""

import contextlib
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.sample import key

import anchor.reader
from anchor.jsonrpc import JsonRpc
from api.cli import checking
from api.cli.main import main
from api.pool import cores
from registry.format import signature

VERIFICATIONS = 5_000
"""Bare ones, for each process."""

ONE_PROCESS = 2_000
"""Files that one process is given: it has the same work for each."""


class Counting(JsonRpc):
    """Counts what a reader asks its node about anchors, by block."""

    reads: list[Any]

    def batch(self, calls: Any) -> Any:
        self.reads += [call[1][1]["blockHash"] for call in calls if call[0] == "eth_call"]
        return super().batch(calls)


def verifying(files: Sequence[Path], trust: Path) -> None:
    """Check `files`, whose chain and status source answer, with `credanchor verify --json`."""
    anchor.reader.JsonRpc = Counting  # type: ignore[misc]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores(), mp_context=context) as pool:
        list(pool.map(_verify, [10] * cores()))  # started, and everything imported
        before = _bare(pool, 1), _bare(pool, cores())
        few = files[:ONE_PROCESS]
        one = len(few) / _seconds(few, trust, pool_from=len(few) + 1)
        Counting.reads = []
        everything = len(files) / _seconds(files, trust, pool_from=1)
        reads, blocks = len(Counting.reads), len(set(Counting.reads))
        after = _bare(pool, 1), _bare(pool, cores())
    bare = [(first + second) / 2 for first, second in zip(before, after, strict=True)]
    print(f"\nverifying {len(files):,} files of one anchor: all seven checks, the embedded proof, a report in JSON")
    for processes, rate, limit in ((1, one, bare[0]), (cores(), everything, bare[1])):
        named = f"{processes} process{'es, their start included' if processes > 1 else ''}"
        print(f"  {named:<40} {rate:>10,.0f}/s {rate / limit:>6.0%} of bare Ed25519 ({limit:,.0f}/s)")
    print(f"  the anchor was read {reads} times in all, at {blocks} final blocks")


def _seconds(files: Sequence[Path], trust: Path, *, pool_from: int) -> float:
    checking.POOL_FROM = pool_from
    Counting.reads = []
    start = time.perf_counter()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        code = main(["verify", *map(str, files), "--trust", str(trust), "--json"])
    if code != 0:
        raise AssertionError(code)
    return time.perf_counter() - start


def _bare(pool: Executor, processes: int) -> float:
    """Verifications a second."""
    start = time.perf_counter()
    list(pool.map(_verify, [VERIFICATIONS] * processes))
    return processes * VERIFICATIONS / (time.perf_counter() - start)


def _verify(times: int) -> None:
    signer, message = key(), bytes(64)
    made = signer.sign(message)
    for _ in range(times):
        if not signature.verify(signer.multikey, made, message):
            raise AssertionError
