"""Several endpoints over HTTP: one that lags, lies, is down or on another chain makes nothing final, and is named."""

import hashlib
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from anchor.devnode import DevNode, serve
from anchor.worker import Worker
from anchor.worker.report import DONE
from anchor.worker.tick import STILL_TICKS
from tests.support.market import pending
from tests.support.proxy import Proxy
from tests.support.worksite import CALM, OPERATOR, REGISTRAR, Site


@dataclass
class Network:
    """A site, and endpoints besides its own."""

    site: Site
    parts: ExitStack = field(default_factory=ExitStack)

    def own(self) -> str:
        """Another endpoint of the site's chain."""
        return self.parts.enter_context(serve(self.site.node)).url

    def lagging(self) -> tuple[DevNode, str]:
        """A node that has no news from now on."""
        for part in self.site.home.glob(
            "chain.db*"
        ):  # nobody writes to it meanwhile: blocks come when they are asked for
            if not part.name.endswith("shm"):
                shutil.copy(part, part.with_name(part.name.replace("chain", "behind")))
        behind = self.parts.enter_context(DevNode(self.site.home / "behind.db", **CALM))
        return behind, self.parts.enter_context(serve(behind)).url

    def lying(self) -> str:
        """Every block has another hash."""

        def alter(method: str, result: Any) -> Any:
            if method == "eth_getBlockByNumber" and result:
                return result | {"hash": "0x" + hashlib.sha256(result["hash"].encode()).hexdigest()}
            return result

        return self.parts.enter_context(Proxy(self.own(), alter))

    def down(self) -> str:
        """Nobody listens there."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{probe.getsockname()[1]}"

    def foreign(self) -> str:
        """Another chain, as long as the site's."""
        node = self.parts.enter_context(DevNode(self.site.home / "foreign.db", chain_id=77, **CALM))
        node.request("dev_mine", "0x40")
        return self.parts.enter_context(serve(node)).url

    def worker(self, *urls: str, witnesses: int = 2) -> Worker:
        """A worker that asks these endpoints over HTTP."""
        self.site.worker.release()
        self.site.expire_lease()
        config = replace(self.site.config, rpc_urls=urls, final_witnesses=witnesses, timeout=2)
        self.site.worker = Worker(self.site.store, config, OPERATOR, REGISTRAR)
        return self.site.worker


@pytest.fixture
def network(site: Site) -> Iterator[Network]:
    for _ in range(3):  # the first anchor is final, and nothing that is not: what follows is the endpoints' to agree on
        site.worker.tick()
        site.mine()
    site.worker.tick()
    found = Network(site)
    with found.parts:
        yield found
        site.worker.release()


BAD: dict[str, tuple[Callable[[Network], str], str, str]] = {
    "lagging": (lambda one: one.lagging()[1], "final-unconfirmed", "has not heard of its finality yet"),
    "lying": (Network.lying, "nodes-disagree", "has another block there"),
    "down": (Network.down, "final-unconfirmed", "does not accept connections"),
    "on another chain": (Network.foreign, "nodes-disagree", "serves chain 77, not 9104523"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_second_endpoint_is_named_and_nothing_is_final_until_it_is_replaced(network: Network, what: str) -> None:
    make, alarm, words = BAD[what]
    site, good, bad = network.site, network.own(), make(network)
    worker = network.worker(good, bad)
    site.seal()
    assert worker.tick().signed == ["anchor 2"]
    assert len(pending(site, OPERATOR)) == 1  # whatever the other endpoint says, the good one has the transaction
    told = set()
    for _ in range(4):
        site.mine()
        report = worker.tick()
        told |= {text for code, text in report.alarms.items() if code == alarm}
        assert site.states() != ["final"]
    assert alarm in site.alarms()
    assert any(bad in text and words in text for text in told)
    network.worker(good, network.own())
    site.settle()
    site.check(1)
    assert site.alarms() == set()


@pytest.mark.parametrize("what", BAD)
def test_a_bad_first_endpoint_makes_nothing_final_either(network: Network, what: str) -> None:
    site, bad, good = network.site, BAD[what][0](network), network.own()
    worker = network.worker(bad, good)
    site.seal()
    for _ in range(5):
        worker.tick()
        site.mine()
        assert site.states() != ["final"]
    network.worker(network.own(), good)
    site.settle()
    site.check(1)


@pytest.mark.parametrize("what", ["lying", "on another chain"])
def test_two_that_agree_do_not_outvote_a_third_that_contradicts(network: Network, what: str) -> None:
    make, alarm, words = BAD[what]
    site, bad = network.site, make(network)
    worker = network.worker(network.own(), network.own(), bad)
    site.seal()
    worker.tick()
    site.mine()
    report = worker.tick()
    assert words in report.alarms[alarm]
    assert bad in report.alarms[alarm]
    assert site.states() == ["signed"]


def test_of_three_one_may_be_down_and_one_host_counts_once(network: Network) -> None:
    site, good, other = network.site, network.own(), network.own()
    network.worker(good, network.down(), other)
    site.seal()
    site.settle()
    site.check(1)
    site.seal()
    network.worker(good, good.replace("http://", "http://account:word@"), network.lagging()[1])
    for _ in range(4):
        site.mine()
        site.worker.tick()
    assert site.states() == ["final", "included"]
    assert site.alarms() == {"final-unconfirmed"}


def test_a_transaction_goes_to_every_endpoint_that_takes_it(network: Network) -> None:
    behind, lagging = network.lagging()
    site = network.site
    worker = network.worker(network.down(), network.own(), network.foreign(), lagging, witnesses=1)
    site.seal()
    for _ in range(2):  # the first asks the endpoint that is down
        report = worker.tick()
    assert (report.outcome, report.signed, report.alarms) == (DONE, ["anchor 2"], {})
    sent = site.attempts()[-1]
    there = cast(Site, SimpleNamespace(node=behind))
    assert pending(site, OPERATOR) == pending(there, OPERATOR) == ["0x" + sent.tx_hash.hex()]
    assert sent.last_answer == "accepted"


def test_an_endpoint_that_shows_no_new_block_is_left_for_another(network: Network) -> None:
    _, lagging = network.lagging()
    worker = network.worker(lagging, network.own(), witnesses=1)
    site = network.site
    site.seal()
    worker.tick()
    site.mine(2)
    for _ in range(STILL_TICKS):
        assert worker.tick().outcome == DONE
        assert site.states() == ["signed"]
    worker.tick()
    assert site.states() == ["final"]
