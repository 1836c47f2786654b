"""Where a worker's steps leave its process: a database, a node and a signer that can be made to fail at any of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from anchor.devnode import DevNode
from anchor.devnode.errors import Fault
from anchor.errors import SignerError, Unreachable
from anchor.jsonrpc import RpcError
from anchor.signer import KeySigner, Transaction
from registry.store.engine import Store, StoreUnavailable

Tamper = Callable[[str, Sequence[Any], Callable[[], Any]], Any]
"""Stands between worker and node: method, parameters, and how to ask. For what a proxy or a bad node does."""


class Crash(BaseException):
    """The process is gone: nothing of it may run on, so it is not an Exception."""


@dataclass
class Faults:
    """Counts the steps that leave the process, and makes one of them fail.

    `mode`: "crash before", "crash after", "error before", "error after". After means: it took effect all the same.
    """

    at: int | None = None
    mode: str = ""
    trace: list[str] = field(default_factory=list)

    def enter(self, name: str) -> str:
        """Announce a step; "before", "after", or "" when it shall work."""
        self.trace.append(name)
        return self.mode.split()[-1] if self.at == len(self.trace) - 1 else ""

    def error(self, error: Exception) -> BaseException:
        return Crash(self.trace[-1]) if self.mode.startswith("crash") else error


class FaultyStore(Store):
    """A store whose transactions can fail at commit, with or without effect."""

    faults: Faults

    @contextmanager
    def begin(self) -> Iterator[Any]:
        fault = self.faults.enter("commit")
        error = self.faults.error(StoreUnavailable("test"))
        with super().begin() as session:
            yield session
            if fault == "before":
                raise error
        if fault == "after":
            raise error

    @contextmanager
    def read(self) -> Iterator[Any]:
        fault = self.faults.enter("read")
        error = self.faults.error(StoreUnavailable("test"))
        if fault == "before":
            raise error
        with super().read() as session:
            yield session
        if fault == "after":
            raise error


class InProcess:
    """A node of this process as the worker sees nodes; each request is one step."""

    endpoint = "in-process://chain"

    def __init__(self, node: DevNode, faults: Faults) -> None:
        self.node = node
        self.faults = faults
        self.log: list[str] = []
        self.tamper: Tamper = lambda method, params, ask: ask()

    def call(self, method: str, *params: Any) -> Any:
        return self._step(method, lambda: self._ask(method, params))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        names = "+".join(method for method, _ in calls)
        return list(self._step(names, lambda: [self._ask(method, params) for method, params in calls]))

    def close(self) -> None:
        """There is no connection."""

    def _step(self, name: str, act: Any) -> Any:
        fault = self.faults.enter(name)
        error = self.faults.error(Unreachable(self.endpoint, "test"))
        if fault == "before":
            raise error
        result = act()
        if fault == "after":
            raise error
        return result

    def _ask(self, method: str, params: Sequence[Any]) -> Any:
        self.log.append(method)
        return self.tamper(method, params, lambda: self._request(method, params))

    def _request(self, method: str, params: Sequence[Any]) -> Any:
        try:
            return self.node.request(method, *params)
        except Fault as refusal:
            raise RpcError(method, refusal.code, refusal.message, refusal.data) from None


class FaultySigner:
    """A signer that can fail."""

    def __init__(self, inner: KeySigner, faults: Faults) -> None:
        self.inner = inner
        self.faults = faults

    @property
    def address(self) -> bytes:
        return self.inner.address

    def sign(self, transaction: Transaction) -> bytes:
        fault = self.faults.enter("sign")
        raw = self.inner.sign(transaction)
        if fault:
            raise self.faults.error(SignerError("test"))
        return raw
