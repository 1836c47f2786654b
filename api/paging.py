"""Lists in pages: opaque cursors that name the last item seen, so that new items never shift a page."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response

from api.limits import MAX_CURSOR_CHARS, MAX_PAGE_SIZE, PAGE_SIZE
from api.problems import Problem
from registry.format.nesting import loads
from registry.limits import MAX_INTEGER
from registry.store.paging import Position

_T = TypeVar("_T")


@dataclass(frozen=True)
class Page:
    """What the client asked for: `limit` items after `after`."""

    limit: int
    after: Position | None
    path: str
    query: tuple[tuple[str, str], ...]

    def answer(
        self,
        response: Response,
        found: Sequence[_T],
        show: Callable[[_T], dict[str, Any]],
        position: Callable[[_T], Position],
    ) -> dict[str, Any]:
        """`{items, next_cursor}`, and a Link header. `found` was asked for with `limit + 1`, to know if more follow."""
        items = found[: self.limit]
        cursor = encode(position(items[-1])) if len(found) > self.limit else None
        if cursor:
            query = "&".join(f"{name}={value}" for name, value in (*self.query, ("cursor", cursor)))
            response.headers["Link"] = f'<{self.path}?{query}>; rel="next"'
        return {"items": [show(item) for item in items], "next_cursor": cursor}


def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Items of a page.")] = PAGE_SIZE,
    cursor: Annotated[
        str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next_cursor` of the page before.")
    ] = None,
) -> Page:
    from urllib.parse import quote

    query = tuple((quote(name), quote(value)) for name, value in request.query_params.multi_items() if name != "cursor")
    return Page(limit, decode(cursor) if cursor else None, request.url.path, query)


PageQuery = Annotated[Page, Depends(_page)]
"""The parameters `limit` and `cursor` of a list."""


def encode(position: Position) -> str:
    """A cursor for `position`; its form is nobody's business but ours."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(cursor: str) -> Position:
    """The position in a cursor that `encode` made; 400 for anything else."""
    try:
        position = loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except ValueError:
        position = None
    match position:
        case [int(time), str(id_)] if type(time) is int and 0 <= time <= MAX_INTEGER and id_.isprintable():
            return time, id_
    raise Problem("invalid-cursor", "Take next_cursor of the page before as it is, or leave cursor out.")
