"""The key-value store beneath the EVM's state: SQLite below, the current transaction's writes above.

Writes stay in an overlay until `flush` puts them into the SQL transaction of the whole change, or `drop` forgets them.
"""

import sqlite3

from anchor.devnode.evm import StateStore

CACHE_ENTRIES = 50_000
"""Values kept in memory: trie nodes are about 300 bytes, so some 15 MB, and hot paths never touch SQLite."""


class KeyValueStore(StateStore):
    """Bytes to bytes. A missing key is a KeyError."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._overlay: dict[bytes, bytes | None] = {}
        self._cache: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self._overlay[key] if key in self._overlay else self._cache.get(key) or self._load(key)
        if value is None:
            raise KeyError(key)
        return value

    def _load(self, key: bytes) -> bytes | None:
        row = self._connection.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        self._keep(key, row[0])
        return bytes(row[0])

    def _keep(self, key: bytes, value: bytes) -> None:
        if len(self._cache) >= CACHE_ENTRIES:
            self._cache.clear()  # everything is on disk; starting over is simpler than tracking age
        self._cache[key] = value

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._overlay[key] = value

    def __delitem__(self, key: bytes) -> None:
        if key not in self:
            raise KeyError(key)
        self._overlay[key] = None

    def flush(self) -> None:
        """Write the overlay inside the open SQL transaction."""
        put = [(key, value) for key, value in self._overlay.items() if value is not None]
        gone = [(key,) for key, value in self._overlay.items() if value is None]
        self._connection.executemany(
            "INSERT INTO kv VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", put
        )
        self._connection.executemany("DELETE FROM kv WHERE key = ?", gone)
        for key, value in put:
            self._keep(key, value)
        for (key,) in gone:
            self._cache.pop(key, None)
        self._overlay = {}

    def drop(self) -> None:
        """Forget what was not flushed. A failed COMMIT comes after flush, so the cache goes too."""
        self._overlay = {}
        self._cache = {}
