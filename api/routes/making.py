"""Credentials that are made here one by one, into a batch without achievement: endorsements, and stacks of others."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Response

from api.bodies import Parsed, fields
from api.idempotency import Post, posting
from api.limits import MAX_SIGNED_BODY
from api.openapi import ONCE, json_body, route
from api.routes.batches import owned, upload
from api.routes.common import Id
from api.schemas import answers
from api.schemas.requests import NewEndorsement, NewStack
from api.services import Services
from registry.credential import clr
from registry.credential.endorsement import Endorsement
from registry.credential.stack import Component
from registry.errors import RowError, RowErrors
from registry.format.strictjson import canonical
from registry.limits import MAX_DEPTH
from registry.store import endorsing, stacking
from registry.verify.verify import verify

router = APIRouter(prefix="/v1/batches")
Writer = Annotated[Post, posting("batches:write")]

ENDORSEMENT = {"subject": "https://university.example/achievements/data-ethics", "comment": "Accredited, AV-4223."}
STACK = {
    "achievement": "example-university.data-certificate.1",
    "learner": {"email": "ada@learner.example", "awarded_on": "2026-11-20"},
    "components": [{"type": ["VerifiableCredential", "OpenBadgeCredential"]}],
}
# As many bytes as for credentials signed elsewhere: 32 components of half a MiB. Two levels deeper: they lie inside.
_Stack = Annotated[Parsed[NewStack], fields(NewStack, limit=MAX_SIGNED_BODY, max_depth=MAX_DEPTH + 2)]


@router.post(
    "/{batch}/endorsements",
    status_code=201,
    response_model=answers.Added,
    **route(
        "addEndorsement", "Add an endorsement by the batch's issuer, into a batch without achievement",
        ONCE, "not-found", "wrong-state", "invalid-rows", "secrets-unavailable", scopes=["batches:write"],
        body=json_body(NewEndorsement, ENDORSEMENT),
    ),
)  # fmt: skip
def add_endorsement(
    post: Writer, wanted: Annotated[Parsed[NewEndorsement], fields(NewEndorsement)], batch: Id
) -> Response:
    services, new = post.services, wanted.fields
    owned(services, post.caller, batch)
    given = [Endorsement(new.subject, new.comment, new.name, new.valid_until)]
    add = partial(endorsing.add_endorsements, services.store, services.vault, batch, given)
    return upload(post, wanted.sha256, batch, add)


@router.post(
    "/{batch}/stacks",
    status_code=201,
    response_model=answers.Added,
    **route(
        "addStack",
        "Award a larger credential for a learner's smaller ones, verified, by the rule of its definition",
        ONCE, "not-found", "wrong-state", "invalid-rows", "invalid-document",
        "secrets-unavailable", "trust-unavailable", scopes=["batches:write"], body=json_body(NewStack, STACK),
    ),
)  # fmt: skip
def add_stack(post: Writer, wanted: _Stack, batch: Id) -> Response:
    services, new = post.services, wanted.fields
    owned(services, post.caller, batch)
    if answered := post.seen(wanted.sha256):
        return answered
    if new.form == "clr":  # said at once, not after all was verified
        clr.require_context()
        clr.require_room(new.components)
    # Verified before the transaction: that asks a chain, and nobody should wait for it.
    components = _verified(services, new.components)
    add = partial(
        stacking.add_stack, services.store, services.vault, batch, new.achievement, components,
        learner=new.learner, form=new.form,
    )  # fmt: skip
    return upload(post, wanted.sha256, batch, add)


def _verified(services: Services, given: Sequence[dict[str, Any]]) -> list[Component]:
    """The components, each genuine and in force by the same checks as of any verifier. Raises RowErrors.

    What has no standing, because it was anchored on a test network, counts only where this registry is a test itself.
    """
    trust, status, chains, now = services.trust, services.status, services.chains(), services.now()
    good = {"valid", "valid_test"} if services.test_network else {"valid"}
    found, errors = [], []
    for row, value in enumerate(given, 1):
        report = verify(canonical(value), trust=trust, chain=chains, status=status, now=now)
        if report.verdict in good:
            found.append(Component.of(value))
            continue
        problem = f"This component is {report.verdict.replace('_', ', a ')}"
        if report.verdict != "valid_test":
            problem += f": {report.sentence.rstrip('.')}"
        code, remedy = "stack.component", "Only what is valid counts: leave it out"
        if report.exit_code == 2:
            code, remedy = "stack.unconfirmed", f"{remedy}, or try again later"
        errors.append(RowError(row, None, f"/components/{row - 1}", code, problem, remedy))
    if errors:
        raise RowErrors(errors)
    return found
