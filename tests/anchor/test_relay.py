"""The relay between processes that verify: what is asked twice is asked once, and nobody waits for ever."""

import threading
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any

import pytest

from anchor.errors import Unreachable, WrongChain
from anchor.relay import Line, Relay, relaying
from registry.verify import ChainAnswer
from tests.support.specimen import TRUST, facts
from tests.support.waiting import until

ANSWER = ChainAnswer(facts())


class Sources:
    """A chain and a status source in one, which keep what they were asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def chain(self, registry: Any) -> "Sources":
        assert registry == TRUST
        return self

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        self.asked.append((root, key_id))
        problems = {b"away": Unreachable("node", "gone"), b"other": WrongChain(1, 2), b"bug": LookupError("a defect")}
        if root in problems:
            raise problems[root]
        return ANSWER

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        self.asked.append((list_id, anchor_number))
        return b"evidence"


@pytest.fixture
def sources() -> Sources:
    return Sources()


@pytest.fixture
def line(sources: Sources) -> Iterator[Line]:
    with relaying(get_context("spawn"), sources.chain, sources) as found:
        yield found
    until(lambda: "relay" not in {thread.name for thread in threading.enumerate()})


def test_what_was_answered_is_not_asked_again(sources: Sources, line: Line) -> None:
    relay = Relay(line)
    for _ in range(3):
        assert relay.chain(TRUST).lookup(b"root", b"key") == ANSWER
        assert relay.fetch("list", 7) == b"evidence"
    assert sources.asked == [(b"root", b"key"), ("list", 7)]
    relay.fetch("list", 8)
    assert sources.asked[2:] == [("list", 8)]


def test_an_answer_of_the_chain_is_kept_as_long_as_a_head_and_no_longer(
    sources: Sources, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anchor.relay.HEAD_SECONDS", -1.0)
    relay = Relay(line)
    for _ in range(2):
        relay.chain(TRUST).lookup(b"root", b"key")
    assert len(sources.asked) == 2


@pytest.mark.parametrize(
    ("root", "error", "says"),
    [(b"away", Unreachable, "node did not answer: gone"), (b"other", WrongChain, "chain 2 instead of 1")],
)
def test_what_could_not_be_asked_is_said_and_asked_again_the_next_time(
    sources: Sources, line: Line, root: bytes, error: type[Exception], says: str
) -> None:
    relay = Relay(line)
    for _ in range(2):
        with pytest.raises(error, match=says):
            relay.chain(TRUST).lookup(root, b"key")
    assert len(sources.asked) == 2


def test_a_defect_there_is_heard_here_and_the_next_question_is_answered(line: Line) -> None:
    relay = Relay(line)
    with pytest.raises(RuntimeError, match="LookupError: a defect"):
        relay.chain(TRUST).lookup(b"bug", b"key")
    assert relay.fetch("list", 7) == b"evidence"
