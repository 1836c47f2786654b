"""Run a registry in one process: the API, the worker and, unless you name a chain, an embedded development chain.

The first start makes everything that is missing, a later one finds it all. Without --rpc nothing that is issued has
any standing: the chain is your own.
"""

import argparse
import logging

from api.cli import options
from api.cli.output import BOLD, YELLOW, colour


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor serve`."""
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8000, or the next that is free)")
    parser.add_argument(
        "--public-url", metavar="URL", help="where the world finds it; inside every credential, for ever"
    )
    parser.add_argument("--rpc", action="append", metavar="URL", help="a node of the chain that `deploy` was run on")
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "credanchor serve --data ./registry", "credanchor serve --rpc https://node.example")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; exit code 0 after a clean stop."""
    import json

    from api import logs, serve

    settings = options.settings(
        arguments,
        host=arguments.host,
        port=arguments.port,
        public_url=arguments.public_url,
        rpc_urls=tuple(arguments.rpc) if arguments.rpc else None,
    )
    logs.configure(settings.log_level, settings.log_format)
    for chatty in ("alembic", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))

    def say(message: str) -> None:
        if not arguments.json:
            print(message, flush=True)

    def ready(registry: serve.Running) -> None:
        facts = {
            "url": registry.url,
            "rpc": registry.rpc,
            "data": str(settings.data_dir),
            "chain_id": registry.deployment.chain_id,
            "contract": registry.deployment.contract,
            "embedded": registry.deployment.embedded,
            "first_start": registry.first,
        }
        print(json.dumps(facts) if arguments.json else _welcome(facts), flush=True)

    serve.serve(settings, say, ready=ready)
    return 0


def _welcome(facts: dict[str, object]) -> str:
    head = f"Credanchor serves {colour(str(facts['url']), BOLD)}"
    chain = f"chain {facts['chain_id']}, contract {facts['contract']}"
    if facts["embedded"]:
        chain += colour("\nEmbedded test chain: what is issued here has no standing.", YELLOW)
    data = facts["data"]
    return (
        f"{head}\n{chain}\n"
        f"Data, keys and the administrator's API key are in {data} (readable by you only).\n"
        f"Next: credanchor issuer add --help (in another terminal; add --data {data} there)\nCtrl-C stops it."
    )
