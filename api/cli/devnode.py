"""Run the embedded development chain alone: real JSON-RPC, one file, a chain id of its own. For trying things out.

Its ether is worth nothing and whoever reaches the port may mine, rewind and reorganise it: keep it on this machine.
"""

import argparse
from pathlib import Path

from api.cli import options
from api.cli.failures import USAGE, CliError

DEFAULT_PORT = 8545
LOCAL = "127.0.0.1"
ADDRESS_DIGITS = 40
PREFUND_WEI = 1000 * 10**18


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor devnode`."""
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="where its blocks are kept (else chain.db in the data directory)"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port to listen on ({DEFAULT_PORT})")
    says = "give this account a thousand ether in the first block; may be given more than once"
    parser.add_argument("--prefund", action="append", default=[], metavar="ADDRESS", help=says)
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "credanchor devnode --file chain.db --prefund 0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1")


def run(arguments: argparse.Namespace) -> int:
    """Serve the chain until interrupted."""
    import threading

    from anchor.devnode import DevNode
    from anchor.devnode import serve as serve_chain
    from api import datadir, serve
    from api.cli.output import emit

    path = arguments.file or options.data_dir(arguments) / "chain.db"
    datadir.prepare(path.parent)
    prefund = {_address(given): PREFUND_WEI for given in arguments.prefund}
    stop = threading.Event()
    node = DevNode(path, prefund=prefund)
    try:
        with serve.signals(stop):
            server = serve_chain(node, LOCAL, arguments.port)
            text = f"Development chain {node.chain_id} at {server.url}, in {path}. It has no standing. Ctrl-C stops it."
            emit(arguments.json, {"url": server.url, "chain_id": node.chain_id, "file": str(path)}, text)
            stop.wait()
            server.stop()
    finally:
        node.close()
    return 0


def _address(given: str) -> str:
    digits = given.removeprefix("0x").lower()
    if len(digits) != ADDRESS_DIGITS or set(digits) - set("0123456789abcdef"):
        raise CliError(f"{given} is not an address.", "An address is 0x and 40 hexadecimal digits.", USAGE)
    return "0x" + digits
