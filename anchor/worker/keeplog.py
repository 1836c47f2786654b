"""Keeps a copy of the contract's log in the database, and has a checkpoint signed when it grew (registry.store.log).

Whatever is missing, be it everything, is read from the chain, a piece with each tick: a database from before there was
a copy, a copy that was thrown away, one restored from a backup.
"""

from collections.abc import Iterable

from anchor.contract import LogEntry
from anchor.errors import Inconsistent, Unreachable
from anchor.node import MAX_LOG_BLOCKS
from anchor.worker.round import Round
from registry.format.entries import log_entry
from registry.store import log
from registry.store.log import SeenEntry
from registry.store.vault import Vault

READS = 10
"""Ranges of blocks in one tick, in one batch: 20,000 blocks, so that a year of Ethereum takes five minutes."""


class LogKeeper:
    """One per worker; what it remembers is how far an unfinished reading got. Without a vault nothing is signed."""

    def __init__(self, vault: Vault | None) -> None:
        self._vault = vault
        self._next = 0  # block from which to read what is missing
        self._whole = True  # whether every entry is to be read again: once for each worker, whatever its hashes say

    def keep(self, work: Round, deploy_block: int) -> None:
        """Bring copy and checkpoint up to what is final. Its troubles are alarms: anchoring goes on without it."""
        try:
            self._keep(work, deploy_block)
        except (Unreachable, Inconsistent) as problem:
            work.alarm("log-unread", f"The log's entries cannot be read: {problem}")

    def _keep(self, work: Round, deploy_block: int) -> None:
        entries, tip = work.seen.entries, work.seen.tip
        first = entries[0].position if entries else tip.size
        known = log.extent(work.store)
        if known.size < first and not self._read(work, max(known.last_block + 1, deploy_block), known.size, first):
            return  # the rest comes with the next ticks
        known = log.extent(work.store)
        final = first + sum(entry.block_number <= work.seen.final.number for entry in entries)
        if known.size == final and known.hashed and (self._vault is None or known.signed == final):
            return
        [answer] = work.node.ask([work.contract.read(work.seen.latest.hash, "head")])
        size, head = work.contract.answer("head", work.node.data(answer))
        later = [one for one in _seen(entries) if one.position >= known.size]
        looked = log.keep(
            work.store, work.held, later, work.seen.final.number, (size, head), self._vault, whole=self._whole
        )
        self._whole = not looked.leads_to_head
        if not looked.leads_to_head:
            self._next = 0
            work.alarm("log-differs", f"The copy of the log did not lead to it. {looked.problem}")
        elif not looked.continues:
            work.alarm("checkpoint-conflict", looked.problem)

    def _read(self, work: Round, start: int, size: int, first: int) -> bool:
        """Entries from position `size` up to `first`, as far as one tick gets; whether that was all of them."""
        end = work.seen.known.number
        start = max(start, self._next)
        starts = range(start, end + 1, MAX_LOG_BLOCKS)[:READS]
        calls = [work.contract.entries_call(one, min(one + MAX_LOG_BLOCKS - 1, end)) for one in starts]
        found = [entry for answer in work.node.ask(calls) for entry in work.contract.entries(answer)] if calls else []
        if [entry.position for entry in found] != list(range(size, size + len(found))):
            raise Inconsistent(f"{work.node.endpoint} leaves out entries behind position {size}")
        log.append(work.store, work.held, list(_seen(found)))
        self._next = start + len(starts) * MAX_LOG_BLOCKS
        if self._next <= end:
            return False
        self._next = 0
        if size + len(found) != first:
            raise Inconsistent(f"{work.node.endpoint} leaves out entries behind position {size + len(found)}")
        return True


def _seen(entries: Iterable[LogEntry]) -> Iterable[SeenEntry]:
    for one in entries:
        preimage = log_entry(
            one.position, one.kind, one.subject, one.time, one.block_number, one.actor, one.payload
        )  # fmt: skip
        yield SeenEntry(one.position, one.block_number, preimage)
