"""The closed list of problem types (RFC 9457): code, status, title, what it means and what to do.

`type` in an answer is `/problems/<code>`, which serves the entry. Finer causes are in the answer's `errors[].code`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem. `code` never changes once published; `status` is the HTTP status it comes with."""

    code: str
    status: int
    title: str
    explanation: str
    remedy: str

    @property
    def uri(self) -> str:
        """The `type` member: a reference that resolves on the same server."""
        return f"/problems/{self.code}"


_ALL = (
    ProblemType(
        "bad-request", 400, "The request is malformed",
        "The server could not make sense of the request line, its headers or its query.",
        "Compare the request with /openapi.json.",
    ),
    ProblemType(
        "invalid-json", 400, "The body is not strict JSON",
        "JSON is read strictly, so that every program reads the same values: UTF-8 without byte order mark, no "
        "duplicate keys, no NaN, no integers beyond 2^53-1, no half surrogate pairs, bounded depth.",
        "errors[] says where. Write the body with a standard JSON library.",
    ),
    ProblemType(
        "idempotency-key-missing", 400, "This request needs an Idempotency-Key",
        "Requests that create or revoke carry the header Idempotency-Key, so that a repeat after a lost answer does "
        "nothing twice.",
        "Send a fresh random value, such as a UUID, with each new request and the same value with its repeats.",
    ),
    ProblemType(
        "invalid-cursor", 400, "The cursor is not one of ours",
        "Cursors are opaque and belong to the list that gave them.",
        "Start again without `cursor`, and take next_cursor as it is.",
    ),
    ProblemType(
        "unauthenticated", 401, "An API key is needed",
        "The route is not public and the request has no `Authorization: Bearer` header.",
        "Send the key that `credanchor` or an administrator gave you.",
    ),
    ProblemType(
        "invalid-token", 401, "The API key is not valid",
        "The bearer token is not a key of this registry, or was revoked.",
        "Check that it is complete and belongs to this server; test and live keys differ.",
    ),
    ProblemType(
        "expired-token", 401, "The API key has expired",
        "The key was valid until the time it was made for.",
        "Ask an administrator for a new key.",
    ),
    ProblemType(
        "insufficient-scope", 403, "The API key may not do this",
        "The key is valid and lacks the scope this route needs; `scope` names it.",
        "Use a key with that scope.",
    ),
    ProblemType(
        "other-issuer", 403, "The API key belongs to another issuer",
        "A key that is bound to an issuer can touch only what is that issuer's.",
        "Use a key of the issuer concerned, or one that is not bound.",
    ),
    ProblemType(
        "cross-origin", 403, "The form was sent from another site",
        "What a person does on a page of this registry is accepted from that page alone.",
        "Open the page and use its own buttons.",
    ),
    ProblemType(
        "not-found", 404, "There is no such thing",
        "Nothing has this name, or it belongs to an issuer that your key may not see.",
        "Check the path and the identifier.",
    ),
    ProblemType(
        "method-not-allowed", 405, "The method is not possible here",
        "The path exists and knows other methods; the header Allow lists them.",
        "Use one of them.",
    ),
    ProblemType(
        "not-acceptable", 406, "The answer does not exist in that form",
        "The header Accept excludes every form this route can give.",
        "Accept one of those that `detail` lists.",
    ),
    ProblemType(
        "conflict", 409, "Something else is already there",
        "The name is taken by something that differs.",
        "Choose another name, or look at what exists.",
    ),
    ProblemType(
        "wrong-state", 409, "The present state does not allow this",
        "`state` is what it is now, `needed` what the action needs.",
        "Look at the resource again and act on what it says.",
    ),
    ProblemType(
        "not-final", 409, "Not yet final on the chain",
        "Proofs are given out only when the anchor is final, so that none is ever taken back. `state` says how far.",
        "Ask again later; the header Retry-After gives a time in seconds.",
    ),
    ProblemType(
        "erased", 410, "The credential was erased",
        "Its personal data was removed for good at the issuer's request. Copies that the learner holds still verify.",
        "There is nothing to do here.",
    ),
    ProblemType(
        "link-ended", 410, "The link is not valid any more",
        "It was ended by who made it, or its time is over. It does not say what it opened.",
        "Ask who gave it to you for a new one.",
    ),
    ProblemType(
        "body-timeout", 408, "The body took too long",
        "The body did not arrive completely within the time given for it.",
        "Send it again on a faster line, or in smaller parts.",
    ),
    ProblemType(
        "body-too-large", 413, "The body is too large",
        "Each route has a limit, which `limit` gives in bytes. Nothing was read beyond it and nothing was written.",
        "Split the upload.",
    ),
    ProblemType(
        "unsupported-media-type", 415, "The body's type is not supported here",
        "Content-Type is missing, unknown, or not one this route reads.",
        "Use one of those in the header Accept-Post.",
    ),
    ProblemType(
        "unsupported-encoding", 415, "Compressed bodies are not read",
        "A small compressed body can unpack to a very large one.",
        "Send the body without Content-Encoding.",
    ),
    ProblemType(
        "invalid-request", 422, "The request does not have the form it should",
        "A field or parameter is missing, unknown or of the wrong kind.",
        "errors[] lists each with a JSON Pointer or the parameter's name.",
    ),
    ProblemType(
        "invalid-document", 422, "The document breaks a rule",
        "A credential, achievement or key is readable and not what it must be.",
        "errors[] says what and where.",
    ),
    ProblemType(
        "invalid-rows", 422, "Rows of the upload are wrong",
        "All rows are checked before any is written; nothing was written.",
        "errors[] lists every bad row with column, problem and remedy. Repair them and send the whole file again.",
    ),
    ProblemType(
        "idempotency-key-reused", 422, "The Idempotency-Key was used for another request",
        "A key names one request. This one has another path or body than the first.",
        "Send a fresh key with a new request.",
    ),
    ProblemType(
        "internal", 500, "Something went wrong on the server",
        "An error that was not foreseen. Nothing about it is shown here on purpose.",
        "Tell the operator the request_id; the server's log has it.",
    ),
    ProblemType(
        "secrets-unavailable", 503, "The registry's keys are not available",
        "The master key is missing or does not open the stored keys, so nothing can be signed.",
        "The operator must bring the right master key back; `credanchor doctor` says more.",
    ),
    ProblemType(
        "trust-unavailable", 503, "The server has no trust profile",
        "Which registries to believe is configured on the verifier's side, and here it is not, or not readably.",
        "The operator must repair the trust profile; meanwhile verify with `credanchor verify`.",
    ),
    ProblemType(
        "pdf-unavailable", 503, "The PDF cannot be made here",
        "Packages, fonts or time are missing on this server; `detail` says which. The file itself is not concerned.",
        "Take the credential's file, or make the PDF elsewhere with `credanchor pdf`.",
    ),
    ProblemType(
        "store-unavailable", 503, "The database is not available",
        "The database is busy, away or not migrated. Nothing was changed.",
        "Repeat the request with the same Idempotency-Key.",
    ),
    ProblemType(
        "not-ready", 503, "The service is not ready",
        "`checks` lists what was looked at; one of them failed.",
        "The operator must repair what failed.",
    ),
    ProblemType(
        "store-full", 507, "There is no room left",
        "The disk of the database is full. Nothing was changed.",
        "The operator must make room; then repeat the request with the same Idempotency-Key.",
    ),
)  # fmt: skip

TYPES = {one.code: one for one in _ALL}
