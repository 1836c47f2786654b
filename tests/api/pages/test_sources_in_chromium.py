"""What nodes and status sources answer is taken, or not taken, by the browser exactly as by Python."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from anchor.errors import Unreachable, WrongChain
from anchor.reader import Reader
from anchor.status import HttpStatus
from registry.verify.document import is_url
from tests.support import cannednode
from tests.support.answering import Answer, answering
from tests.support.specimen import TRUST
from tests.support.vectors import PATHS, case_of, load

pytestmark = pytest.mark.browser

CASE = case_of(load(next(path for path in PATHS if path.name == "0-valid--with-end-date.json")))
(ROOT, KEY), KNOWN = next(iter(CASE.chain.answers.items()))

Tamper = Callable[[list[dict[str, Any]]], Any]


def first(**changes: Any) -> Tamper:
    return lambda answers: [answers[0] | changes, *answers[1:]]


def last(**changes: Any) -> Tamper:
    return lambda answers: [*answers[:-1], answers[-1] | changes]


def block(**changes: Any) -> Tamper:
    """Other blocks, where blocks were asked for."""
    return lambda answers: [
        one | {"result": one["result"] | changes} if isinstance(one["result"], dict) else one for one in answers
    ]


def code(value: Any) -> Tamper:
    return lambda answers: first(result=value)(answers) if len(answers) == 2 else answers


def raw(find: str, put: str) -> Tamper:
    return lambda answers: json.dumps(answers).replace(find, put).encode()


REFUSED = {"code": -32000, "message": "no"}
TAMPERS: dict[str, Tamper] = {
    "honest": lambda answers: answers,
    "backwards": lambda answers: answers[::-1],
    "one more": lambda answers: [*answers, answers[0] | {"id": 9}],
    "one twice": lambda answers: [*answers, answers[0]],
    "one instead of another": lambda answers: [answers[0], *answers[:-1]],
    "one less": lambda answers: answers[:-1],
    "id true": first(id=True),
    "id text": first(id="1"),
    "id null": last(id=None),
    "id list": first(id=[1]),
    "id 1.0": raw('"id": 1,', '"id": 1.0,'),
    "id 1.5": raw('"id": 1,', '"id": 1.5,'),
    "no object": lambda answers: [None, *answers[1:]],
    "no result": lambda answers: [{"id": 1}, *answers[1:]],
    "error null": first(error=None),
    "error text": first(error="no"),
    "error false": first(error=False),
    "error in the first": first(error=REFUSED),
    "error in the last": last(error=REFUSED),
    "error without result": lambda answers: [*answers[:-1], {"id": len(answers), "error": REFUSED}],
    "another chain": lambda answers: first(result="0x5")(answers) if len(answers) == 3 else answers,
    "another chain and no block": lambda answers: last(error=REFUSED)(first(result="0x5")(answers)),
    "negative": block(number="0x-1"),
    "underscore": block(number="0x1_0"),
    "space": block(timestamp="0x 1"),
    "no digits": block(number="0x"),
    "65 digits": block(number="0x" + "0" * 64 + "1"),
    "64 digits": block(number="0x" + "0" * 63 + "1"),
    "many digits": block(number="0x" + "1" * 500_000),
    "capital X": block(number="0X1"),
    "number": block(number=1),
    "far time": block(timestamp="0x" + "f" * 64),
    "spaces in a hash": block(hash="0x" + "ab " * 21 + "a"),
    "long hash": block(hash="0x" + "ab" * 33),
    "block null": lambda answers: [one | ({"result": None} if one["id"] == 2 else {}) for one in answers],
    "block text": lambda answers: [one | ({"result": "0x"} if one["id"] == 2 else {}) for one in answers],
    "other code": code("0x00"),
    "long code": code("0x" + "ab" * 400_000),
    "odd code": code("0xabc"),
    "spaces in code": code("0x73 70"),
    "no code": code(None),
    "a key twice": raw('"jsonrpc": "2.0"', '"jsonrpc": "2.0", "jsonrpc": "2.0"'),
    "NaN": raw('"jsonrpc": "2.0"', '"jsonrpc": NaN'),
    "large number": raw('"jsonrpc": "2.0"', '"jsonrpc": 12345678901234567890'),
    "deep": raw('"jsonrpc": "2.0"', '"jsonrpc": ' + "[" * 40 + "]" * 40),
    "not UTF-8": lambda answers: json.dumps(answers).encode() + b'"\xff"',
    "a mark": lambda answers: b"\xef\xbb\xbf" + json.dumps(answers).encode(),
    "too long": lambda answers: json.dumps(answers).encode() + b" " * 1024 * 1024,
    "object": lambda _: {"jsonrpc": "2.0", "id": None, "error": REFUSED},
    "text": lambda _: "no",
}


def answer_to(body: bytes, tamper: Tamper, *, batches: bool = True) -> bytes:
    request = json.loads(body)
    if not isinstance(request, list):
        return json.dumps(cannednode._answer(CASE.chain, request)).encode()
    if not batches:
        return json.dumps({"jsonrpc": "2.0", "id": None, "error": REFUSED}).encode()
    made = tamper([cannednode._answer(CASE.chain, one) for one in request])
    return made if isinstance(made, bytes) else json.dumps(made).encode()


def in_python(respond: Callable[[bytes], Answer]) -> list[Any]:
    with answering(respond) as url:
        reader = Reader([url], TRUST.chain_id, TRUST.contract, TRUST.code_sha256, timeout=5)
        try:
            answer = reader.lookup(ROOT, KEY)
        except (Unreachable, WrongChain) as error:
            return [type(error).__name__]
        finally:
            reader.close()
    facts = answer.facts
    return [
        "ok",
        answer.pending,
        facts.code_sha256.hex(),
        facts.block_number,
        facts.block_time > 2**53,
        facts.anchor_number,
    ]


def in_browser(bench: Page, respond: Callable[[bytes], Answer]) -> list[Any]:
    def answer(route: Route) -> None:
        status, body, _ = respond(route.request.post_data_buffer or b"")
        route.fulfill(status=status, body=body)

    bench.route("**/rpc", answer)
    try:
        found: list[Any] = bench.evaluate(
            "([trust, root, key]) => lookUp({ ...trust, rpc: ['/rpc'] }, root, key)",
            [TRUST.to_json(), ROOT.hex(), KEY.hex()],
        )
    finally:
        bench.unroute("**/rpc")
    return found


@pytest.mark.parametrize("name", TAMPERS)
def test_an_answer_of_a_node_is_taken_as_in_python(bench: Page, name: str) -> None:
    def respond(body: bytes) -> Answer:
        return 200, answer_to(body, TAMPERS[name]), {}

    expected = in_python(respond)
    assert in_browser(bench, respond) == expected
    taken = ("honest", "backwards", "id 1.0", "error null", "64 digits", "far time", "other code", "long code")
    assert (expected[0] == "ok") == (name in (*taken, "object")), expected


@pytest.mark.parametrize("status", [200, 201, 204, 206, 302, 404, 500])
def test_only_status_200_is_an_answer(bench: Page, status: int) -> None:
    def respond(body: bytes) -> Answer:
        return status, b"" if status == 204 else answer_to(body, TAMPERS["honest"]), {}

    assert in_python(respond) == in_browser(bench, respond)
    assert in_python(respond)[0] == ("ok" if status == 200 else "Unreachable")


def test_a_node_that_takes_no_batches_is_asked_one_by_one(bench: Page) -> None:
    def respond(body: bytes) -> Answer:
        return 200, answer_to(body, TAMPERS["honest"], batches=False), {}

    assert in_browser(bench, respond) == in_python(respond)
    assert in_python(respond)[0] == "ok"


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.example/v1/status-lists/2026-1-revocation",
        "https://[-revocation",
        "https://a.example:99999999/x-revocation",
        "https://:@/%zz-revocation",
        "https://a.example/a?b=c/d-revocation",
        "https://a.example/#x-revocation",
        "https://a.example/!'()*;é%2F-revocation",
        "did:example:1-revocation",
        "x:%-revocation",
        "https://a.example/" + "é" * 1900 + "-revocation",
    ],
)
def test_every_list_url_of_the_right_form_is_asked_for_or_unreachable_as_in_python(bench: Page, url: str) -> None:
    assert is_url(url)
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(urlsplit(route.request.url).path)
        route.fulfill(status=404)

    bench.route("**/v1/**", answer)
    assert bench.evaluate("(url) => evidenceOf([''], url)", url) == "Unreachable"
    bench.unroute("**/v1/**")
    with answering(lambda _: (404, b"", {})) as origin:
        with pytest.raises(Unreachable) as caught:
            HttpStatus([origin]).fetch(url, 1)
        assert caught.value.endpoint == origin + asked[0]


def test_an_origin_that_is_no_address_is_unreachable_and_not_an_error(bench: Page) -> None:
    list_url = "https://a.example/x-revocation"
    assert bench.evaluate("(url) => evidenceOf(['https://[', 'nothing:'], url)", list_url) == "Unreachable"
    assert bench.evaluate("(url) => evidenceOf([], url)", list_url) == "Unreachable"
    for url in ("https://[", "", "data:,[]"):
        found = bench.evaluate("([trust, url]) => lookUp({ ...trust, rpc: [url] }, '', '')", [TRUST.to_json(), url])
        assert found == ["Unreachable"]
