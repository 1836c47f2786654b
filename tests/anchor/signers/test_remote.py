"""A remote signer over eth_signTransaction: what it is asked, what it may answer, and that trouble ends one tick."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from anchor.errors import SignerError
from anchor.signer import Transaction, sign
from anchor.signers.remote import RemoteSigner
from anchor.worker.report import DONE, STOPPED
from tests.support.answering import Answer, answering
from tests.support.worksite import OPERATOR, STRANGER, Site

PLAIN = Transaction(9_104_523, 7, bytes(range(20)), 120_000, 3 * 10**9, 10**9, b"calldata")
ME = "0x" + OPERATOR.address.hex()


def number(text: str) -> int:
    assert text == hex(int(text, 16)), "a quantity has no leading zeros"
    return int(text, 16)


def signs(asked: dict[str, str]) -> str:
    """What a correct signer makes of the request alone."""
    to = bytes.fromhex(asked["to"][2:]) if "to" in asked else None
    names = ("chainId", "nonce", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "value")
    chain_id, nonce, gas, max_fee, max_tip, value = (number(asked[name]) for name in names)
    transaction = Transaction(chain_id, nonce, to, gas, max_fee, max_tip, bytes.fromhex(asked["data"][2:]), value)
    return "0x" + (OPERATOR if asked["from"] == ME else STRANGER).sign(transaction).hex()


def service(result: Callable[[dict[str, str]], Any]) -> Callable[[bytes], Answer]:
    """The HTTP side; `result` gets the transaction that is to be signed."""

    def answer(body: bytes) -> Answer:
        request = json.loads(body)
        assert request["method"] == "eth_signTransaction"
        [asked] = request["params"]
        found = {"jsonrpc": "2.0", "id": request["id"]} | result(asked)
        return 200, json.dumps(found).encode(), {}

    return answer


def test_the_request_holds_the_whole_transaction_and_both_forms_of_the_answer_are_taken() -> None:
    for form in (lambda asked: {"result": signs(asked)}, lambda asked: {"result": {"raw": signs(asked), "tx": {}}}):
        with answering(service(form)) as url:
            signer = RemoteSigner(url, OPERATOR.address)
            for transaction in (PLAIN, Transaction(1, 0, None, 21_000, 2, 0, b"", 5)):
                assert sign(signer, transaction) == sign(OPERATOR, transaction)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a refusal": ({"error": {"code": -32000, "message": "account is locked"}}, "refused: account is locked"),
    "null": ({"result": None}, "no signed transaction"),
    "a number": ({"result": 5}, "no signed transaction"),
    "a list": ({"result": []}, "no signed transaction"),
    "geth's form without bytes": ({"result": {"tx": {}}}, "no signed transaction"),
    "bytes in another form": ({"result": {"raw": 7}}, "no signed transaction"),
    "half a byte": ({"result": "0x0"}, "no signed transaction"),
    "the hash alone": ({"result": "0x" + "11" * 32}, "no signed transaction"),
    "no JSON-RPC": ({}, "cannot be asked"),
    "two megabytes": ({"result": "0x" + "00" * (1 << 20)}, "cannot be asked"),
}


@pytest.mark.parametrize("what", WRONG)
def test_another_answer_is_refused_and_no_secret_of_the_url_is_shown(what: str) -> None:
    answer, reason = WRONG[what]
    with answering(service(lambda _: answer)) as url:
        address = url.replace("http://", "http://user:hunter2@") + "/token?key=hunter2"
        signer = RemoteSigner(address, OPERATOR.address)
        with pytest.raises(SignerError) as caught:
            sign(signer, PLAIN)
    assert reason in caught.value.problem
    assert "hunter2" not in f"{caught.value} {caught.value!r} {signer!r}"
    assert "token" not in f"{caught.value} {signer!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    if reason != "no signed transaction":
        assert url in caught.value.problem


def test_a_signer_of_another_account_is_refused() -> None:
    with (
        answering(service(lambda asked: {"result": signs(asked | {"from": "0x"})})) as url,
        pytest.raises(SignerError, match="signed as 0x" + STRANGER.address.hex()),
    ):
        sign(RemoteSigner(url, OPERATOR.address), PLAIN)


def test_a_slow_signer_ends_the_tick_and_nothing_is_stored_or_sent(site: Site) -> None:
    awake = threading.Event()

    def slow(asked: dict[str, str]) -> dict[str, Any]:
        assert awake.wait(30)
        return {"result": signs(asked)}

    site.seal()
    with answering(service(slow)) as url:
        site.worker = site.rival(operator=RemoteSigner(url, OPERATOR.address, timeout=0.2))
        report = site.worker.tick()
        assert (report.outcome, report.signed, site.attempts()) == (STOPPED, [], [])
        assert f"The signer at {url} cannot be asked: it did not answer within 0.2 s" in report.problem
        assert "eth_sendRawTransaction" not in site.rpc.log
        assert site.states() == ["sealed"]
        awake.set()
        site.worker = site.rival(operator=RemoteSigner(url, OPERATOR.address))
        site.expire_lease()
        site.settle()
    site.check(1)
    assert site.alarms() == set()


def test_a_signer_that_is_gone_does_not_keep_what_is_signed_from_being_sent(site: Site) -> None:
    with answering(service(lambda asked: {"result": signs(asked)})) as url:
        site.worker = site.rival(operator=RemoteSigner(url, OPERATOR.address))
        site.seal()
        assert site.worker.tick().signed == ["anchor 1"]
    site.rpc.log.clear()
    report = site.worker.tick()  # the same bytes again: nobody has to sign
    assert (report.outcome, report.alarms) == (DONE, {})
    assert "eth_sendRawTransaction" in site.rpc.log
    site.settle()
    site.check(1)
