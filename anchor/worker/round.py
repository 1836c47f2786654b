"""What the parts of one tick share: the lease, the look at the chain, the nodes, and the report."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from anchor.chain import ChainConfig
from anchor.contract import RegistryContract, reverted
from anchor.errors import Reverted, Unreachable
from anchor.jsonrpc import RpcError
from anchor.node import Node
from anchor.worker import fees
from anchor.worker.answers import Meaning, best, meaning
from anchor.worker.counting import BROADCASTS, BUMPS, CAPPED
from anchor.worker.fees import Fees
from anchor.worker.observe import Observation
from anchor.worker.report import TickReport
from registry.store.engine import Store
from registry.store.lease import Held

RESERVE_ANCHORS = 30
"""The operator is told when its balance pays for fewer anchors than this: a month of daily heartbeats."""

ANCHOR_GAS = 120_000
"""More than an anchor takes: 93,600 in a short log, and a slot or two more where the log's peaks carry."""


@dataclass
class Round:
    """One tick after its look at the chain. `node` was read; transactions go to all `nodes`."""

    store: Store
    held: Held
    config: ChainConfig
    contract: RegistryContract
    node: Node
    nodes: Sequence[Node]
    seen: Observation
    report: TickReport
    _fees: list[Fees | None] = field(default_factory=list)

    def alarm(self, code: str, detail: str) -> None:
        """Something an operator must look at. It stays until a tick no longer finds it."""
        self.report.alarms[code] = detail

    def market(self) -> Fees | None:
        """What a transaction must pay now; None, with an alarm, when that is above the cap."""
        if not self._fees:
            found = fees.fresh(self.seen.latest.base_fee, self.node.tip_suggestion(), self.config)
            self._fees.append(found)
            if found is None:
                self.over_cap()
        return self._fees[0]

    def over_cap(self) -> None:
        """Raise the alarm that a transaction, or a dearer one in place of one that waits, would exceed the cap."""
        self.report.counts[CAPPED,] += 1
        detail = f"It takes more than max_fee_gwei allows ({self.config.max_fee} wei) to get a transaction into a block"
        detail += f"; the base fee is {self.seen.latest.base_fee} wei. Waiting for lower prices"
        self.alarm("fee-cap", detail)

    def bumped(self, previous: Fees) -> Fees | None:
        """What replaces a transaction with the fees `previous`; None, with an alarm, when that is above the cap."""
        market = self.market()
        dearer = fees.bumped(market, previous, self.config) if market else None
        if dearer is None and market is not None:
            self.over_cap()
        elif dearer is not None:
            self.report.counts[BUMPS,] += 1
        return dearer

    def gas(self, sender: bytes, payload: bytes) -> int:
        """Gas to allow for a call of the contract. Raises Reverted when the contract would refuse it, else RpcError."""
        try:
            return fees.gas_limit(self.node.estimate_gas(sender, self.contract.address, payload))
        except RpcError as refusal:
            found: Reverted | None = reverted(refusal)
            if found is not None:
                raise found from None
            raise

    def broadcast(self, raw: bytes) -> str | None:
        """Send to all nodes; the answer that counts (see `answers.best`)."""
        answers = [_send(node, raw) for node in self.nodes]
        for one in answers:
            self.report.counts[BROADCASTS, meaning(one).name.lower()] += 1
        answer = best(answers)
        self._explain(answer)
        return answer

    def funds(self, problem: str) -> None:
        """Raise the alarm that an account cannot pay."""
        self.alarm("insufficient-funds", problem)

    def _explain(self, answer: str | None) -> None:
        found = meaning(answer)
        if found is Meaning.FUNDS:
            self.funds(str(answer))
        elif found in (Meaning.REFUSED, Meaning.WRONG):
            self.alarm("transaction-refused", str(answer))


def _send(node: Node, raw: bytes) -> str | None:
    try:
        node.send(raw)
    except RpcError as refusal:
        return refusal.message or "refused"
    except Unreachable:
        return None
    return ""
