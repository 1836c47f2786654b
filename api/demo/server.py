"""Runs `credanchor serve` beside the demo, in the same process group, and stops it again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.client import ApiUnreachable, Client
from registry.format.nesting import loads

START_SECONDS = 60  # a cold machine imports web3 and py-evm, makes keys and deploys the contract
STOP_SECONDS = 15  # the worker finishes its tick


class ServerFailed(Exception):
    """The server ended or did not get ready; the text holds the end of its log."""


@contextmanager
def running(data_dir: Path) -> Iterator[Client]:
    """A server on free ports with its data in `data_dir`, and a client with its administrator's key."""
    log = data_dir / "server.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CREDANCHOR_")}
    environment["CREDANCHOR_DATA_DIR"] = str(data_dir)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli.main", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
        )
    try:
        yield _wait_until_ready(process, data_dir, log)
    finally:
        _stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", data_dir: Path, log: Path) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"`credanchor serve` ended with exit code {process.returncode}:\n{_tail(log)}")
        with contextlib.suppress(OSError, ValueError, KeyError, ApiUnreachable):
            known = loads((data_dir / "client.json").read_bytes())
            client = Client(known["url"], known["api_key"])
            client.get("/livez")
            return client
        time.sleep(0.05)
    raise ServerFailed(f"`credanchor serve` was not ready after {START_SECONDS} s:\n{_tail(log)}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM, then wait; SIGKILL only when that was not enough."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
