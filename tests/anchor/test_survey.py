"""Endpoints side by side, as `doctor` shows them: each trouble with its endpoint, and what to do about it."""

from dataclasses import replace
from hashlib import sha256

import pytest

from anchor.devnode import serve
from anchor.node import Header, Heads
from anchor.survey import Sight, survey, troubles
from tests.support.worksite import Site

CODE = b"code"
NOW = 1_000_000


def header(number: int, time: int = NOW) -> Header:
    return Header(number, bytes([number % 256]) * 32, time, 10**9)


GOOD = Sight("https://good", Heads(1, CODE, header(1000), header(900)), common=b"c" * 32)


def sight(**changes: object) -> Sight:
    assert GOOD.heads
    return replace(GOOD, endpoint="https://other", heads=replace(GOOD.heads, **changes))  # type: ignore[arg-type]


CASES = {
    "silent": (Sight("https://other", None, "it does not accept connections"), False, "does not accept connections"),
    "another chain": (sight(chain_id=5), True, "serves chain 5, not 1"),
    "late": (sight(latest=header(994)), True, "is 6 blocks behind, at 994"),
    "late in finality": (sight(final=header(835)), True, "has block 835 as final, another one 900"),
    "other code": (sight(code=b""), True, "other code"),
    "ahead of the clock": (sight(latest=header(1000, NOW + 31)), True, "31 s ahead of the clock here"),
    "old": (sight(latest=header(1000, NOW - 121)), True, "121 s old"),
    "another final block": (replace(sight(), common=b"d" * 32), True, "disagree about a final block"),
}


@pytest.mark.parametrize("what", CASES)
def test_each_trouble_is_told_with_its_endpoint_and_a_remedy(what: str) -> None:
    bad, wrong, words = CASES[what]
    [found] = troubles([GOOD, bad], 1, sha256(CODE).digest(), 12, NOW)
    assert found.wrong is wrong
    assert words in found.detail
    assert "https://other" in found.detail
    assert found.remedy


def test_small_differences_are_no_trouble_and_a_chain_at_rest_is_not_old() -> None:
    near = sight(latest=header(995, NOW + 30), final=header(836))
    resting = sight(latest=header(1000, NOW - 10**6))
    assert troubles([GOOD, near], 1, sha256(CODE).digest(), 12, NOW) == []
    assert troubles([GOOD, resting], 1, sha256(CODE).digest(), 0, NOW) == []


def test_endpoints_are_asked_over_http_and_one_that_fails_does_not_hide_the_others(site: Site) -> None:
    with serve(site.node) as one, serve(site.node) as two:
        good, silent, again = survey((one.url, "http://127.0.0.1:9", two.url), site.config.contract, None, 5)
    assert good.heads == again.heads
    assert good.common == again.common is not None
    assert good.heads is not None
    assert sha256(good.heads.code).digest() == site.config.code_sha256
    assert (silent.heads, silent.endpoint) == (None, "http://127.0.0.1:9")
    assert silent.problem
