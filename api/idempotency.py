"""POST requests done once: the answer is committed together with the work, and repeated to who asks again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from starlette.responses import Response

from api.auth import needs
from api.limits import MAX_IDEMPOTENCY_KEY_CHARS
from api.problems import Problem
from api.services import Services, services_of
from registry.store.apikeys import Caller
from registry.store.idempotency import IdempotencyReused, Remembered, recall, remember
from registry.store.tables import Idempotency

REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True)
class Post:
    """A POST that does something: who asks, under which idempotency key, and the services to do it with."""

    services: Services
    caller: Caller
    key: str

    def once(
        self,
        sha256: bytes,
        work: Callable[[], Any],
        *,
        status: int = 201,
        location: Callable[[Any], str] | None = None,
        forget: frozenset[str] = frozenset(),
    ) -> Response:
        """Do `work`, whose result is the JSON answer, or repeat the answer it had for the request with this `sha256`.

        All in one transaction: an answer is remembered if and only if the work was committed. Members named in
        `forget` are given only the first time and never stored. 422 when the key belongs to another request.
        """
        try:
            with self.services.store.begin() as session:
                seen = recall(session, self.caller.id, self.key, sha256)
                if seen is None:
                    answer = work()
                    kept = {name: value for name, value in answer.items() if name not in forget}
                    stored = {"location": location(answer) if location else None, "body": kept}
                    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
                    now = self.services.store.now()
                    remember(session, self.caller.id, self.key, sha256, status, text, now=now)
        except IdempotencyReused:
            detail = "This Idempotency-Key belongs to a request with another body or path."
            raise Problem("idempotency-key-reused", detail) from None
        return _replay(seen) if seen else _response(status, {**stored, "body": answer})

    def seen(self, sha256: bytes) -> Response | None:
        """The answer that this request had, if it was done before.

        For routes that check an upload at length before `once`: what was in order then may not be in order now.
        """
        with self.services.store.read() as session:
            row = session.get(Idempotency, (self.caller.id, self.key))
        if row is None or row.request_sha256 != sha256:
            return None
        return _replay(Remembered(row.status, row.response))


def posting(*scopes: str, unbound: bool = False) -> Any:
    """A dependency that gives the Post, of a caller as `api.auth.needs` demands; 400 without Idempotency-Key."""

    def post(
        request: Request,
        caller: Annotated[Caller, needs(*scopes, unbound=unbound)],
        idempotency_key: Annotated[str | None, Header(description="A fresh UUID for each new request.")] = None,
    ) -> Post:
        return Post(services_of(request), caller, _checked(idempotency_key or ""))

    return Depends(post)


def _checked(key: str) -> str:
    if not key:
        raise Problem("idempotency-key-missing", "Send the header Idempotency-Key with a fresh random value.")
    if len(key) > MAX_IDEMPOTENCY_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise Problem("bad-request", f"Idempotency-Key has 1 to {MAX_IDEMPOTENCY_KEY_CHARS} visible ASCII characters.")
    return key


def _replay(seen: Remembered) -> Response:
    if not seen.response:  # emptied by an erasure
        raise Problem("erased", "What this request answered the first time was erased since.")
    response = _response(seen.status, json.loads(seen.response))
    response.headers[REPLAYED] = "true"
    return response


def _response(status: int, answer: dict[str, Any]) -> Response:
    data = json.dumps(answer["body"], ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Cache-Control": "no-store"}
    if answer["location"]:
        headers["Location"] = answer["location"]
    return Response(data, status, headers, "application/json")
