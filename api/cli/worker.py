"""Run the worker alone: seal batches, anchor them, bring issuers and keys to the contract.

Any number may run: a lease in the database lets one act, and another takes over when it dies. CREDANCHOR_MONITOR_PORT
gives probes and Prometheus something to ask; `credanchor status` says what the worker waits for.
"""

import argparse

from api.cli import options


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor worker`."""
    parser.add_argument("--rpc", action="append", metavar="URL", help="nodes of the chain (else CREDANCHOR_RPC_URLS)")
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "credanchor worker --data ./registry --rpc https://node.example")


def run(arguments: argparse.Namespace) -> int:
    """Work until interrupted."""
    import threading

    from api import background, logs, monitor, serve
    from api.cli.output import emit

    settings = options.settings(arguments, rpc_urls=tuple(arguments.rpc) if arguments.rpc else None)
    logs.configure(settings.log_level, settings.log_format)
    stop = threading.Event()
    with serve.signals(stop):
        work = background.start(settings)
        try:
            with monitor.monitoring(settings, work) as url:
                text = "The worker runs. Ctrl-C stops it after its tick." + (f" It is watched at {url}." if url else "")
                emit(arguments.json, {"data": str(settings.data_dir), "monitor": url or None}, text)
                stop.wait()
        finally:
            work.stop()
    return 0
