"""Follow the cursors of a list endpoint to its end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.client import Client

PAGE = 200
"""What the API gives at most."""


def everything(client: "Client", path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """All items of the list at `path`, page after page."""
    cursor = None
    while True:
        page = client.get(path, limit=PAGE, cursor=cursor, **query)
        yield from page["items"]
        cursor = page.get("next_cursor")
        if not cursor:
            return
