"""Who is asking and whether they may: bearer keys, scopes, and the issuer a key is bound to.

A route says what it needs: `caller: Annotated[Caller, needs("batches:write")]`. Name it before the body's parameter:
then nobody who is not allowed makes the server read one.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from api.limits import MAX_TOKEN_CHARS
from api.problems import Problem
from api.services import Services, services_of
from registry.errors import NotFound
from registry.store.apikeys import BadToken, Caller, authenticate

REALM = 'Bearer realm="credanchor"'

bearer = HTTPBearer(auto_error=False, bearerFormat="credanchor_(live|test)_<id>_<secret>", description="An API key.")
"""Shows in OpenAPI which routes want a key; the checking is `needs`."""


def needs(*scopes: str, unbound: bool = False) -> Any:
    """A dependency that gives the Caller, who holds at least one of `scopes`; with `unbound`, for no single issuer.

    401 without a valid key, 403 with one that may not.
    """
    return Depends(_checker(scopes, unbound))


def touch(caller: Caller, issuer_id: str) -> None:
    """Raises 403 when the caller's key belongs to another issuer than the one it names."""
    if caller.issuer_id not in (None, issuer_id):
        raise Problem("other-issuer", f"The key is bound to another issuer than {issuer_id!r}.")


def see(caller: Caller, issuer_id: str, kind: str, id: str) -> None:
    """Raises NotFound when a thing belongs to another issuer: that it exists is not told."""
    if caller.issuer_id not in (None, issuer_id):
        raise NotFound(kind, id)


def _checker(scopes: tuple[str, ...], unbound: bool) -> Callable[..., Caller]:
    def check(request: Request, _documented: Annotated[Any, Depends(bearer)]) -> Caller:
        caller = _caller(request, services_of(request))
        if not any(caller.may(scope) for scope in scopes):
            wanted = " or ".join(scopes)
            challenge = f'{REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"'
            raise Problem(
                "insufficient-scope", f"This needs the scope {wanted}.",
                headers={"WWW-Authenticate": challenge}, scope=list(scopes),
            )  # fmt: skip
        if unbound and caller.issuer_id is not None:
            raise Problem("other-issuer", "This needs a key that is not bound to one issuer.")
        return caller

    return check


def _caller(request: Request, services: Services) -> Caller:
    headers = request.headers.getlist("authorization")
    if not headers:
        raise Problem(
            "unauthenticated", "Send an API key in the header Authorization.", headers={"WWW-Authenticate": REALM}
        )
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or len(token) > MAX_TOKEN_CHARS:
        raise _refused("invalid-token", "The header Authorization is not one `Bearer` and a key.")
    try:
        caller = authenticate(services.store, token.strip())
    except BadToken as error:
        if error.reason == "expired":
            raise _refused("expired-token", "The API key has expired.") from None
        raise _refused("invalid-token", f"The API key is {error.reason}.") from None
    request.state.api_key_id = caller.id
    return caller


def _refused(code: str, detail: str) -> Problem:
    challenge = f'{REALM}, error="invalid_token", error_description="{detail}"'.replace("`", "'")
    return Problem(code, detail, headers={"WWW-Authenticate": challenge})
