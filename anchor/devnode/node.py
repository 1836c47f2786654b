"""The development node: one file, one chain, all of Ethereum's JSON-RPC that this project needs.

`DevNode` puts the parts together, gives every change its transaction, and produces blocks by itself:
one for each transaction, then empty ones until that transaction is final, then none.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from anchor.devnode import limits
from anchor.devnode.chain import Chain
from anchor.devnode.clock import Clock
from anchor.devnode.database import Database
from anchor.devnode.errors import AlreadyFounded, ForeignFile
from anchor.devnode.evm import FORK, Evm
from anchor.devnode.logs import Logs
from anchor.devnode.mining import Miner
from anchor.devnode.parts import Parts
from anchor.devnode.pool import Pool
from anchor.devnode.queries import Queries
from anchor.devnode.rpc import Dispatcher, Method
from anchor.devnode.settings import Settings
from anchor.devnode.tools import Tools
from anchor.devnode.transactions import Decoder

_log = logging.getLogger(__name__)


class DevNode:
    """A development chain in the file `path`, which is made when it is not there.

    `prefund` gives wei to addresses in block 0. `block_interval` is the pause in seconds between the empty blocks that
    follow a transaction; 0 stops them, and then blocks come with transactions and from the tools alone. `automine`,
    `safe_depth` and `finality_depth` are what the file says (at first: on, 1, 2) unless given. `wall` is the clock.

    Raises FileInUse, ForeignFile, AlreadyFounded. Safe to use from many threads. Close it, or use it in `with`.
    """

    def __init__(
        self,
        path: Path | str,
        chain_id: int = limits.DEVELOPMENT_CHAIN_ID,
        prefund: Mapping[str, int] | None = None,
        *,
        block_interval: float = limits.BLOCK_INTERVAL,
        automine: bool | None = None,
        safe_depth: int | None = None,
        finality_depth: int | None = None,
        max_log_range: int = limits.MAX_LOG_RANGE,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.chain_id = chain_id
        self.path = Path(path)
        self._db = Database(self.path)
        self._stop = threading.Event()
        self._producer: threading.Thread | None = None
        try:
            self._assemble(block_interval, max_log_range, wall)
            self._open({_address(a): wei for a, wei in (prefund or {}).items()})
            self._configure(automine, safe_depth, finality_depth)
        except BaseException:
            self._db.close()
            raise
        if block_interval:
            self._producer = threading.Thread(target=self._produce, name="development chain", daemon=True)
            self._producer.start()

    def _assemble(self, block_interval: float, max_log_range: int, wall: Callable[[], float]) -> None:
        evm = Evm(self._db.kv, self.chain_id)
        decoder = Decoder(evm)
        self._clock = Clock(wall)
        self._chain = Chain(self._db, evm, decoder)
        self._settings = Settings(self._db, self._chain, block_interval)
        pool = Pool(self._db, evm, self._chain, decoder, self.chain_id)
        parts = Parts(self._db, evm, self._chain, pool, self._clock)
        logs = Logs(self._db, self._chain, max_log_range)
        self._tools = Tools(parts, Miner(parts), self._settings, self._change)
        methods = Queries(parts, logs, self.chain_id, client_version()).methods() | self._tools.methods()
        self._dispatcher = Dispatcher({name: self._locked(method) for name, method in methods.items()})

    def _open(self, funds: dict[bytes, int]) -> None:
        """Found the chain in a new file, or check that the file holds this one."""
        if self._db.fresh or self._db.get("chain_id") is None:
            with self._db.write():
                self._chain.found(funds, self._clock.now())
                self._db.put("chain_id", str(self.chain_id))
                self._db.put("funded", ",".join(address.hex() for address in funds))
        found = self._db.get("chain_id")
        if found != str(self.chain_id):
            raise ForeignFile(
                self.path,
                f"it holds the chain with id {found}, not {self.chain_id}",
                "Start with that chain id, or choose another file",
            )
        founded = set((self._db.get("funded") or "").split(","))
        if missing := [address.hex() for address in funds if address.hex() not in founded]:
            raise AlreadyFounded(
                self.path,
                f"its chain was founded without funds for 0x{missing[0]}, and accounts are funded only then",
                "Send that account money, or start a new chain file",
            )
        self._reload()

    def _configure(self, automine: bool | None, safe: int | None, final: int | None) -> None:
        with self._change():
            if automine is not None:
                self._settings.automine = automine
            if safe is not None or final is not None:
                kept_safe, kept_final = self._chain.safe_depth, self._chain.finality_depth
                deep = kept_final if final is None else final
                self._settings.set_depths(min(kept_safe, deep) if safe is None else safe, deep)

    def _reload(self) -> None:
        """Make the memory say what the file says."""
        self._chain.load()
        self._settings.load()
        self._clock.load(self._db.get("clock"))

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One change, in one transaction: afterwards it is on disk and in memory, or in neither."""
        with self._db.lock:
            try:
                with self._db.write():
                    before = self._clock.dump()
                    yield
                    if self._clock.dump() != before:
                        self._db.put("clock", self._clock.dump())
            except BaseException:
                self._reload()
                raise

    def _locked(self, method: Method) -> Method:
        """Readers see no half-made change: SQLite has one connection here, and Python one interpreter lock."""

        @wraps(method.run)
        def run(*params: Any) -> Any:
            with self._db.lock:
                return method.run(*params)

        return Method(run, method.least, method.most, method.public)

    def answer(self, body: bytes, *, read_only: bool = False) -> bytes | None:
        """Answer the bytes of a JSON-RPC request or batch; None when there is nothing to answer."""
        return self._dispatcher.answer(body, read_only=read_only)

    def request(self, name: str, *params: Any) -> Any:
        """Call a method in this process, with JSON values. Raises Fault."""
        return self._dispatcher.run(name, list(params))

    def _produce(self) -> None:
        while not self._stop.wait(self._settings.block_interval):
            try:
                with self._db.lock:
                    if not self._stop.is_set():
                        self._tools.produce()
            except Exception:  # a full disk must not end block production for good: say so and try again
                _log.exception("no block could be produced")

    def close(self) -> None:
        """Stop producing blocks and close the file. Safe to repeat."""
        self._stop.set()
        if self._producer is not None:
            self._producer.join()
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def client_version() -> str:
    """What web3_clientVersion answers: first of all, that this is a development chain."""
    try:
        release = version("credanchor")
    except PackageNotFoundError:
        release = "0"
    return f"credanchor development chain/{release}/{FORK}"


def _address(text: str) -> bytes:
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != 20:
        raise ValueError(f"{text!r} is not an address of 20 bytes")
    return found
