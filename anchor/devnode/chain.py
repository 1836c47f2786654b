"""The chain of blocks: which are canonical, what is in them, how the head moves forward, back and sideways."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from anchor.devnode.database import Database
from anchor.devnode.errors import ForeignFile, refused
from anchor.devnode.evm import Evm
from anchor.devnode.shapes import Applied, Header
from anchor.devnode.transactions import Decoder, Transaction

GENESIS_NOTE = b"development chain, worth nothing"
"""Extra data of block 0: whoever looks at a copy of these blocks reads what they are."""


@dataclass(frozen=True)
class Included:
    """A transaction in a block, with its receipt's fields."""

    transaction: Transaction
    block: bytes
    position: int
    status: int
    gas_used: int
    cumulative_gas: int
    bloom: bytes
    created: bytes | None


class Chain:
    """Reads need the database's lock, changes its `write()`. `safe_depth` and `finality_depth` are in blocks."""

    def __init__(self, database: Database, evm: Evm, decoder: Decoder) -> None:
        self._db = database
        self._evm = evm
        self._decoder = decoder
        self.safe_depth = 0
        self.finality_depth = 0
        self.head: Header

    def found(self, funds: Mapping[bytes, int], timestamp: int) -> None:
        """Write block 0."""
        header = self._evm.found(funds, timestamp, GENESIS_NOTE)
        self._record(header, 0, 0)

    def load(self) -> None:
        """Read the head from the file: at start, and after a change that was rolled back."""
        row = self._db.execute("SELECT hash FROM canonical ORDER BY number DESC LIMIT 1").fetchone()
        header = self._evm.header(row[0]) if row else None
        if header is None:
            raise ForeignFile(self._db.path, "its newest block is missing", "The file is damaged; start a new one")
        self.head = header

    def hash_of(self, number: int) -> bytes | None:
        """Hash of the canonical block with this number."""
        row = self._db.execute("SELECT hash FROM canonical WHERE number = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def by_number(self, number: int) -> Header | None:
        """The canonical block with this number."""
        found = self.hash_of(number) if 0 <= number <= self.head.block_number else None
        return None if found is None else self.by_hash(found)

    def at(self, number: int) -> Header:
        """The canonical block with a number that is known to exist. Raises LookupError when the file lacks it."""
        found = self.by_number(number)
        if found is None:
            raise LookupError(f"block {number} is missing in {self._db.path}")
        return found

    def by_hash(self, block: bytes) -> Header | None:
        """Any block with this hash, orphans too."""
        known = self._db.execute("SELECT 1 FROM block WHERE hash = ?", (block,)).fetchone()
        return self._evm.header(block) if known else None

    def is_canonical(self, header: Header) -> bool:
        """Whether the block is in the chain that ends at the head."""
        return self.hash_of(header.block_number) == header.hash

    def safe(self) -> int:
        """Number of the newest safe block."""
        return max(0, self.head.block_number - self.safe_depth)

    def finalized(self) -> int:
        """Number of the newest final block."""
        return max(0, self.head.block_number - self.finality_depth)

    def newest_busy(self) -> int:
        """Number of the newest block that holds a transaction; 0 when there is none."""
        row = self._db.execute("SELECT max(number) FROM canonical WHERE transactions > 0").fetchone()
        return int(row[0] or 0)

    def size_of(self, header: Header) -> int:
        """Bytes of the block."""
        return int(self._db.execute("SELECT size FROM block WHERE hash = ?", (header.hash,)).fetchone()[0])

    def append(self, header: Header, size: int, done: list[tuple[Transaction, Applied]]) -> None:
        """Make a sealed block the head."""
        self._evm.keep(header)
        self._record(header, size, len(done))
        position = 0
        for index, (tx, applied) in enumerate(done):
            known = (header.hash, index, tx.hash, tx.raw, tx.sender)
            values = (applied.status, applied.gas_used, applied.cumulative_gas, applied.bloom, tx.created)
            self._db.execute("INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", known + values)
            for entry in applied.logs:
                topics = (*entry.topics, *(None,) * (4 - len(entry.topics)))
                row = (header.block_number, header.hash, position, tx.hash, index, entry.address, *topics, entry.data)
                self._db.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                position += 1

    def _record(self, header: Header, size: int, count: int) -> None:
        self._db.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (header.hash, header.block_number, count, size))
        self._db.execute("INSERT INTO canonical VALUES (?, ?, ?)", (header.block_number, header.hash, count))
        self.head = header

    def move_to(self, target: Header) -> list[Header]:
        """Make any stored block the head. Returns the blocks that are no longer canonical, oldest first."""
        path: list[Header] = []
        ancestor = target
        while not self.is_canonical(ancestor):
            path.append(ancestor)
            parent = self.by_hash(ancestor.parent_hash)
            if parent is None:
                raise refused("header not found")
            ancestor = parent
        orphans = [self.at(n) for n in range(ancestor.block_number + 1, self.head.block_number + 1)]
        self._db.execute("DELETE FROM canonical WHERE number > ?", (ancestor.block_number,))
        for header in reversed(path):
            self._db.execute(
                "INSERT INTO canonical SELECT number, hash, transactions FROM block WHERE hash = ?", (header.hash,)
            )
        self.head = target
        return orphans

    def included(self, header: Header) -> list[Included]:
        """All transactions of a block, in order."""
        return list(self._rows("tx.block = ? ORDER BY position", header.hash))

    def find(self, tx_hash: bytes) -> tuple[Header, Included] | None:
        """A transaction in the canonical chain."""
        for found in self._rows("tx.hash = ?", tx_hash):
            header = self.by_hash(found.block)
            if header is not None and self.is_canonical(header):
                return header, found
        return None

    def _rows(self, where: str, value: bytes) -> Iterator[Included]:
        rows = self._db.execute(f"SELECT * FROM tx WHERE {where}", (value,)).fetchall()  # noqa: S608 (fixed texts only)
        for block, position, _, raw, sender, status, gas_used, cumulative, bloom, created in rows:
            tx = self._decoder.decode(raw, sender)
            yield Included(tx, block, position, status, gas_used, cumulative, bloom, created)
