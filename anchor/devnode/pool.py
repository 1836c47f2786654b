"""The pool of transactions that are not in a block yet: geth's rules and geth's words.

Like geth's: a nonce gap waits, a transaction priced below the base fee waits, a replacement raises both fees by 10 %.
Unlike geth's: a full pool refuses the newcomer and never throws out what it has acknowledged.
"""

import rlp

from anchor.devnode import limits
from anchor.devnode.chain import Chain
from anchor.devnode.database import Database
from anchor.devnode.errors import refused
from anchor.devnode.evm import Evm
from anchor.devnode.transactions import CREATION, Decoder, Transaction

MAX_NONCE = 2**63 - 1
"""What the file can hold; EIP-2681 allows twice as much, which no account reaches."""


class Pool:
    """The pooled transactions, kept in the database: they survive a restart."""

    def __init__(self, database: Database, evm: Evm, chain: Chain, decoder: Decoder, chain_id: int) -> None:
        self._db = database
        self._evm = evm
        self._chain = chain
        self._decoder = decoder
        self._chain_id = chain_id

    def add(self, raw: bytes) -> Transaction:
        """Accept a signed transaction. Raises Fault with geth's text otherwise."""
        if len(raw) > limits.MAX_TRANSACTION_BYTES:
            raise refused(f"oversized data: transaction size {len(raw)}, limit {limits.MAX_TRANSACTION_BYTES}")
        tx = self._decoder.decode(raw)
        if self.get(tx.hash):
            raise refused("already known")
        self._check_form(tx)
        self._check_gas(tx)
        self._check_fees(tx)
        self._check_sender(tx)
        self.insert(tx)
        return tx

    def _check_form(self, tx: Transaction) -> None:
        if tx.chain_id is None:
            raise refused("only replay-protected (EIP-155) transactions allowed over RPC")
        if tx.chain_id != self._chain_id:
            raise refused(f"invalid chain id for signer: have {tx.chain_id} want {self._chain_id}")
        if tx.nonce > MAX_NONCE:
            raise refused(f"nonce has max value: address 0x{tx.sender.hex()}, nonce: {tx.nonce}")
        if tx.to == CREATION and len(tx.data) > limits.MAX_INITCODE_BYTES:
            raise refused(f"max initcode size exceeded: code size {len(tx.data)} limit {limits.MAX_INITCODE_BYTES}")

    def _check_gas(self, tx: Transaction) -> None:
        if tx.gas > limits.GAS_LIMIT:
            raise refused("exceeds block gas limit")
        if tx.gas < tx.intrinsic_gas:
            raise refused(f"intrinsic gas too low: gas {tx.gas}, minimum needed {tx.intrinsic_gas}")
        if tx.gas < tx.floor_gas:
            raise refused(f"insufficient gas for floor data gas cost: gas {tx.gas}, minimum needed {tx.floor_gas}")

    def _check_fees(self, tx: Transaction) -> None:
        if tx.fee_cap >= 2**256:
            raise refused("max fee per gas higher than 2^256-1")
        if tx.tip_cap > tx.fee_cap:
            raise refused("max priority fee per gas higher than max fee per gas")
        if tx.tip_cap < limits.MINIMUM_TIP:
            needed = f"gas tip cap {tx.tip_cap}, minimum needed {limits.MINIMUM_TIP}"
            raise refused(f"transaction underpriced: {needed}")

    def _check_sender(self, tx: Transaction) -> None:
        nonce, balance, _ = self._evm.account(self._chain.head, tx.sender)
        if tx.nonce < nonce:
            raise refused(f"nonce too low: next nonce {nonce}, tx nonce {tx.nonce}")
        others = [held for held in self.of(tx.sender) if held.nonce != tx.nonce]
        queued = sum(held.cost for held in others)
        if balance < tx.cost:
            short = f"balance {balance}, tx cost {tx.cost}, overshot {tx.cost - balance}"
            raise refused(f"insufficient funds for gas * price + value: {short}")
        if balance < queued + tx.cost:
            short = f"balance {balance}, queued cost {queued}, tx cost {tx.cost}, overshot {queued + tx.cost - balance}"
            raise refused(f"insufficient funds for gas * price + value: {short}")
        held = self.at(tx.sender, tx.nonce)
        if held is not None:
            if any(new * 100 < old * (100 + limits.PRICE_BUMP_PERCENT) for old, new in _fees(held, tx)):
                raise refused("replacement transaction underpriced")
        elif self.size() >= limits.POOL_SIZE or len(others) >= limits.POOL_PER_SENDER:
            raise refused("txpool is full")

    def insert(self, tx: Transaction) -> None:
        """Put in without asking, in place of one with the same sender and nonce."""
        self._db.execute("DELETE FROM pool WHERE sender = ? AND nonce = ?", (tx.sender, tx.nonce))
        arrival = self._db.execute("SELECT coalesce(max(arrival), 0) + 1 FROM pool").fetchone()[0]
        values = (tx.hash, tx.sender, tx.nonce, tx.raw, arrival)
        self._db.execute("INSERT INTO pool VALUES (?, ?, ?, ?, ?)", values)

    def get(self, tx_hash: bytes) -> Transaction | None:
        """A pooled transaction by its hash."""
        return next(iter(self._select("WHERE hash = ?", tx_hash)), None)

    def at(self, sender: bytes, nonce: int) -> Transaction | None:
        """The pooled transaction that holds this nonce."""
        return next(iter(self._select("WHERE sender = ? AND nonce = ?", sender, nonce)), None)

    def of(self, sender: bytes) -> list[Transaction]:
        """An account's pooled transactions by nonce."""
        return self._select("WHERE sender = ? ORDER BY nonce", sender)

    def all(self) -> list[Transaction]:
        """Everything in order of arrival."""
        return self._select("ORDER BY arrival")

    def _select(self, rest: str, *values: bytes | int) -> list[Transaction]:
        rows = self._db.execute(f"SELECT raw, sender FROM pool {rest}", values).fetchall()  # noqa: S608 (fixed texts)
        return [self._decoder.decode(raw, sender) for raw, sender in rows]

    def size(self) -> int:
        """Number of pooled transactions."""
        return int(self._db.execute("SELECT count(*) FROM pool").fetchone()[0])

    def remove(self, tx_hash: bytes) -> bool:
        """Take out; False when it was not there."""
        return self._db.execute("DELETE FROM pool WHERE hash = ?", (tx_hash,)).rowcount == 1

    def next_nonce(self, sender: bytes) -> int:
        """The account's nonce after the pooled transactions that follow without a gap."""
        nonce, _, _ = self._evm.account(self._chain.head, sender)
        held = {tx.nonce for tx in self.of(sender)}
        while nonce in held:
            nonce += 1
        return nonce

    def dump(self) -> bytes:
        """Everything, for a snapshot."""
        return bytes(rlp.encode([[tx.raw, tx.sender] for tx in self.all()]))

    def load(self, dumped: bytes) -> None:
        """Replace the content by what `dump` gave."""
        self._db.execute("DELETE FROM pool")
        for raw, sender in rlp.decode(dumped):
            self.insert(self._decoder.decode(raw, sender))


def _fees(old: Transaction, new: Transaction) -> tuple[tuple[int, int], tuple[int, int]]:
    return (old.fee_cap, new.fee_cap), (old.tip_cap, new.tip_cap)
