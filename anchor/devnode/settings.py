"""What a tool can change about the node and a restart must not forget: automine and the finality depths."""

from anchor.devnode import limits
from anchor.devnode.chain import Chain
from anchor.devnode.database import Database
from anchor.devnode.errors import invalid


class Settings:
    """Kept in the file; every change is made inside the database's `write()`.

    `block_interval` (seconds, 0 = no blocks by themselves) belongs to the process and is not kept.
    """

    def __init__(self, database: Database, chain: Chain, block_interval: float) -> None:
        self._db = database
        self._chain = chain
        self.block_interval = block_interval

    @property
    def automine(self) -> bool:
        """Whether a transaction gets a block when it is sent."""
        return self._db.get("automine") != "off"

    @automine.setter
    def automine(self, on: bool) -> None:
        self._db.put("automine", "on" if on else "off")

    def set_depths(self, safe: int, final: int) -> None:
        """Lag of `safe` and `finalized` in blocks. Raises Fault when safe blocks would be older than final ones."""
        if not 0 <= safe <= final:
            raise invalid(f"the safe depth {safe} must lie between 0 and the finality depth {final}")
        self._db.put("safe_depth", str(safe))
        self._db.put("finality_depth", str(final))
        self.load()

    def load(self) -> None:
        """Apply what the file says."""
        self._chain.safe_depth = int(self._db.get("safe_depth") or limits.SAFE_DEPTH)
        self._chain.finality_depth = int(self._db.get("finality_depth") or limits.FINALITY_DEPTH)
