"""What a vector expects, stated by hand: outcome and code of each check."""

from collections.abc import Iterator
from typing import Any

from registry.verify import CHECK_IDS
from tests.support.cases import Case

Expected = dict[str, Any]
Vector = tuple[str, str, Case, Expected]
"""Name, what it is in a sentence, what the verifier is given, what it must answer."""

Vectors = Iterator[Vector]


def expect(verdict: str, rest: str = "pass ok", **outcomes: str) -> Expected:
    """Outcome and code of each check, written "fail too-deep"; `rest` holds for the checks that are not named."""
    checks = {}
    for id in CHECK_IDS:
        outcome, code = outcomes.pop(id, rest).split()
        checks[id] = {"outcome": outcome, "code": f"{id}.{code}"}
    assert not outcomes, outcomes
    return {"verdict": verdict, "checks": checks}


def format_fails(code: str) -> Expected:
    return expect("invalid", "not_run needs-format", format=f"fail {code}")


def signature_fails(code: str) -> Expected:
    """The contents are not those in the leaf, so the proof speaks of something else."""
    return expect(
        "invalid",
        signature=f"fail {code}",
        inclusion="not_run needs-signature",
        anchor="not_run needs-inclusion",
        issuer="not_run needs-signature",
        status="not_run needs-issuer",
    )


def inclusion_fails(code: str) -> Expected:
    """Without the batch's root, what the issuer signed is not known either."""
    return expect(
        "invalid",
        inclusion=f"fail {code}",
        signature="not_run needs-inclusion",
        anchor="not_run needs-inclusion",
        issuer="not_run needs-signature",
        status="not_run needs-issuer",
    )


def issuer_fails(code: str) -> Expected:
    return expect("invalid", issuer=f"fail {code}", status="not_run needs-issuer")


def anchor_is(verdict: str, outcome: str) -> Expected:
    after = "unknown" if outcome.startswith("unknown") else "not_run"
    return expect(verdict, anchor=outcome, issuer=f"{after} needs-anchor", status=f"{after} needs-issuer")


def status_unknown(code: str) -> Expected:
    return expect("unconfirmed", status=f"unknown {code}")
