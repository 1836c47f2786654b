"""The methods that change the chain: sending, and the evm_ and dev_ tools of a development node."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from anchor.devnode import params
from anchor.devnode.errors import invalid
from anchor.devnode.limits import MAX_AHEAD, MAX_DEPTH
from anchor.devnode.mining import Miner
from anchor.devnode.parts import Parts
from anchor.devnode.rpc import Handler, Method, method
from anchor.devnode.settings import Settings
from anchor.devnode.views import data

Change = Callable[[], AbstractContextManager[None]]


class Tools:
    """Handlers; each one is a single transaction of the database, opened by `change`."""

    def __init__(self, parts: Parts, miner: Miner, settings: Settings, change: Change) -> None:
        self._db = parts.database
        self._chain = parts.chain
        self._pool = parts.pool
        self._clock = parts.clock
        self._miner = miner
        self._settings = settings
        self._change = change

    def methods(self) -> dict[str, Method]:
        """The table; none of them is public."""
        table: dict[str, Handler] = {
            "eth_sendRawTransaction": self.send,
            "evm_mine": self.mine_one,
            "evm_setAutomine": self.set_automine,
            "evm_increaseTime": self.increase_time,
            "evm_setNextBlockTimestamp": self.set_next_timestamp,
            "evm_snapshot": self.snapshot,
            "evm_revert": self.revert,
            "dev_mine": self.mine_many,
            "dev_reorg": self.reorg,
            "dev_dropTransaction": self.drop,
            "dev_setFinality": self.set_finality,
        }
        return {name: method(run) for name, run in table.items()}

    def send(self, raw: Any) -> str:
        """Accept a signed transaction and, with automine on, put it in a block of its own if it can be executed."""
        payload = params.data(raw)
        with self._change():
            tx = self._pool.add(payload)
            if self._settings.automine and not self.must_wait():
                self._miner.mine(allow_empty=False)
            return data(tx.hash)

    def must_wait(self) -> bool:
        """Whether block time is so far ahead that a block now would be one too many (only if one comes by itself)."""
        return bool(self._settings.block_interval) and self._clock.ahead(self._chain.head.timestamp) > MAX_AHEAD

    def produce(self) -> bool:
        """One step of production by itself: a block for what waits in the pool, or one that brings finality nearer."""
        if not self._settings.automine or self.must_wait():
            return False
        open_blocks = self._chain.newest_busy() > self._chain.finalized()
        if not open_blocks and not self._pool.size():
            return False
        with self._change():
            return self._miner.mine(allow_empty=open_blocks) is not None

    def mine_one(self, timestamp: Any = None) -> str:
        """evm_mine: one block now, of the given time if one is given; answers "0x0" as other nodes do."""
        with self._change():
            if timestamp is not None:
                when = params.number(timestamp["timestamp"] if _has_time(timestamp) else timestamp)
                self._clock.plan(when, self._chain.head.timestamp)
            self._miner.mine()
            return "0x0"

    def mine_many(self, count: Any = 1) -> str:
        """dev_mine: that many blocks; answers the new head's number."""
        with self._change():
            for _ in range(_depth(count, least=1)):
                self._miner.mine()
            return hex(self._chain.head.block_number)

    def set_automine(self, on: Any) -> bool:
        """evm_setAutomine: off means that blocks come from evm_mine and dev_mine alone."""
        with self._change():
            self._settings.automine = params.flag(on)
            return True

    def increase_time(self, seconds: Any) -> str:
        """evm_increaseTime: move the clock forward for good; answers the whole shift in seconds."""
        with self._change():
            self._clock.increase(params.number(seconds))
            return hex(self._clock.offset)

    def set_next_timestamp(self, timestamp: Any) -> None:
        """evm_setNextBlockTimestamp: the next block has this time, and the clock goes on from there."""
        with self._change():
            self._clock.plan(params.number(timestamp), self._chain.head.timestamp)

    def snapshot(self) -> str:
        """evm_snapshot: remember head, clock and pool; answers the snapshot's number."""
        with self._change():
            values = (self._chain.head.hash, self._clock.dump(), self._pool.dump())
            row = self._db.execute("INSERT INTO snapshot (head, clock, pool) VALUES (?, ?, ?) RETURNING id", values)
            return hex(row.fetchone()[0])

    def revert(self, number: Any) -> bool:
        """evm_revert: go back to a snapshot, which uses up it and all later ones; false for an unknown one."""
        wanted = params.number(number)
        with self._change():
            row = self._db.execute(
                "SELECT head, clock, pool FROM snapshot WHERE id = ?", (min(wanted, 2**63 - 1),)
            ).fetchone()
            if row is None:
                return False
            head, clock, pool = row
            header = self._chain.by_hash(head)
            if header is None:
                return False
            self._chain.move_to(header)
            self._clock.load(clock)
            self._pool.load(pool)
            self._db.execute("DELETE FROM snapshot WHERE id >= ?", (wanted,))
            return True

    def reorg(self, depth: Any, keep: Any = True) -> list[str]:
        """dev_reorg: replace the newest blocks by empty ones, one more; answers the hashes of orphaned transactions."""
        with self._change():
            wanted = _depth(depth, least=1)
            orphans = self._miner.reorganise(wanted, keep=params.flag(keep))
            return [data(tx.hash) for tx in orphans]

    def drop(self, tx_hash: Any) -> bool:
        """dev_dropTransaction: the pool forgets it; false when it was not there."""
        wanted = params.hash32(tx_hash)
        with self._change():
            return self._pool.remove(wanted)

    def set_finality(self, safe: Any, final: Any) -> bool:
        """dev_setFinality: by how many blocks `safe` and `finalized` lag behind `latest`."""
        with self._change():
            self._settings.set_depths(_depth(safe), _depth(final))
            return True


def _has_time(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"timestamp"}


def _depth(value: Any, least: int = 0) -> int:
    found = params.number(value)
    if not least <= found <= MAX_DEPTH:
        raise invalid(f"{found} is not between {least} and {MAX_DEPTH}")
    return found
