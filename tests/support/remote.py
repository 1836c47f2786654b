"""A worker's place of work over real HTTP: a chain, the development node or anvil, behind a proxy that makes faults.

Everything written for `Site` works on either: anvil answers to the names of the development chain's tools. On both a
block is final when six are on top of it, so that reorganisations of five are legal.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anchor.chain import ChainConfig
from anchor.devnode import DevNode, serve
from anchor.devnode.limits import GAS_LIMIT
from anchor.jsonrpc import JsonRpc
from anchor.node import Rpc
from anchor.signer import Signer
from anchor.worker import Worker
from anchor.worker.tick import Connect
from registry.store.tables import Attempt
from tests.support import chains
from tests.support.faults import Faults, FaultySigner
from tests.support.market import pending
from tests.support.proxy import Proxy, Trouble
from tests.support.truth import told_truly
from tests.support.worksite import CALM, OPERATOR, REGISTRAR, Site, open_store, populate

FINALITY = 6
DEEPEST = FINALITY - 1
SEND = "eth_sendRawTransaction"
LIKE_ANVIL = {"safe_depth": 3, "finality_depth": FINALITY}


class Anvil:
    """anvil, asked as the development chain is asked."""

    def __init__(self, url: str) -> None:
        self._rpc = JsonRpc(url, timeout=60)
        self._tools = {
            "dev_mine": lambda count: self._rpc.call("anvil_mine", count),
            "dev_reorg": self._reorg,
            "dev_dropTransaction": lambda tx_hash: self._rpc.call("anvil_dropTransaction", tx_hash) is not None,
        }

    def request(self, method: str, *params: Any) -> Any:
        tool = self._tools.get(method)
        return tool(*params) if tool else self._rpc.call(method, *params)

    def close(self) -> None:
        self._rpc.close()

    def _reorg(self, depth: str, keep: bool) -> None:
        """anvil forgets orphaned transactions; a chain whose pool takes them back is made by sending them again."""
        head = int(self._rpc.call("eth_blockNumber"), 16)
        orphaned: list[str] = []
        for number in range(head - int(depth, 16) + 1, head + 1):
            orphaned += self._rpc.call("eth_getBlockByNumber", hex(number), False)["transactions"]
        raw = [self._rpc.call("eth_getRawTransactionByHash", tx_hash) for tx_hash in orphaned]
        self._rpc.call("anvil_reorg", int(depth, 16), [])
        for one in raw if keep else []:
            self._rpc.call("eth_sendRawTransaction", one)


@contextmanager
def anvil_node() -> Iterator[tuple[Anvil, str]]:
    """A fresh anvil whose blocks come when they are asked for, and its address."""
    with chains.anvil("--gas-limit", str(GAS_LIMIT), "--no-mining") as url:
        node = Anvil(url)
        # Else blocks of one second have one time, which no real chain allows: theirs grows from block to block.
        node.request("anvil_setBlockTimestampInterval", 1)
        yield node, url
        node.close()


@contextmanager
def development_node(home: Path, **options: Any) -> Iterator[tuple[DevNode, str]]:
    """The development chain with anvil's finality, over HTTP."""
    with DevNode(home / "chain.db", **(CALM | LIKE_ANVIL | options)) as node, serve(node) as server:
        yield node, server.url


@dataclass
class RemoteSite(Site):
    """`url` is the chain's own address; the worker is given the proxy's."""

    chain: Any = None
    url: str = ""

    def __post_init__(self) -> None:
        self.node = self.chain
        self.proxy = Proxy(self.url)
        self.proxied = self.proxy.__enter__()
        self.open()

    @property
    def database(self) -> str:
        """Its URL, for other processes."""
        return f"sqlite:///{self.home / 'credanchor.db'}"

    def open(self) -> None:
        self.store = open_store(self.home / "credanchor.db", self.faults)
        self.view = open_store(self.home / "credanchor.db", Faults())
        self.worker = self.rival()

    def rival(
        self,
        connect: Connect | None = None,
        operator: Signer | None = None,
        registrar: Signer | None = None,
        **changes: Any,
    ) -> Worker:
        timeout = changes.get("timeout", self.config.timeout)
        return super().rival(
            connect or (lambda _url: JsonRpc(self.proxied, timeout=timeout)),
            operator or FaultySigner(OPERATOR, self.faults),
            registrar or FaultySigner(REGISTRAR, self.faults),
            **changes,
        )

    def calm(self) -> None:
        """No faults any more."""
        self.proxy.trouble = lambda _methods: None
        self.proxy.tamper = lambda _method, _params, ask: ask()

    def lose_a_broadcast(self, persisted: bool, how: str = "reset") -> Attempt:
        """A batch is sealed and its anchor's broadcast fails for the worker. `persisted`: the node has it all the same.

        The two states that every story with faults begins from.
        """
        before = len(self.attempts())
        self.seal()
        self.proxy.trouble = lambda methods: Trouble(how, persisted) if SEND in methods else None
        self.worker.tick()
        self.calm()
        *_, attempt = self.attempts()
        assert len(self.attempts()) == before + 1
        return attempt

    def pooled(self, attempt: Attempt) -> bool:
        """Whether the chain's pool has a transaction."""
        return "0x" + attempt.tx_hash.hex() in pending(self, OPERATOR)

    def honest_rpc(self) -> Rpc:
        return JsonRpc(self.url)

    def settle(self, limit: int = 60) -> None:
        """As there; after every tick people were told the truth."""
        for _ in range(limit):
            report = self.worker.tick()
            states = told_truly(self.view, self.config, self.node.request)
            if set(states.values()) == {"final"}:
                return
            # A block for what waits; on top of what is in one already, all that it takes to be final.
            self.mine(1 if set(states.values()) - {"included", "final"} else FINALITY)
        raise AssertionError(f"not settled after {limit} ticks: {self.states()}, {report}")

    def close(self) -> None:
        self.store.close()
        self.view.close()
        self.proxy.__exit__()


def build_remote_template(home: Path, migrated: Path, node: Any, url: str) -> ChainConfig:
    """The database for a chain that was just started; deploys the contract there."""
    return populate(home, migrated, node, url, final_after=FINALITY)
