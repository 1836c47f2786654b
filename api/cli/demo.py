"""Show the whole life of micro-credentials on an embedded chain: issue, anchor, verify, alter, revoke, audit.

Everything is real: the API, the worker, the chain, the files. The data goes to a temporary directory, or to --keep DIR.
"""

import argparse
import contextlib
import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import program

MAX_COUNT = 100_000  # what one roster may hold
COMMITTED = 100  # rows of the roster in the repository


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor demo`."""
    parser.add_argument("--count", type=int, default=COMMITTED, metavar="N", help="how many credentials (default 100)")
    parser.add_argument("--once", action="store_true", help="end after the story; exit code 0 only if all steps agree")
    left = "leave data, credentials/, altered.json, revoked.json and trust.toml in this new directory"
    parser.add_argument("--keep", type=Path, metavar="DIR", help=left)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor demo",
        "credanchor demo --once --json",
        "credanchor demo --keep kept      # then, in a second terminal:",
        "credanchor verify kept/revoked.json --trust kept/trust.toml",
    )


def run(arguments: argparse.Namespace) -> int:
    """Tell the story; without --once, stay until Ctrl-C so that what it printed can be tried."""
    from api.demo import server, story
    from api.demo.screen import Screen

    if not 1 <= arguments.count <= MAX_COUNT:
        raise CliError(f"--count {arguments.count} is out of range.", f"Choose 1 to {MAX_COUNT:,}.")
    screen = Screen(quiet=arguments.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, no server and no data are left behind
    with _directory(arguments.keep) as directory:
        where = f"data in {directory}" if arguments.keep else "data in a temporary directory"
        screen.line(f"\n  credanchor demo   (embedded development chain, {where}; Ctrl-C ends it)\n")
        files = directory / "credentials"
        try:
            with screen.stage("server started") as stage:
                started = contextlib.ExitStack()
                client = started.enter_context(server.running(directory))
                stage.result = f"{client.url}, with a chain and a worker of its own"
            with started:
                result = story.tell(client, directory, files, _roster(arguments.count), screen)
                if arguments.json:
                    print(json.dumps(dataclasses.asdict(result), ensure_ascii=False, indent=2))
                screen.line(_next_steps(client.url, directory, files, running=not arguments.once))
                if not arguments.once:
                    _until_interrupted()
        except (server.ServerFailed, story.Disagreement, TimeoutError) as problem:
            raise CliError(f"The demo failed: {problem}.") from None
    return 0


@contextlib.contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    """Where the data goes: a new or empty directory that stays, or a temporary one that does not."""
    if keep is None:
        temporary = Path(tempfile.mkdtemp(prefix="credanchor-demo-"))
        try:
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise CliError(f"{keep} is not empty.", "Name a new directory: a demo never writes over earlier data.")
    yield keep.resolve()


def _roster(count: int) -> bytes:
    """The committed roster, or a made-up one of another size. Raises CliError."""
    from api.demo.story import DATA

    if count == COMMITTED:
        return (DATA / "roster.csv").read_bytes()
    made = subprocess.run([sys.executable, str(DATA / "make_roster.py"), str(count)], check=False, capture_output=True)
    if made.returncode != 0:
        raise CliError(f"The roster could not be made: {made.stderr.decode(errors='replace')}")
    return made.stdout


def _next_steps(url: str, directory: Path, files: Path, *, running: bool) -> str:
    first = min(files.glob("*.json"))
    credanchor, trust = program(), f"--trust {quote(str(directory / 'trust.toml'))}"
    lines = ["", "  Try next"]
    if running:
        lines += [
            f"    {url}/verify                         check a file in your browser",
            f"    {url}/anchors                        every anchor, batch and issuer",
            f"    {url}/openapi.json                   the API",
            *(
                f"    {credanchor} verify {quote(str(file))} {trust}"
                for file in (first, directory / "altered.json", directory / "revoked.json")
            ),
            f"    {credanchor} audit {url} {trust}",
        ]
    else:
        lines += [
            "    scripts/demo                         the same, and it stays up to be tried",
            "    scripts/demo --keep DIR              leaves the files for you",
        ]
    return "\n".join(lines) + "\n"


def _until_interrupted() -> None:
    import threading

    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
