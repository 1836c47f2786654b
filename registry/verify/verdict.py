"""The one function that turns seven checks into a verdict. Everything else only shows it.

`unknown` never becomes valid, and what did not answer never becomes revoked: FORMAT.md, "The verdict".
"""

from collections.abc import Mapping
from typing import Literal, get_args

from registry.verify.checks import NO_ANCHOR_PROOF, NOT_FINAL
from registry.verify.outcome import CHECK_IDS, Check

Verdict = Literal["valid", "valid_test", "pending", "expired", "revoked", "suspended", "invalid", "unconfirmed"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

EXIT_CODES: Mapping[Verdict, int] = {
    "valid": 0,
    "valid_test": 0,
    "invalid": 1,
    "revoked": 1,
    "suspended": 1,
    "expired": 1,
    "unconfirmed": 2,
    "pending": 2,
}

_PENDING_CODES = {f"anchor.{NO_ANCHOR_PROOF}", f"anchor.{NOT_FINAL}"}
_AUTHENTIC = ("format", "signature", "issuer", "inclusion", "anchor")


def verdict(checks: Mapping[str, Check | str], *, test_network: bool) -> Verdict:
    """The first rule that applies, from checks or bare outcomes by check id; a missing one counts as unknown.

    `test_network` is what the trust profile says about the registry; it can only turn `valid` into `valid_test`.
    """
    outcomes = {id: _outcome(checks.get(id, "unknown")) for id in CHECK_IDS}
    codes = {id: check.code for id, check in checks.items() if isinstance(check, Check)}
    if any(outcomes[id] == "fail" for id in _AUTHENTIC):
        return "invalid"
    if outcomes["status"] == "fail":
        return "suspended" if codes.get("status") == "status.suspended" else "revoked"
    if "unknown" in outcomes.values():
        return "unconfirmed"
    if outcomes["format"] == "pass" and outcomes["anchor"] == "not_run" and codes.get("anchor") in _PENDING_CODES:
        return "pending"
    if any(outcomes[id] != "pass" for id in CHECK_IDS if id != "validity"):
        return "unconfirmed"
    if outcomes["validity"] == "fail":
        return "pending" if codes.get("validity") == "validity.not-yet" else "expired"
    if outcomes["validity"] != "pass":
        return "unconfirmed"
    return "valid_test" if test_network else "valid"


def _outcome(check: Check | str) -> str:
    outcome = check.outcome if isinstance(check, Check) else check
    return outcome if outcome in ("pass", "fail", "not_run") else "unknown"
