"""Find a port to listen on: the wanted one or, where one may choose, the next that is free."""

import contextlib
import errno
import socket

from api.datadir import DataDirError

TRIES = 100
"""Ports after the wanted one that are tried: enough for many registries on one machine, few enough to give up soon."""

BACKLOG = 128
"""Connections that may wait to be accepted."""


def bind(host: str, port: int, *, fixed: bool) -> socket.socket:
    """A listening socket at `port` or, unless `fixed`, at the next free port after it. Raises DataDirError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + (1 if fixed else TRIES), 65536)):
        # Named TCP, or asyncio would not switch off Nagle's algorithm and each kept connection would wait 40 ms.
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # Lets a restart have the port while connections of the process before are still closing.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, candidate))
            found.listen(BACKLOG)
        except OSError as problem:
            found.close()
            if problem.errno == errno.EADDRINUSE:
                continue
            raise DataDirError(f"{host} port {candidate} cannot be used: {problem.strerror}") from None
        return found
    remedy = "Stop the program that has it (is another `credanchor serve` running?), or choose another with --port"
    raise DataDirError(f"Port {port} on {host} is taken" + ("" if fixed else f", and the {TRIES} after it"), remedy)


def free(host: str, port: int, *, fixed: bool) -> int:
    """The port that `bind` would find, left free for a server that opens its own socket."""
    with contextlib.closing(bind(host, port, fixed=fixed)) as found:
        return int(found.getsockname()[1])
