"""Checking credentials for who asks: the seven checks of the command line, against this server's trust profile.

Public and stateless: nothing of what is sent is stored or logged. Who wants to trust nobody runs `credanchor verify`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from api.bodies import JSON, JSONL, Body, Parsed, body, fields
from api.limits import MAX_VERIFY_BODY, MAX_VERIFY_LINES
from api.openapi import BODIED, content, json_body, route
from api.problems import Problem
from api.routes.common import Svc
from api.routes.documents import compact, lines_of
from api.schemas.requests import StackFiles
from registry.credential import dids, vcjwt
from registry.credential.baking import MEDIA_TYPES
from registry.format import strictjson
from registry.limits import MAX_DEPTH
from registry.store import identity, issuers
from registry.verify import token
from registry.verify.components import MAX_LINES, Given
from registry.verify.report import Report
from registry.verify.verify import verify

router = APIRouter(prefix="/v1")

VC, VC_LD, JWT = "application/vc", "application/vc+ld+json", vcjwt.MEDIA_TYPE
IMAGES = tuple(MEDIA_TYPES.values())

_ONE = {"schema": {"type": "object", "description": "A credential file."}}
_PICTURE = {"schema": {"type": "string", "format": "binary", "description": "A picture with a credential baked in."}}
_BODY = {JSON: _ONE, VC: _ONE, VC_LD: _ONE, JSONL: {"schema": {"type": "string", "description": "A file per line."}}}
_BODY |= {JWT: {"schema": {"type": "string", "description": "A credential as a JWT, in compact form."}}}
_BODY |= dict.fromkeys(IMAGES, _PICTURE)
_REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["format", "verdict", "sentence", "exit_code", "checks"],
    "properties": {
        "verdict": {
            "enum": ["valid", "valid_test", "pending", "expired", "revoked", "suspended", "invalid", "unconfirmed"]
        },
        "sentence": {"type": "string"},
        "exit_code": {"enum": [0, 1, 2]},
        "checks": {"type": "array", "minItems": 7, "maxItems": 7},
        "components": {"type": ["array", "null"], "maxItems": MAX_LINES + 1},
        "endorsements": {"type": ["array", "null"], "maxItems": 51},
    },
}
_TOKEN = {
    "type": "object",
    "description": "On a JWT: two checks of its own, and the report on the credential in it.",
    "required": ["format", "verdict", "sentence", "exit_code", "checks", "report"],
    "properties": {
        "format": {"const": token.REPORT_FORMAT},
        "verdict": _REPORT["properties"]["verdict"],
        "sentence": {"type": "string"},
        "exit_code": {"enum": [0, 1, 2]},
        "checks": {"type": "array", "minItems": 1, "maxItems": 2},
        "report": {"type": ["object", "null"]},
    },
}
_EITHER = {"anyOf": [_REPORT, _TOKEN]}
_Stack = Annotated[Parsed[StackFiles], fields(StackFiles, limit=MAX_VERIFY_BODY, max_depth=MAX_DEPTH + 2)]
"""Two levels deeper than a credential: each lies inside the request."""


@router.post(
    "/verify",
    **route(
        "verify", "Check one credential, or many as JSON Lines; bad input is a verdict, not an error",
        BODIED, "trust-unavailable", body=_BODY,
        ok={200: content(JSON, "The report; for JSON Lines one per line, in order.", _EITHER)},
    ),
)  # fmt: skip
def post(services: Svc, received: Annotated[Body, body(MAX_VERIFY_BODY, *_BODY)]) -> Response:
    trust, status = services.trust, services.status
    chains, now = services.chains(), services.now()

    def check(data: bytes) -> Report:
        # A byte order mark, a wrong encoding, a file that is too large: all that is for the check `format` to say.
        return verify(data, trust=trust, chain=chains, status=status, now=now)

    def document_of(did: str) -> dict[str, Any] | None:
        # Of our own issuers only: nothing is fetched.
        issuer = issuers.find_by_did(services.store, did) if did.startswith(dids.WEB) else None
        return identity.did_document(services.store, issuer) if issuer is not None else None

    headers = {"Cache-Control": "no-store"}
    if received.media_type != JSONL:
        found: Report | token.TokenReport
        if token.is_token(received.data):
            found = token.verify_token(received.data, document_of=document_of, check=check)
        else:
            found = check(received.data)
        return Response(compact(found.to_json()), 200, headers, JSON)
    lines = [line for _, line in lines_of(received)]
    if len(lines) > MAX_VERIFY_LINES:
        raise Problem(
            "body-too-large", f"{len(lines)} lines; at most {MAX_VERIFY_LINES} are checked in one request.",
            limit=MAX_VERIFY_LINES,
        )  # fmt: skip

    def reports() -> Iterator[bytes]:
        for line in lines:
            yield compact(check(line).to_json())

    return StreamingResponse(reports(), 200, headers, JSONL)


@router.post(
    "/verify/stack",
    **route(
        "verifyStack", "Check one credential together with the components that it commits to, whole files as JSON",
        BODIED, "trust-unavailable", body=json_body(StackFiles, {"credential": {}, "components": [{}]}),
        ok={200: content(JSON, "The report on the credential; `components` has a line for each.", _REPORT)},
    ),
)  # fmt: skip
def post_stack(services: Svc, wanted: _Stack) -> Response:
    files = wanted.fields
    given = [
        Given.read(f"components[{index}]", strictjson.canonical(each)) for index, each in enumerate(files.components)
    ]
    report = verify(
        strictjson.canonical(files.credential),
        trust=services.trust, chain=services.chains(), status=services.status, now=services.now(), components=given,
    )  # fmt: skip
    return Response(compact(report.to_json()), 200, {"Cache-Control": "no-store"}, JSON)
