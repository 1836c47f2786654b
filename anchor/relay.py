"""One process asks chains and status sources for several, so that each thing is asked once, whoever needs it.

    with relaying(context, chain, status) as line:      here; `line` goes to processes that `context` starts
        ...
    relay = Relay(line)                                 there; `relay.chain` and `relay` itself stand for the two

A process holds the line from its question to the answer. One that dies while it does leaves the others waiting: whoever
started them must end them, as a process pool does.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Lock
from typing import Any

from anchor.kept import Kept
from anchor.reader import HEAD_SECONDS, KEPT_ANSWERS
from anchor.status import KEPT
from registry.verify.evidence import ChainAnswer, ChainView, StatusSource, Unreachable, WrongChain
from registry.verify.trust import RegistryTrust


@dataclass(frozen=True)
class Line:
    """The way to the process that asks; can be sent to a process when it is started, not later."""

    connection: Connection
    lock: Lock


@contextmanager
def relaying(context: BaseContext, chain: Callable[[RegistryTrust], ChainView], status: StatusSource) -> Iterator[Line]:
    """Answer, in a thread, what is asked over the line, until its end; the processes that hold it must be gone then."""
    here, there = context.Pipe()
    threading.Thread(target=_answer_all, args=(here, chain, status), name="relay", daemon=True).start()
    try:
        yield Line(there, context.Lock())
    finally:
        there.close()  # which ends the thread; not waited for, since a node may keep it waiting


def _answer_all(here: Connection, chain: Callable[[RegistryTrust], ChainView], status: StatusSource) -> None:
    with here, suppress(EOFError, OSError):  # nobody is there any more
        while True:
            here.send(_answer(here.recv(), chain, status))


def _answer(
    question: tuple[Any, Any, Any], chain: Callable[[RegistryTrust], ChainView], status: StatusSource
) -> ChainAnswer | bytes | Exception:
    registry, first, second = question
    try:
        return chain(registry).lookup(first, second) if registry else status.fetch(first, second)
    except (Unreachable, WrongChain) as problem:
        return problem
    except Exception as problem:  # whatever it was, who asked must hear it, or would wait for ever
        return RuntimeError(f"{type(problem).__name__}: {problem}")


class Relay:
    """Asks over the line. What it was told it keeps, an answer of the chain for as long as a reader keeps a head."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._answers: Kept[tuple[Any, ...], tuple[float, ChainAnswer]] = Kept(KEPT_ANSWERS)
        self._evidence: Kept[tuple[str, int], bytes] = Kept(KEPT)

    def chain(self, registry: RegistryTrust) -> ChainView:
        """The registry's contract."""
        return _View(self, registry)

    def lookup(self, registry: RegistryTrust, root: bytes, key_id: bytes) -> ChainAnswer:
        """What that contract says, as `ChainView.lookup`."""
        question = (registry, root, key_id)
        at, answer = self._answers.get(question) or (0.0, None)
        if answer is None or time.monotonic() - at > HEAD_SECONDS:
            answer = self._ask(*question)
            self._answers.put(question, (time.monotonic(), answer))
        return answer

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        """Status evidence, as `StatusSource.fetch`."""
        evidence = self._evidence.get((list_id, anchor_number))
        if evidence is None:
            evidence = self._ask(None, list_id, anchor_number)
            self._evidence.put((list_id, anchor_number), evidence)
        return evidence

    def _ask(self, *question: Any) -> Any:
        with self._line.lock:
            self._line.connection.send(question)
            answer = self._line.connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True)
class _View:
    relay: Relay
    registry: RegistryTrust

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        return self.relay.lookup(self.registry, root, key_id)
