"""What anchoring cost, from the chain's own receipts: for each anchor, and for each credential.

Only final anchors count. Heartbeats without a credential are part of the cost for each credential. What the registrar
and the administrator paid is not in it.
"""

import argparse
from dataclasses import asdict
from typing import Any

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import emit, facts, table

DEFAULT_LAST, MOST = 100, 10_000
"""Anchors that are looked at: three months of daily heartbeats; more than ten thousand receipts would take minutes."""

GWEI = 10**9


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor costs`."""
    says = f"so many of the newest final anchors ({DEFAULT_LAST})"
    parser.add_argument("--last", type=int, default=DEFAULT_LAST, metavar="N", help=says)
    parser.add_argument("--rpc", action="append", metavar="URL", help="a node of the chain (else CREDANCHOR_RPC_URLS)")
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "credanchor costs --data ./registry --last 30")


def run(arguments: argparse.Namespace) -> int:
    """Read the receipts and add them up."""
    from anchor.costs import costs
    from anchor.jsonrpc import JsonRpc
    from api import chains
    from registry.store.anchors import settled
    from registry.store.engine import Store

    if not 1 <= arguments.last <= MOST:
        raise CliError(f"--last lies between 1 and {MOST}.")
    settings = options.settings(arguments, rpc_urls=tuple(arguments.rpc) if arguments.rpc else None)
    url = chains.endpoints(settings)[0]
    store = Store(settings.database)
    rpc = JsonRpc(url, timeout=settings.rpc_timeout_seconds)
    try:
        found = costs(rpc, settled(store, arguments.last))
    finally:
        rpc.close()
        store.close()
    value: dict[str, Any] = {
        "anchors": [asdict(cost) for cost in found.known],
        "unknown": list(found.unknown),
        "total_wei": found.wei,
        "per_anchor_wei": found.per_anchor,
        "per_credential_wei": found.per_credential,
    }
    rows = [
        {"anchor": cost.number, "credentials": cost.credentials, "gas": cost.gas, "gwei": _gwei(cost.wei)}
        for cost in found.known
    ]
    sums = {
        "paid": f"{_gwei(found.wei)} gwei for {len(found.known)} anchors",
        "for each anchor": "-" if found.per_anchor is None else f"{_gwei(found.per_anchor)} gwei",
        "for each credential": "-" if found.per_credential is None else f"{_gwei(found.per_credential)} gwei",
    }
    if found.unknown:
        sums["not known"] = f"{len(found.unknown)} anchors, whose receipts the node does not keep (--rpc names another)"
    text = table(rows, ("anchor", "credentials", "gas", "gwei"), "No anchor is final yet.")
    emit(arguments.json, value, f"{text}\n\n{facts(sums)}")
    return 0


def _gwei(wei: int) -> str:
    whole, rest = divmod(wei, GWEI)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")
