"""Checking a credential that comes as a JWT: the token by itself, and the credential in it like any file.

A token says that a key of the issuer signed these contents; it does not say when, nor what became of them since. If the
credential in it carries its anchor proof, the seven checks say that, and the verdict is theirs. Without one the verdict
is `unconfirmed`, whatever the token's signature is worth: the JSON file is the one to verify.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.credential import vcjwt
from registry.credential.baking import image_kind, unbake
from registry.errors import FormatError
from registry.format import anchorproof, strictjson
from registry.verify.document import shown
from registry.verify.outcome import Check
from registry.verify.report import Report
from registry.verify.verdict import EXIT_CODES, Verdict

REPORT_FORMAT = "credanchor-jwt-report/1"
FORM, SIGNATURE = "jwt", "jwt_signature"

_TOKEN = re.compile(rb"\s*e[A-Za-z0-9_-]+=*\.")  # an object in base64 begins with e


@dataclass(frozen=True)
class TokenReport:
    """What was found: the two checks of the token, and the report on the credential in it, if there is one."""

    verdict: Verdict
    sentence: str
    checks: tuple[Check, ...]
    report: Report | None

    @property
    def exit_code(self) -> int:
        """0 valid, 1 not valid, 2 not known."""
        return EXIT_CODES[self.verdict]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": REPORT_FORMAT,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "exit_code": self.exit_code,
            "checks": [check.to_json() for check in self.checks],
            "report": self.report.to_json() if self.report else None,
        }


def is_token(data: bytes) -> bool:
    """Whether a file is meant to be a JWT, or is a picture with one baked into it."""
    return token_in(data) is not None


def token_in(data: bytes) -> bytes | None:
    """The JWT that a file is meant to be (no JSON, PNG or SVG begins like one), or that a picture holds.

    None for everything else, also for a picture that cannot be read: check 1, format, says why.
    """
    if _TOKEN.match(data):
        return data
    if image_kind(data) is None:
        return None
    try:
        found = unbake(data)
    except FormatError:
        return None
    return found.data if found.is_jws else None


def verify_token(
    data: bytes, *, document_of: Callable[[str], Mapping[str, Any] | None], check: Callable[[bytes], Report]
) -> TokenReport:
    """Check a token, or the one in a picture.

    `document_of` gives an issuer's DID document, as the verifier has it; `check` verifies a file. Bad input is an
    outcome, not an exception.
    """
    try:
        token = vcjwt.read((token_in(data) or data).decode("ascii", "replace").strip())
    except FormatError as error:
        form = Check(FORM, "fail", error.code, f"{error}")
        return TokenReport("invalid", f"This is a JWT, and not a good one: {form.sentence}", (form,), None)
    form = Check(FORM, "pass", "jwt.ok", "The claims of the token say what its credential says.")
    signature = _signature(token, document_of(token.issuer))
    report = check(strictjson.canonical(token.credential))
    anchored = anchorproof.detach(token.credential)[1] is not None if report.credential is not None else False
    verdict, sentence = _decide(signature, report, anchored=anchored)
    return TokenReport(verdict, f"This is a JWT: {sentence}", (form, signature), report)


def _signature(token: vcjwt.Token, document: Mapping[str, Any] | None) -> Check:
    detail = {"kid": token.kid}
    if document is None:
        sentence = f"The signature was not checked: there is no DID document of {shown(token.issuer)}."
        step = "Get it from the issuer and name it with --did-document"
        return Check(SIGNATURE, "not_run", "jwt.no-did-document", sentence, step, detail)
    try:
        vcjwt.check_signature(token, document)
    except FormatError as error:
        return Check(SIGNATURE, "fail", error.code, f"{error}", "Do not rely on it. Ask the issuer", detail)
    sentence = f"Signed with {shown(token.kid)}, a key that the issuer's DID document names."
    return Check(SIGNATURE, "pass", "jwt.signature-ok", sentence, "", detail)


def _decide(signature: Check, report: Report, *, anchored: bool) -> tuple[Verdict, str]:
    if signature.outcome == "fail":
        return "invalid", f"its signature is not good: {signature.sentence}"
    said = "signature and claims are good" if signature.outcome == "pass" else "its signature was not checked"
    if anchored or report.exit_code == EXIT_CODES["invalid"]:
        return report.verdict, f"{said}; the credential in it: {report.sentence}"
    needs = "the JSON file with its anchor proof, which this token does not carry"
    return "unconfirmed", f"{said}. When it was issued and whether it was revoked, only {needs}, can tell."
