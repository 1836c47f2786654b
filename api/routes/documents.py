"""Splitting an upload of many JSON documents into one piece per document, each read strictly on its own."""

import json
from typing import Any

from api.bodies import JSONL, Body
from registry.errors import FormatError, RowError, RowErrors
from registry.format import strictjson
from registry.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES


def lines_of(body: Body) -> list[tuple[int, bytes]]:
    """(line number, line) of every line of a JSON Lines body that is not blank."""
    return [(number, line) for number, line in enumerate(body.data.split(b"\n"), 1) if line.strip()]


def documents_of(body: Body) -> list[dict[str, Any]]:
    """The documents of a JSON Lines or JSON array body. Raises RowErrors with all that are not strict JSON objects."""
    found: list[tuple[int, Any]] = []
    errors: list[RowError] = []
    if body.media_type == JSONL:
        for number, line in lines_of(body):
            try:
                found.append((number, strictjson.parse(line, max_bytes=MAX_DOCUMENT_BYTES)))
            except FormatError as error:
                errors.append(RowError(number, None, error.pointer, error.code, error.problem, error.remedy))
    else:
        # One level more than a document by itself: the array around them.
        value = body.json(MAX_DEPTH + 1)
        if not isinstance(value, list):
            raise FormatError("upload.not-a-list", "", "The body is not an array", "Send [{…}, …], or JSON Lines")
        found = list(enumerate(value, 1))
    for number, document in found:
        if not isinstance(document, dict):
            errors.append(RowError(number, None, "", "upload.not-an-object", "This is not a JSON object"))
    if not found and not errors:
        errors.append(RowError(None, None, None, "upload.empty", "The body holds no document", "Send at least one"))
    if errors:
        raise RowErrors(sorted(errors, key=lambda error: error.row or 0))
    return [document for _, document in found]


def compact(value: Any) -> bytes:
    """One line of JSON, with its end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
