"""Say in one sentence what the anchoring worker waits for, and list the alarms that stand. Reads the database alone.

Exit code: 0 all goes its way, 1 somebody must act, 2 no worker has looked at the chain lately, or nothing is known. It
serves as a probe for a worker that runs alone, too.
"""

import argparse
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.failures import NOT_KNOWN, REFUSED, CliError
from api.cli.output import GREEN, RED, YELLOW, colour, emit

if TYPE_CHECKING:
    from api.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor status`."""
    parser.add_argument("--test-alert", action="store_true", help="send a test to CREDANCHOR_ALERT_WEBHOOK, no more")
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "credanchor status --data ./registry", "credanchor status --json | jq -r .sentence")


def run(arguments: argparse.Namespace) -> int:
    """Read, say, and end with what it means."""
    from api import workerstatus
    from registry.store.engine import Store

    settings = options.settings(arguments)
    if arguments.test_alert:
        return _test(settings, arguments.json)
    store = Store(settings.database)
    try:
        found = workerstatus.look(store, settings.worker_stale_seconds)
    finally:
        store.close()
    emit(arguments.json, found, _text(found))
    if found["state"] in workerstatus.NOT_LOOKING:
        return NOT_KNOWN
    return REFUSED if found["act"] or found["alarms"] else 0


def _test(settings: "Settings", as_json: bool) -> int:
    import time

    from api import alerts
    from api.webhook import Undelivered

    if not settings.alert_webhook:
        raise CliError(
            "There is nowhere to send alerts to.", "Set CREDANCHOR_ALERT_WEBHOOK and CREDANCHOR_ALERT_SECRET."
        )
    try:
        alerts.test(settings, int(time.time()))
    except Undelivered as problem:
        raise CliError(f"The test did not arrive: {problem}.", exit_code=NOT_KNOWN) from None
    emit(as_json, {"delivered": True}, "The test was taken.")
    return 0


def _text(found: dict[str, Any]) -> str:
    mark = RED if found["act"] else YELLOW if found["alarms"] else GREEN
    lines = [colour(found["sentence"], mark)]
    for alarm in found["alarms"]:
        lines += [
            "",
            f"{colour(alarm['code'], RED)} since {alarm['since']}: {alarm['title']}",
            *(f"  {line}" for line in alarm["detail"].splitlines()),
            f"  {alarm['remedy']}",
        ]
    notices = found["notices"]
    if notices["waiting"] or notices["given_up"]:
        lines += ["", f"Notices: {notices['waiting']} to be delivered, {notices['given_up']} given up."]
    return "\n".join(lines)
