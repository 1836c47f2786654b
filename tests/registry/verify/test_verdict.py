"""verdict: unknown never becomes valid, unreachable never becomes revoked."""

from functools import cache
from itertools import product

import pytest

from registry.verify import CHECK_IDS, EXIT_CODES, VERDICTS, Check, verdict
from registry.verify.outcome import after

OUTCOMES = ("pass", "fail", "unknown", "not_run")
EVERY = list(product(OUTCOMES, repeat=7))
CODES = {
    ("status", "fail"): ("", "status.suspended"),
    ("validity", "fail"): ("", "validity.not-yet"),
    ("anchor", "not_run"): ("", "anchor.not-final", "anchor.no-anchor-proof"),
}
GENUINE = ("valid", "valid_test", "expired")


@cache
def check(id: str, outcome: str, code: str = "") -> Check:
    return Check(id, outcome, code or f"{id}.some", "A sentence.")  # type: ignore[arg-type]


@pytest.mark.parametrize("test_network", [False, True])
def test_only_seven_passes_are_valid_over_all_combinations(test_network: bool) -> None:
    assert len(EVERY) == 4**7
    good = "valid_test" if test_network else "valid"
    for outcomes in EVERY:
        found = verdict(dict(zip(CHECK_IDS, outcomes, strict=True)), test_network=test_network)
        assert (found == good) is (set(outcomes) == {"pass"}), outcomes
        assert found != ("valid" if test_network else "valid_test")


def test_over_all_combinations_and_codes_each_verdict_keeps_its_promise() -> None:
    seen = set()
    for outcomes in EVERY:
        plain = dict(zip(CHECK_IDS, outcomes, strict=True))
        for codes in product(*(CODES.get((id, plain[id]), ("",)) for id in CHECK_IDS)):
            coded = {id: code for id, code in zip(CHECK_IDS, codes, strict=True) if code}
            found = verdict({id: check(id, plain[id], coded.get(id, "")) for id in CHECK_IDS}, test_network=False)
            seen.add(found)
            if "unknown" in outcomes:
                assert found in ("invalid", "revoked", "suspended", "unconfirmed"), (plain, coded)
            if found in ("revoked", "suspended"):
                assert plain["status"] == "fail", (plain, coded)
            if found == "invalid":
                assert "fail" in outcomes[:5], (plain, coded)
            if found in GENUINE:
                assert set(outcomes[:6]) == {"pass"}, (plain, coded)
            if found == "expired":
                assert plain["validity"] == "fail", (plain, coded)
            if found == "pending":
                assert plain["format"] == "pass", (plain, coded)
                assert "anchor" in coded or "validity" in coded, (plain, coded)
                assert "fail" not in outcomes[:6], (plain, coded)
    assert seen == set(VERDICTS) - {"valid_test"}


def test_a_missing_check_counts_as_unknown() -> None:
    for missing in CHECK_IDS:
        rest = {id: "pass" for id in CHECK_IDS if id != missing}
        assert verdict(rest, test_network=False) == "unconfirmed"
    assert verdict({}, test_network=False) == "unconfirmed"


@pytest.mark.parametrize("word", ["", "PASS", "passed", "true", "ok", None, True])
def test_a_word_that_is_no_outcome_counts_as_unknown(word: str) -> None:
    assert verdict(dict.fromkeys(CHECK_IDS, word), test_network=False) == "unconfirmed"


def test_an_unknown_check_beside_a_failed_one_does_not_soften_it() -> None:
    outcomes: dict[str, Check | str] = dict.fromkeys(CHECK_IDS, "pass")
    assert verdict(outcomes | {"signature": "fail", "status": "unknown"}, test_network=False) == "invalid"
    assert verdict(outcomes | {"status": "fail", "validity": "fail"}, test_network=False) == "revoked"


def test_every_verdict_has_an_exit_code() -> None:
    assert EXIT_CODES == {
        "valid": 0,
        "valid_test": 0,
        "invalid": 1,
        "revoked": 1,
        "suspended": 1,
        "expired": 1,
        "unconfirmed": 2,
        "pending": 2,
    }
    assert set(EXIT_CODES) == set(VERDICTS)


def test_a_check_whose_input_did_not_pass_says_which() -> None:
    lost = after("status", check("issuer", "fail"))
    assert (lost.outcome, lost.code, lost.number) == ("not_run", "status.needs-issuer", 6)
    assert "check 3" in lost.sentence
    assert after("status", check("issuer", "unknown")).outcome == "unknown"
    assert after("status", check("issuer", "not_run")).outcome == "not_run"
