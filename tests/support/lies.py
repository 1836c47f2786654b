"""Nodes that lie, lag or say nothing, as `Site.rpc.tamper`; and what a look at the site's own chain and rows says."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from registry.store.tables import Base, Cursor
from tests.support.faults import Tamper
from tests.support.worksite import Site

Ask = Callable[[], Any]


def contents(site: Site) -> dict[str, list[Any]]:
    """All rows but the lease, the alarms and what is told of them."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in ("lease", "alarm", "notice")]
    with site.view.read() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}


def head(site: Site) -> int:
    return int(site.node.request("eth_blockNumber"), 16)


def cursor(site: Site) -> int:
    with site.view.read() as session:
        return session.get_one(Cursor, 1).block_number


def honest(_method: str, _params: Sequence[Any], ask: Ask) -> Any:
    return ask()


def answers(replies: dict[str, Any]) -> Tamper:
    """These answers to these methods; an exception is raised."""

    def tamper(method: str, _params: Sequence[Any], ask: Ask) -> Any:
        if method not in replies:
            return ask()
        if isinstance(replies[method], Exception):
            raise replies[method]
        return replies[method]

    return tamper


def logs(edit: Callable[[list[dict[str, Any]]], Any]) -> Tamper:
    """What `edit` makes of the logs."""
    return lambda method, _params, ask: edit(ask()) if method == "eth_getLogs" else ask()


def behind(site: Site, latest: int, final: int) -> Tamper:
    """A machine that has not heard of newer blocks."""

    def tamper(method: str, params: Sequence[Any], ask: Ask) -> Any:
        if method == "eth_getBlockByNumber":
            number = {"latest": latest, "finalized": final}.get(params[0])
            number = int(params[0], 16) if number is None else number
            return site.node.request(method, hex(number), False) if number <= latest else None
        if method == "eth_getLogs":
            return [entry for entry in ask() if int(entry["blockNumber"], 16) <= latest]
        return ask()

    return tamper
