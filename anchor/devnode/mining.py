"""Making blocks: the best-paying transactions first, each account's in order of nonce."""

import heapq
import os
from collections import defaultdict
from collections.abc import Iterator

from anchor.devnode.errors import invalid
from anchor.devnode.evm import Building, Refusal
from anchor.devnode.limits import GAS_LIMIT
from anchor.devnode.parts import Parts
from anchor.devnode.shapes import Applied, Header
from anchor.devnode.transactions import Transaction


class Miner:
    """Builds blocks on the head. Every method is called inside the database's `write()`."""

    def __init__(self, parts: Parts) -> None:
        self._evm = parts.evm
        self._chain = parts.chain
        self._pool = parts.pool
        self._clock = parts.clock

    def mine(self, *, include: bool = True, allow_empty: bool = True) -> Header | None:
        """Append one block and return its header.

        `include=False` leaves the pool alone. With `allow_empty=False` nothing happens, and None is the answer, when no
        pooled transaction can be executed now.
        """
        parent = self._chain.head
        header = self._evm.child(parent, self._clock.next_time(parent.timestamp), os.urandom(32))
        building = self._evm.build(header)
        done = list(self._execute(building, header.base_fee_per_gas)) if include else []
        if not done and not allow_empty:
            return None
        sealed, size = building.seal()
        self._chain.append(sealed, size, done)
        self._clock.mined(sealed.timestamp)
        return sealed

    def _execute(self, building: Building, base_fee: int) -> Iterator[tuple[Transaction, Applied]]:
        waiting: dict[bytes, list[Transaction]] = defaultdict(list)
        for tx in sorted(self._pool.all(), key=lambda tx: -tx.nonce):
            if tx.nonce < building.nonce(tx.sender):
                self._pool.remove(tx.hash)  # another transaction used its nonce
            else:
                waiting[tx.sender].append(tx)  # the lowest nonce comes last, to be popped first
        heap = [_rank(queue[-1], base_fee) for queue in waiting.values()]
        heapq.heapify(heap)
        while heap:
            sender = heapq.heappop(heap)[-1]
            tx = waiting[sender].pop()
            applied = self._try(building, tx, base_fee)
            if applied is None:
                continue  # and with it everything of this account that comes later
            self._pool.remove(tx.hash)
            yield tx, applied
            if waiting[sender]:
                heapq.heappush(heap, _rank(waiting[sender][-1], base_fee))

    def _try(self, building: Building, tx: Transaction, base_fee: int) -> Applied | None:
        """None when it has to stay in the pool: a gap before it, priced out, no room, or unpayable by now."""
        if tx.nonce != building.nonce(tx.sender) or tx.fee_cap < base_fee:
            return None
        if building.gas_used + tx.gas > GAS_LIMIT:
            return None
        try:
            return building.apply(tx.body)
        except Refusal:
            return None

    def reorganise(self, depth: int, *, keep: bool) -> list[Transaction]:
        """Replace the newest `depth` blocks by `depth + 1` empty ones; returns the orphaned transactions.

        With `keep` they go back to the pool, as geth does it; without, they are gone as if nobody had sent them. Blocks
        that were final are replaced like any other. Raises Fault when there are fewer blocks.
        """
        head = self._chain.head.block_number
        if depth > head:
            raise invalid(f"the chain has {head} blocks after the first; {depth} cannot be replaced")
        ancestor = self._chain.at(head - depth)
        orphans = [
            found.transaction for header in self._chain.move_to(ancestor) for found in self._chain.included(header)
        ]
        for _ in range(depth + 1):
            self.mine(include=False)
        if keep:
            for tx in orphans:
                if self._pool.at(tx.sender, tx.nonce) is None:
                    self._pool.insert(tx)
        return orphans


def _rank(tx: Transaction, base_fee: int) -> tuple[int, bytes]:
    """Heap order: the highest tip first; the sender breaks ties."""
    return -tx.effective_tip(base_fee), tx.sender
