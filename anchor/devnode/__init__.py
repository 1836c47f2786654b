"""An Ethereum node for development: persistent, in one SQLite file, speaking real JSON-RPC. Not a public chain.

`DevNode` is the node, `serve` puts it behind HTTP. Both load the EVM (a second), so they are imported on first use.
"""

from typing import TYPE_CHECKING, Any

from anchor.devnode.limits import DEVELOPMENT_CHAIN_ID

if TYPE_CHECKING:
    from anchor.devnode.node import DevNode
    from anchor.devnode.server import Server, serve

__all__ = ["DEVELOPMENT_CHAIN_ID", "DevNode", "Server", "serve"]


def __getattr__(name: str) -> Any:
    if name == "DevNode":
        from anchor.devnode.node import DevNode

        return DevNode
    if name in ("Server", "serve"):
        from anchor.devnode import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
