"""One tick: a function of database and chain, for anyone to call, at any time, from any state.

    lease -> look at the chain -> record it (TX3) -> issuers and keys -> next anchor (TX1, TX2, send) -> alarms

If the process dies at any point, the next tick of any worker goes on: recovery is the normal path.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from anchor.chain import ChainConfig
from anchor.contract import RegistryContract
from anchor.errors import AnchorError, Halted, Inconsistent, SignerError, WrongChain, WrongContract
from anchor.jsonrpc import JsonRpc
from anchor.node import Node, Rpc
from anchor.signer import Signer
from anchor.worker.counting import REORGS, TICKS, VIOLATIONS, CountedRpc, Counts
from anchor.worker.keeplog import LogKeeper
from anchor.worker.observe import TRANSIENT, Observation, Start, look
from anchor.worker.push import push
from anchor.worker.registrar import Registrar
from anchor.worker.report import STANDBY, STOPPED, TickReport
from anchor.worker.round import Round
from anchor.worker.witnesses import witnesses
from registry.store import observing
from registry.store.alarms import kind, set_alarms
from registry.store.engine import Store
from registry.store.lease import Held, LeaseLost, acquire, new_owner, release
from registry.store.observing import BlockRef, Contradiction, Gauges, Incomplete, Moves
from registry.store.setup import registry
from registry.store.situation import LEASE
from registry.store.vault import Vault

STILL_TICKS = 30
"""Looks in a row at the same newest block until another node is asked: a minute, which is five blocks of Ethereum."""

_log = logging.getLogger(__name__)

Connect = Callable[[str], Rpc]


class Ticker:
    """Everything a tick needs that is neither in the database nor on the chain. Not safe for several threads."""

    def __init__(  # noqa: PLR0917 (one place makes it)
        self, store: Store, config: ChainConfig, operator: Signer, registrar: Signer, connect: Connect | None = None,
        vault: Vault | None = None,
    ) -> None:  # fmt: skip
        if operator.address == registrar.address:
            raise ValueError("operator and registrar are two accounts: each has its own nonces, and its own rights")
        open_one = connect or (lambda url: JsonRpc(url, timeout=config.timeout))
        self._store = store
        self._config = config
        self._operator = operator
        self._registrar = Registrar(registrar)
        self._log = LogKeeper(vault)
        self._contract = RegistryContract(config.contract)
        self._rpcs = [open_one(url) for url in config.rpc_urls]
        self._errors = Counts()
        self._nodes = [Node(CountedRpc(rpc, place, self._errors)) for place, rpc in enumerate(self._rpcs)]
        self._reads = 0  # which node is asked; the next one after every tick that failed, or when blocks stay away
        self._newest, self._still = -1, 0  # the newest block that was seen, and for how many ticks it has been
        self._owner = new_owner()
        self._held: Held | None = None

    def tick(self) -> TickReport:
        """Do what can be done now. Troubles of chain and lease are in the report; raises StoreUnavailable."""
        report = self._tick()
        report.counts[TICKS, report.outcome] += 1
        report.counts.update(self._errors)
        self._errors.clear()
        return report

    def _tick(self) -> TickReport:
        report = TickReport()
        held = acquire(self._store, LEASE, self._owner, self._config.lease_seconds)
        if held is None or held != self._held:
            self._registrar.forget()  # others have been at work meanwhile
        self._held = held
        if held is None:
            report.outcome = STANDBY
            return report
        try:
            try:
                self._run(held, report)
            except (AnchorError, Contradiction, Incomplete) as problem:
                self._stop(problem, report)
            raised, over = set_alarms(self._store, held, report.alarms, complete=report.outcome != STOPPED)
            for what, codes in (("alarm raised", raised), ("alarm over", over)):
                for code in sorted(codes):
                    report.note(what, alarm=code)
        except LeaseLost as lost:
            self._held = None
            report.outcome, report.problem = STANDBY, str(lost)
        return report

    def release(self) -> None:
        """Let another worker take over at once, and close the connections that are kept open."""
        for rpc in self._rpcs:
            rpc.close()
        if self._held is not None:
            release(self._store, self._held)
            self._held = None

    def _run(self, held: Held, report: TickReport) -> None:
        node = self._nodes[self._reads % len(self._nodes)]
        start = self._start()
        seen = look(node, self._contract, self._config, self._operator.address, start)
        report.latest, report.anchors = seen.latest.number, seen.tip.anchors
        self._notice_standstill(seen.latest.number)
        seen = self._settle(node, seen, start, report)
        report.final = seen.final.number
        moves = observing.observe(
            self._store,
            held,
            latest=seen.latest.number,
            final=BlockRef(seen.final.number, seen.final.hash, seen.final.time),
            count=seen.tip.anchors,
            seen=seen.anchors,
            gauges=Gauges(
                base_fee=seen.latest.base_fee,
                max_fee=self._config.max_fee,
                balance=seen.balance,
                nonce=seen.nonce,
                heartbeat=self._config.heartbeat_seconds,
            ),
        )
        self._tell(moves, report)
        work = Round(self._store, held, self._config, self._contract, node, self._nodes, seen, report)
        self._log.keep(work, start.deployed.number)
        self._registrar.reconcile(work)
        push(work, self._operator)

    def _start(self) -> Start:
        """Where reading begins. Raises Halted when this database belongs to another contract."""
        with self._store.read() as session:
            bound = registry(session)
            last = observing.cursor(session)
        mine = (bound.chain_id, bound.contract, bound.code_sha256)
        if mine != (self._config.chain_id, self._config.contract, self._config.code_sha256):
            problem = "The database belongs to another contract than the worker is configured for"
            raise Halted("wrong-binding", problem, "Start the worker with the database or the deployment that fits")
        deployed = BlockRef(bound.deploy_block, bound.deploy_block_hash, 0)
        if last is not None:
            return Start(last, deployed, last.number + 1, fresh=False)
        return Start(deployed, deployed, bound.deploy_block, fresh=True)

    def _settle(self, node: Node, seen: Observation, start: Start, report: TickReport) -> Observation:
        """The same look, with a final block that as many nodes confirm as the configuration asks for."""
        alone = self._config.final_witnesses == 1
        if alone or (not start.fresh and seen.final.number == start.block.number):
            return seen
        others = [other for other in self._nodes if other is not node]
        found = witnesses(node, others, self._contract, self._config, seen.final)
        if found.agreeing >= self._config.final_witnesses:
            return seen
        problem = f"fewer than {self._config.final_witnesses} nodes confirm that block {seen.final.number} is final"
        problem = "; ".join([problem, *found.silent])
        if start.fresh:
            raise Inconsistent(problem)
        report.alarms["final-unconfirmed"] = f"Waiting: {problem}"
        # Nothing new is final: for us the last final block is still the one that was seen before.
        return replace(seen, final=seen.known)

    def _notice_standstill(self, newest: int) -> None:
        """Ask another node next time when this one shows no new block: it may have lost its peers."""
        self._still = self._still + 1 if newest == self._newest else 0
        self._newest = newest
        if self._still >= STILL_TICKS:
            self._reads, self._still = self._reads + 1, 0

    def _tell(self, moves: Moves, report: TickReport) -> None:
        for what, anchors in (("anchor in a block", moves.included), ("anchor final", moves.final)):
            for one in anchors:
                report.note(what, anchor=one.number, block=one.block_number, block_hash=one.block_hash, tx=one.tx_hash)
        if moves.reorg_depth:
            report.reorg_depth = moves.reorg_depth
            report.counts[REORGS,] += 1
            report.note("anchor taken out of its block by a reorganisation", depth=moves.reorg_depth)

    def _stop(self, problem: AnchorError | Contradiction | Incomplete, report: TickReport) -> None:
        report.outcome, report.problem = STOPPED, str(problem)
        code = _code(problem)
        report.alarms[code] = str(problem)
        if kind(code).stops:
            report.counts[VIOLATIONS,] += 1
        self._reads += 1
        self._registrar.forget()
        _log.warning("tick stopped: %s", problem)


def _code(problem: AnchorError | Contradiction | Incomplete) -> str:
    if isinstance(problem, Halted | Contradiction):
        return problem.code
    if isinstance(problem, WrongChain):
        return "wrong-chain"
    if isinstance(problem, WrongContract):
        return "wrong-contract"
    if isinstance(problem, SignerError):
        return "signer-trouble"
    if isinstance(problem, (*TRANSIENT, Incomplete)):
        return "unreachable"
    return "worker-trouble"
