"""The parts of a node that its methods work on, handed around together."""

from dataclasses import dataclass

from anchor.devnode.chain import Chain
from anchor.devnode.clock import Clock
from anchor.devnode.database import Database
from anchor.devnode.evm import Evm
from anchor.devnode.pool import Pool


@dataclass(frozen=True)
class Parts:
    """One of each; they know the same file."""

    database: Database
    evm: Evm
    chain: Chain
    pool: Pool
    clock: Clock
