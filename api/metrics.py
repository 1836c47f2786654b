"""Metrics for Prometheus. What the database knows, every process tells alike; what a process counts is its own.

Labels are few by construction and never personal: states, codes of alarms, kinds of answers, places in `rpc_urls`.
"""

from collections.abc import Iterator
from importlib.metadata import version

from anchor.worker import counting
from anchor.worker.answers import Meaning
from anchor.worker.report import DONE, STANDBY, STOPPED
from api.exposition import Exposition, Labels
from api.supervisor import Background
from registry.store.alarms import KINDS
from registry.store.engine import Store, StoreUnavailable
from registry.store.figures import Figures, figures
from registry.store.health import Facts, facts
from registry.store.notices import Outbox, outbox
from registry.store.situation import Situation, situation

PENDING = ("sealed", "submitted", "included")
"""States of a batch that is sealed and not final."""


def render(store: Store, work: Background | None) -> str:
    """Everything, in Prometheus' text format. Without the database what this process counts, and that it is away."""
    out = Exposition()
    out.family("build_info", "gauge", "Version of the program.", [({"version": version("credanchor")}, 1)])
    try:
        with store.read() as session:
            more, waiting = figures(session), outbox(session)
        known = (facts(store), situation(store), more, waiting)
    except StoreUnavailable:
        out.gauge("database_up", "Whether the database answers.", 0)
    else:
        out.gauge("database_up", "Whether the database answers.", 1)
        _batches(out, *known)
        _chain(out, known[1], known[2])
        _alarms(out, known[1], known[3])
    if work is not None:
        _process(out, work)
    return out.text()


def _batches(out: Exposition, seen: Facts, at: Situation, more: Figures, _waiting: Outbox) -> None:
    out.family("batches", "gauge", "Batches by state.", [({"state": name}, n) for name, n in seen.batches.items()])
    out.gauge("failed_batches", "Batches whose sealing stopped over something wrong.", seen.failed)
    out.gauge("pending_batches", "Batches that are sealed and not final.", sum(seen.batches[one] for one in PENDING))
    oldest = 0 if seen.oldest_waiting is None else max(0, at.now - seen.oldest_waiting)
    out.gauge("oldest_unanchored_seconds", "Age of the oldest batch that is not final.", oldest)
    out.summary(
        "time_to_included", "Seconds from an anchor's making to its block.", more.anchors, more.included_seconds
    )
    out.summary("time_to_final", "Seconds from an anchor's making to finality.", more.timed, more.final_seconds)


def _chain(out: Exposition, at: Situation, more: Figures) -> None:
    out.gauge("tip_wei", "Tip of the newest bid, wei per gas.", more.tip)
    if at.cursor is not None:
        out.gauge("last_tick_ok_timestamp", "Unix time of the last good look at the chain.", at.cursor.tick_at)
        out.gauge("latest_block", "Newest block at that look.", at.cursor.latest_block)
        out.gauge("finalized_block", "Newest final block at that look.", at.cursor.block_number)
        lag = at.cursor.latest_block - at.cursor.block_number
        out.gauge("finalized_lag_blocks", "Blocks between the two.", lag)
    if at.readings is not None:
        out.gauge("current_nonce", "Next nonce of the operator's account.", at.readings.nonce)
        out.gauge("balance_wei", "What the operator's account holds.", at.readings.balance)
        out.gauge("basefee_wei", "Base fee of the newest block, wei per gas.", at.readings.base_fee)
        out.gauge("fee_cap_wei", "Most that is paid, wei per gas.", at.readings.max_fee)


def _alarms(out: Exposition, at: Situation, waiting: Outbox) -> None:
    stand = {alarm.code for alarm in at.alarms}
    out.family("alarm", "gauge", "Whether an alarm stands.", [({"code": one}, int(one in stand)) for one in KINDS])
    out.gauge("root_conflict", "Whether chain and database disagree about a root: page.", int("root-conflict" in stand))
    out.gauge("notices_waiting", "Notices about alarms that are still to be delivered.", waiting.waiting)
    out.gauge("notices_given_up", "Notices about alarms that were given up.", waiting.given_up)


def _process(out: Exposition, work: Background) -> None:
    restarts = [({"thread": part.name}, part.restarts) for part in work.parts()]
    out.family("thread_restarts_total", "counter", "How often a thread had to start again.", restarts)
    if work.worker is None:
        return
    counts, health = work.worker.counts, work.worker.health()
    out.gauge("worker_ok", "Whether this process's worker had a good tick lately.", int(health.ok))
    out.gauge("worker_leader", "Whether it is the one that works.", int(health.ok and not health.standby))
    out.gauge("reorg_depth", "Blocks of the deepest reorganisation that took an anchor out.", work.worker.reorg_depth)

    def counter(name: str, says: str, samples: list[tuple[Labels, float | str]]) -> None:
        out.family(f"{name}_total", "counter", says, samples)

    ticks = [({"outcome": one}, counts[counting.TICKS, one]) for one in (DONE, STANDBY, STOPPED)]
    counter(counting.TICKS, "Ticks by outcome.", [*ticks])
    answers = [one.name.lower() for one in Meaning]
    sent = [({"result": one}, counts[counting.BROADCASTS, one]) for one in answers]
    counter(counting.BROADCASTS, "Transactions given to a node, by what it answered.", [*sent])
    counter(counting.RPC_ERRORS, "Questions that a node did not answer.", [*_errors(counts)])
    for name, says in (
        (counting.BUMPS, "Dearer transactions in place of ones that waited."),
        (counting.CAPPED, "Times that a transaction would have cost more than the cap."),
        (counting.REORGS, "Reorganisations that took an anchor out of its block."),
        (counting.VIOLATIONS, "Ticks stopped because something that must hold does not: page."),
    ):
        counter(name, says, [({}, counts[name,])])


def _errors(counts: counting.Counts) -> Iterator[tuple[Labels, float | str]]:
    for found, number in sorted(counts.items()):
        if found[0] == counting.RPC_ERRORS:
            yield {"provider": found[1], "method": found[2]}, number
