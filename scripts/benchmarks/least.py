"""The least that issuing can cost on this machine, in any language: what is left when all else takes no time.

A signed credential needs one Ed25519 signature, SHA-256 over two canonical forms in N-Quads (what is signed, and D_rdf)
and over its canonical JSON; and its JSON must be on the disk. The same libraries do that here, for the same bytes.
"""

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from benchmarks.sample import key

from registry.rdfc.canonizer import default
from registry.store.sealing import CHUNK

TIMES = 5_000
"""Credentials that each process signs and hashes."""


@dataclass(frozen=True)
class Sizes:
    """Bytes of a credential: its JSON, and its N-Quads without and with the proof; those are 0 where nothing signs."""

    document: int
    unsigned: int
    signed: int

    @classmethod
    def of(cls, document: str, *, unsigned: bool) -> "Sizes":
        """Measured at one credential."""
        if unsigned:
            return cls(len(document.encode()), 0, 0)
        value = json.loads(document)
        whole = len(default().canonize(value))
        del value["proof"]
        return cls(len(document.encode()), len(default().canonize(value)), whole)

    def __str__(self) -> str:
        quads = f", {self.unsigned:,} and {self.signed:,} bytes of N-Quads" if self.signed else ""
        return f"a credential has {self.document:,} bytes of JSON{quads}"


def least(pool: Executor, cores: int, sizes: Sizes, home: Path) -> tuple[float, float, float]:
    """Credentials a second: signed and hashed by all cores, stored by one, and at best, when both share the cores."""
    signed = cores * TIMES / _seconds(lambda: list(pool.map(_sign_and_hash, [sizes] * cores)))
    stored = cores * TIMES / _seconds(lambda: _store(home, sizes.document, cores * TIMES))
    return signed, stored, cores / (cores / signed + 1 / stored)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _sign_and_hash(sizes: Sizes) -> None:
    signer, document, unsigned, signed = key(), bytes(sizes.document), bytes(sizes.unsigned), bytes(sizes.signed)
    for _ in range(TIMES):
        sha256(document).digest()
        if sizes.signed:
            signer.sign(bytes(32) + sha256(unsigned).digest())
            sha256(signed).digest()


def _store(home: Path, size: int, times: int) -> None:
    """Rows with a text and a handle into SQLite, in the transactions of the sealer, each of them durable."""
    connection = sqlite3.connect(home / "least.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE credential (handle TEXT PRIMARY KEY, document TEXT)")
    text = "x" * size
    rows = ((f"{number:032x}", text) for number in range(times))
    while part := list(islice(rows, CHUNK)):
        with connection:
            connection.executemany("INSERT INTO credential VALUES (?, ?)", part)
    connection.close()
