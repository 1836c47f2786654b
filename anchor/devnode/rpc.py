"""JSON-RPC 2.0: from request bytes to answer bytes, with every error in its place.

The full door takes every method. The read-only door takes those that change nothing and show the public chain only: it
is meant for web pages of other origins.
"""

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anchor.devnode import errors, limits
from anchor.devnode.errors import Fault
from registry.format.nesting import deeper_than

Handler = Callable[..., Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Method:
    """A handler and the door it may be reached through. Its parameters are the JSON ones, defaults and all."""

    run: Handler
    least: int
    most: int
    public: bool


def method(run: Handler, *, public: bool = False) -> Method:
    """Describe a handler by its own signature."""
    parameters = inspect.signature(run).parameters.values()
    least = sum(1 for p in parameters if p.default is p.empty)
    return Method(run, least, len(parameters), public)


class Dispatcher:
    """Answers requests by a table of methods. Safe to call from many threads if the handlers are."""

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self._methods = dict(methods)

    def answer(self, body: bytes, *, read_only: bool = False) -> bytes | None:
        """The answer to one request or batch; None when nothing is to be answered (notifications). Never raises."""
        if deeper_than(body, limits.MAX_NESTING):
            message = f"invalid JSON: more than {limits.MAX_NESTING} arrays and objects inside each other"
            return _encode(_failure(None, Fault(errors.PARSE_ERROR, message)))
        try:
            request = json.loads(body.decode(), parse_constant=_no_constants)
        except ValueError:
            return _encode(_failure(None, Fault(errors.PARSE_ERROR, "invalid JSON")))
        if not isinstance(request, list):
            answered = self._one(request, read_only)
            return None if answered is None else answered
        if not request:
            return _encode(_failure(None, Fault(errors.INVALID_REQUEST, "empty batch")))
        if len(request) > limits.MAX_BATCH:
            message = f"batch too large: {len(request)} requests, the limit is {limits.MAX_BATCH}"
            return _encode(_failure(None, Fault(errors.INVALID_REQUEST, message)))
        return self._batch(request, read_only)

    def _batch(self, requests: list[Any], read_only: bool) -> bytes | None:
        answers: list[bytes] = []
        size = 0
        for request in requests:
            if size > limits.MAX_ANSWER_BYTES:
                answers.append(_encode(_failure(_id(request), _too_large())))
            elif (answered := self._one(request, read_only)) is not None:
                size += len(answered)
                answers.append(answered)
        return b"[" + b",".join(answers) + b"]" if answers else None

    def _one(self, request: Any, read_only: bool) -> bytes | None:
        try:
            name, params = _read(request)
        except Fault as fault:
            return _encode(_failure(_id(request), fault))
        try:
            result = self.run(name, params, read_only=read_only)
            answered = _encode({"jsonrpc": "2.0", "id": request.get("id"), "result": result})
            if len(answered) > limits.MAX_ANSWER_BYTES:
                raise _too_large()
        except Fault as fault:
            answered = _encode(_failure(request.get("id"), fault))
        return answered if "id" in request else None

    def run(self, name: str, params: list[Any], *, read_only: bool = False) -> Any:
        """Call one method. Raises Fault; a defect of this program is one too, and is logged."""
        found = self._methods.get(name)
        if found is None:
            raise Fault(errors.METHOD_NOT_FOUND, f"the method {name} does not exist/is not available")
        if read_only and not found.public:
            raise Fault(errors.METHOD_NOT_FOUND, f"the method {name} is not available at the read-only door")
        if len(params) < found.least:
            raise errors.invalid(f"missing value for required argument {len(params)}")
        if len(params) > found.most:
            raise errors.invalid(f"too many arguments, want at most {found.most}")
        try:
            return found.run(*params)
        except Fault:
            raise
        except Exception as defect:
            _log.exception("%s failed", name)
            raise Fault(errors.INTERNAL_ERROR, f"internal error: {type(defect).__name__}: {defect}") from defect


def _read(request: Any) -> tuple[str, list[Any]]:
    """Method and parameters of a well-formed request."""
    if not isinstance(request, dict):
        raise Fault(errors.INVALID_REQUEST, "a request is an object")
    if request.get("jsonrpc") != "2.0":
        raise Fault(errors.INVALID_REQUEST, 'the member jsonrpc must be "2.0"')
    name = request.get("method")
    if not isinstance(name, str):
        raise Fault(errors.INVALID_REQUEST, "the member method must be a string")
    if not _is_id(request.get("id")):
        raise Fault(errors.INVALID_REQUEST, "the member id must be a string, a number or null")
    params = request.get("params", [])
    if params is None:
        params = []
    if not isinstance(params, list):
        raise errors.invalid("non-array args: parameters are given by position")
    while params and params[-1] is None:
        params = params[:-1]  # null is "not given", as geth reads it
    return name, params


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool))


def _id(request: Any) -> Any:
    """The id to answer an unusable request with."""
    found = request.get("id") if isinstance(request, dict) else None
    return found if _is_id(found) else None


def _failure(identity: Any, fault: Fault) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "error": fault.to_json()}


def _too_large() -> Fault:
    return Fault(errors.RESPONSE_TOO_LARGE, f"response too large: the limit is {limits.MAX_ANSWER_BYTES} bytes")


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
