"""Rows 1 to 5, 7, 24: requests and answers that get lost, in every way a network loses them, and processes killed."""

from tests.support.proxy import HOW, Trouble
from tests.support.remote import RemoteSite
from tests.support.worksite import OPERATOR


def test_a_broadcast_that_fails_in_any_way_is_repeated_as_the_same_bytes(remote: RemoteSite, persisted: bool) -> None:
    remote.worker = remote.rival(timeout=0.5)
    for batches, how in enumerate(HOW, 1):
        attempt = remote.lose_a_broadcast(persisted, how)
        assert (attempt.last_answer, attempt.sent_at) == ("no answer", None), how
        assert remote.pooled(attempt) is persisted, how
        if not persisted:
            assert remote.worker.tick().signed == []
        remote.mine()
        assert remote.worker.tick().anchors == batches
    remote.settle()
    remote.check(len(HOW))
    assert (len(remote.attempts()), remote.sent(OPERATOR)) == (len(HOW), len(HOW))


def test_a_read_that_fails_in_any_way_changes_nothing(remote: RemoteSite, persisted: bool) -> None:
    remote.worker = remote.rival(timeout=0.5)
    remote.seal()
    for how in HOW:
        for place in range(3):  # chain and heads; the contract's state and logs; what follows
            asked = iter(range(100))
            remote.proxy.trouble = lambda _methods, how=how, place=place, asked=asked: (  # type: ignore[misc]
                Trouble(how, persisted) if next(asked) >= place else None
            )
            report = remote.worker.tick()
            assert (report.outcome, report.signed) == ("stopped", []), (how, place)
            assert remote.states() == ["sealed"]
            assert remote.alarms() == {"unreachable"}
    assert "eth_sendRawTransaction" not in remote.proxy.log
    remote.calm()
    remote.settle()
    remote.check(1)
