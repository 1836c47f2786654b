"""`credanchor audit --follow`: audit again and again, each report following the one before, until interrupted."""

import argparse
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.failures import NOT_KNOWN, USAGE, CliError
from api.cli.output import GREEN, RED, YELLOW, colour

if TYPE_CHECKING:
    from api.following import Look, Outcome, Round
    from api.settings import Settings

DEFAULT_SECONDS = 600
"""Chains become final in minutes: sooner there is nothing new to see."""

MIN_SECONDS = 1
"""On a development chain; a public node is asked for some hundred answers by each audit."""

EXIT: "dict[Outcome, int]" = {"clean": 0, "broken": 1, "unreachable": NOT_KNOWN}


def configure(parser: argparse.ArgumentParser) -> None:
    """The two options that `audit` gets from here."""
    parser.add_argument(
        "--follow", type=int, nargs="?", const=DEFAULT_SECONDS, metavar="SECONDS",
        help=f"audit again this long after each audit ({DEFAULT_SECONDS}); tells CREDANCHOR_ALERT_WEBHOOK what "
        "changes, and serves /metrics at CREDANCHOR_MONITOR_PORT",
    )  # fmt: skip
    parser.add_argument(
        "--reports",
        type=Path,
        metavar="DIR",
        help="with --follow: where the last report and all with findings are kept, the evidence, and each checkpoint",
    )


def evidence(arguments: argparse.Namespace) -> Path | None:
    """Where evidence goes if nothing is said of it: beside the reports of who follows."""
    if arguments.follow is None or arguments.reports is None:
        return None
    from api.following import EVIDENCE

    reports: Path = arguments.reports
    return reports / EVIDENCE


def run(arguments: argparse.Namespace, look: "Look") -> int:
    """Follow until interrupted; the exit code is that of the last audit."""
    import contextlib

    from api import auditmetrics, logs, monitor, serve
    from api.following import Follower
    from registry.errors import FormatError

    _check(arguments)
    settings = options.settings(arguments)
    logs.configure(settings.log_level, settings.log_format)
    follower = Follower(look, arguments.reports, _teller(settings))
    stop = threading.Event()
    with contextlib.ExitStack() as parts:
        parts.enter_context(serve.signals(stop))
        if settings.monitor_port:
            parts.enter_context(monitor.listening(settings, auditmetrics.create_app(follower)))
        while not stop.is_set():
            try:
                done = follower.round()
            except FormatError as problem:
                place = arguments.reports / "latest.json"
                raise CliError(f"{place} cannot be followed: {problem}", exit_code=NOT_KNOWN) from None
            print(_line(done, arguments.json), flush=True)
            stop.wait(arguments.follow)
    return EXIT[follower.last.outcome] if follower.last else NOT_KNOWN


def _check(arguments: argparse.Namespace) -> None:
    if arguments.reports is None:
        raise CliError("--follow needs --reports DIR: each audit starts from the report before it.", exit_code=USAGE)
    for name in ("block", "report", "previous"):
        if getattr(arguments, name) is not None:
            raise CliError(f"--{name} is for a single audit: leave it out with --follow.", exit_code=USAGE)
    if arguments.follow < MIN_SECONDS:
        raise CliError(f"--follow takes at least {MIN_SECONDS} second.", exit_code=USAGE)


def _teller(settings: "Settings") -> Any:
    if not settings.alert_webhook:
        return None
    from api.webhook import post

    def tell(uid: str, now: int, content: dict[str, Any]) -> None:
        post(settings.alert_webhook, settings.alert_secret, uid, now, content)

    return tell


def _line(done: "Round", as_json: bool) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    report = done.report
    if as_json:
        head = {"block": report.head["block_number"], "findings": len(report.findings)} if report else {}
        return json.dumps({"at": at, "outcome": done.outcome, "reason": done.reason} | head, ensure_ascii=False)
    if report is None:
        return f"{at} {colour('could not look', YELLOW)}: {done.reason}"
    block = f"block {report.head['block_number']}, {report.looked_at}"
    if report.clean:
        return f"{at} {colour('clean', GREEN)} at {block}"
    found = "".join(f"\n  {report.told(one)}" for one in report.findings)
    return f"{at} {colour('findings', RED)} at {block}{found}"
