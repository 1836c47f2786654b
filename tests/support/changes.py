"""Changes that anybody can make to a file."""

import copy
from typing import Any

from tests.support.judged import Document


def changed(file: Document, pointer: str, value: Any) -> Document:
    """A copy with another value at a place (JSON Pointer)."""
    made = copy.deepcopy(file)
    *path, last = (int(part) if part.isdigit() else part for part in pointer.split("/")[1:])
    place: Any = made
    for part in path:
        place = place[part]
    place[last] = value
    assert made != file
    return made
