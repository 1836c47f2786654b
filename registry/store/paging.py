"""Lists in pages: newest first, continued after the last item seen, so that new items do not shift the pages."""

from typing import Any, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

Position = tuple[int, str]
"""(created_at, id) of the last item of the page before."""

MAX_PAGE = 1000
"""Items in one page at most: a longer answer would hold the database's snapshot open for too long."""

_T = TypeVar("_T")


def page(
    query: Select[_T],
    created_at: InstrumentedAttribute[int],
    id_: InstrumentedAttribute[Any],
    limit: int,
    after: Position | None,
) -> Select[_T]:
    """`query`, newest first, at most `limit` (never more than MAX_PAGE) items, from `after` on."""
    if after is not None:
        query = query.where(tuple_(created_at, id_) < tuple_(*after))
    return query.order_by(created_at.desc(), id_.desc()).limit(max(1, min(limit, MAX_PAGE)))
