"""The W3C's VC-API, as its interoperability suites call it. Off unless the operator names a test issuer.

Whoever can reach these routes gets a signature by that issuer on anything. They follow the suites where the suites and
the draft differ: what does not verify is 422. Verdicts of this product are those of POST /v1/verify.
"""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from api.bodies import JSON, Body, body
from api.problems import Problem
from api.routes.common import Svc
from api.services import Services
from registry.credential import dids, es256
from registry.credential.interop import service
from registry.credential.interop.status import evaluate
from registry.credential.vcjwt import MEDIA_TYPE
from registry.errors import FormatError, StateError
from registry.format.anchorproof import rfc3339
from registry.format.multibase import decode_multikey
from registry.limits import MAX_DOCUMENT_BYTES
from registry.store import credentials, jwtkeys, keys, signers, statusactions
from registry.store.status import bits_at
from registry.store.statusactions import Change
from registry.store.tables import IssuerKey, JwtKey


def _only_on_tests(services: Svc) -> None:
    """Settings alone cannot tell before there is a chain. Raises StateError."""
    if not services.test_network:
        raise StateError("The registry", "one whose credentials have standing", "a test: anybody may sign here")


router = APIRouter(include_in_schema=False, dependencies=[Depends(_only_on_tests)])

MAX_OPTIONS = 32
"""Members of `options`; the suites send five."""

_EMBEDDED = "application/vc"
"""With an embedded proof, which is the default."""

_PROBLEM_TYPE = "https://www.w3.org/TR/vc-data-model#"
_STATUS_PROBLEM_TYPE = "https://www.w3.org/ns/credentials/status-list#"
_TYPES = {
    "vc": "MALFORMED_VALUE_ERROR",
    "proof": "CRYPTOGRAPHIC_SECURITY_ERROR",
    "jwt": "CRYPTOGRAPHIC_SECURITY_ERROR",
    "rdf": "PARSING_ERROR",
}
_STATUS_TYPES = {
    "status.not-looked-at": "STATUS_RETRIEVAL_ERROR",
    "status.list": "STATUS_VERIFICATION_ERROR",
    "status.range": "RANGE_ERROR",
    "status.entry": "MALFORMED_VALUE_ERROR",
}
_P256 = "zDn"
"""How every P-256 multikey begins."""

_ACTIONS = {("revocation", True): "revoke", ("suspension", True): "suspend", ("suspension", False): "reinstate"}

Sent = Annotated[Body, body(MAX_DOCUMENT_BYTES, JSON)]


@router.post("/credentials/issue")
def issue(services: Svc, received: Sent) -> Response:
    credential, options = _parts(received, "credential")
    wanted = _text(options, "mediaType") or _EMBEDDED
    if wanted not in (_EMBEDDED, MEDIA_TYPE):
        raise Problem("bad-request", f"The option mediaType is neither {_EMBEDDED} nor {MEDIA_TYPE}.")
    with services.store.read() as session:
        row = signers.active_key(session, services.settings.vc_api_issuer)
    key = signers.open_key(services.vault, row)
    if wanted == MEDIA_TYPE:
        made = _attempt(lambda: service.envelop(credential, key, row.verification_method))
        return JSONResponse({"verifiableCredential": made}, 201)
    created = rfc3339(int(services.now().timestamp()))
    made = _attempt(lambda: service.issue(credential, key, row.verification_method, created))
    return JSONResponse({"verifiableCredential": made}, 201)


@router.post("/credentials/verify")
def verify(services: Svc, received: Sent) -> Response:
    credential, options = _parts(received, "verifiableCredential")
    demands = _demands(options)
    resolve, now = _resolver(services), services.now()
    found = _attempt(lambda: service.verify_credential(credential, resolve, now, **demands))
    answer, problems = _looked_at(services, found)
    return JSONResponse({"verified": True, **answer, "problemDetails": problems})


@router.post("/presentations/verify")
def verify_presentation(services: Svc, received: Sent) -> Response:
    presentation, options = _parts(received, "verifiablePresentation")
    resolve, now = _resolver(services), services.now()
    demands = _demands(options)
    found = _attempt(lambda: service.verify_presentation(presentation, resolve, now, **demands))
    looked_at = [_looked_at(services, one) for one in found]
    results = [{"verified": True, **answer, "problemDetails": said} for answer, said in looked_at]
    problems = [problem for _, said in looked_at for problem in said]
    answer = {"presentation": presentation, "credentialResults": results, "problemDetails": problems}
    return JSONResponse({"verified": True, **answer})


@router.post("/credentials/status")
def change_status(services: Svc, received: Sent) -> Response:
    """Revoke, suspend or reinstate one of this issuer's credentials; revoked is for ever."""
    request = received.json()
    entry = request.get("credentialStatus") if isinstance(request, dict) else None
    if not isinstance(entry, dict) or not isinstance(request.get("credentialId"), str):
        raise Problem("bad-request", "The body needs credentialId and credentialStatus.")
    action: Any = _ACTIONS.get((str(entry.get("statusPurpose")), request.get("status", True) is True))
    if action is None:
        raise Problem("bad-request", "Only revocation can be set, and suspension set or lifted.")
    handle = credentials.handle_of(services.store, services.settings.vc_api_issuer, request["credentialId"])
    statusactions.change_status(services.store, services.vault, [Change(handle, action, "vc-api")], "vc-api")
    return JSONResponse({})


def _parts(received: Body, name: str) -> tuple[Any, dict[str, Any]]:
    """What is asked about, and the options."""
    request = received.json()
    if not isinstance(request, dict) or not isinstance(request.get(name), dict):
        raise Problem("bad-request", f"The body is not an object with a member {name}.")
    options = request.get("options") or {}
    if not isinstance(options, dict) or len(options) > MAX_OPTIONS:
        raise Problem("bad-request", "The options are not an object, or too many.")
    return request[name], options


def _demands(options: dict[str, Any]) -> dict[str, str | None]:
    """What the caller asks of every proof."""
    asked = {name: _text(options, name) for name in ("domain", "challenge")}
    return asked | {"purpose": _text(options, "expectedProofPurpose")}


def _text(options: dict[str, Any], name: str) -> str | None:
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise Problem("bad-request", f"The option {name} is not text.")
    return value


def _looked_at(services: Services, found: service.Verified) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """A credential with what our own status lists say of it, and what there is to remark on times and status."""
    statuses = _attempt(lambda: evaluate(found.credential, lambda url, index: bits_at(services.store, url, index)))
    said = [_problem_detail("vc.time", warning) for warning in found.warnings]
    said += [_problem_detail(remark.code, remark.sentence) for remark in statuses.remarks]
    return {"credential": found.credential, "results": {"credentialStatus": statuses.results}}, said


def _resolver(services: Services) -> Callable[[str], bytes]:
    """Knows did:key, and the keys of this registry's issuers; nothing is fetched."""

    def resolve(method: str) -> bytes:
        did, _, fragment = method.partition("#")
        if did.startswith(dids.KEY) and fragment in ("", did.removeprefix(dids.KEY)):
            text = did.removeprefix(dids.KEY)
            return es256.decode_multikey(text) if text.startswith(_P256) else decode_multikey(text)
        known: IssuerKey | JwtKey | None = keys.by_verification_method(services.store, method)
        known = known or jwtkeys.by_verification_method(services.store, method)
        if known is None:
            raise FormatError("proof.key", "/verificationMethod", "The key is not known here, and nothing is fetched")
        if signers.ended(known) if isinstance(known, IssuerKey) else known.revoked_at:
            problem = "The key has been revoked, or is in other hands: when it signed this, is not known here"
            raise FormatError("proof.key", "/verificationMethod", problem, "Verify the anchored file")
        return known.multikey if isinstance(known, IssuerKey) else es256.multikey_of(json.loads(known.jwk))

    return resolve


def _attempt(work: Callable[[], Any]) -> Any:
    """Do it; what is wrong with the document is 422, with problem types of the data model."""
    try:
        return work()
    except FormatError as error:
        detail = _problem_detail(error.code, str(error))
        raise Problem("invalid-document", str(error), verified=False, problemDetails=[detail]) from None


def _problem_detail(code: str, sentence: str) -> dict[str, str]:
    if code.startswith("status."):
        kind = _STATUS_TYPES.get(code, "")
        # That a credential is revoked is no error of either standard: a type of its own would be ours alone.
        type_ = _STATUS_PROBLEM_TYPE + kind if kind else "about:blank"
        title = (kind or code.partition(".")[2]).replace("_", " ").capitalize()
        return {"type": type_, "code": code, "title": title, "detail": sentence}
    kind = _TYPES.get(code.partition(".")[0], "MALFORMED_VALUE_ERROR")
    return {
        "type": _PROBLEM_TYPE + kind,
        "code": code,
        "title": kind.replace("_", " ").capitalize(),
        "detail": sentence,
    }
