"""Tell the learners of a batch by mail: a link of their own that needs no account, and the credential attached.

The registry keeps no mail addresses, so they come from your roster; a mail goes only to the address whose hash is in
the credential. The server is read from CREDANCHOR_SMTP_URL (smtps://USER:PASSWORD@HOST), because command lines can be
seen by others. Run it again after an interruption: what was sent is not sent twice. --revoked tells those whose
credential was revoked since, once each, with the same journal.
"""

import argparse
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import options
from api.cli.failures import USAGE, CliError
from api.cli.output import Progress, emit
from api.cli.rosters import rows

if TYPE_CHECKING:
    from email.headerregistry import Address

    from api.mail.transport import Transport

SMTP_VARIABLE = "CREDANCHOR_SMTP_URL"

WORDS = {
    "sent": "sent",
    "sent_before": "sent by an earlier run",
    "no_address": "without an address in the roster whose hash is in the credential",
    "refused": "not taken",
}

NOBODY = "Nobody to tell: no credential of this batch was revoked."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor mail`."""
    parser.add_argument("batch", help="a final batch")
    parser.add_argument("roster", type=Path, help="the roster it was issued from, with the column email")
    parser.add_argument("--from", dest="sender", required=True, metavar="ADDRESS", help="like 'Name <name@host>'")
    parser.add_argument("--outbox", type=Path, metavar="DIR", help="write .eml files here and send nothing")
    parser.add_argument("--lang", default="en", help="language of the text (en)")
    says = "tell those whose credential was revoked, and nobody else; nothing is attached"
    parser.add_argument("--revoked", action="store_true", help=says)
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", help="what was sent so far (else mail-BATCH.txt beside the roster)"
    )
    options.with_api(parser)
    options.example(
        parser,
        "credanchor mail 9f3k… roster.csv --from 'North Sea University <noreply@north-sea.example>'",
        "credanchor mail 9f3k… roster.csv --from noreply@north-sea.example --outbox ./outbox",
        "credanchor mail 9f3k… roster.csv --from noreply@north-sea.example --revoked",
    )


def run(arguments: argparse.Namespace) -> int:
    """Send; exit code 1 when a mail was not taken."""
    from api.mail import MailError
    from api.mail.journal import Journal
    from api.mail.recipients import Recipients
    from api.mail.sending import REFUSED, Sending
    from api.mail.transport import Outbox, server
    from api.pages.catalogue import catalogues

    catalogue = catalogues().get(arguments.lang)
    if catalogue is None:
        raise CliError(f"There are no texts in {arguments.lang!r}: {', '.join(catalogues())}.", exit_code=USAGE)
    sender, client = _sender(arguments.sender), options.client(arguments)
    recipients = Recipients(rows(arguments.roster))
    progress = Progress(quiet=arguments.json)
    try:
        with contextlib.ExitStack() as parts:
            journal = None
            if arguments.outbox:
                transport: Transport = Outbox(arguments.outbox)
            else:
                url = os.environ.get(SMTP_VARIABLE) or ""
                journal = parts.enter_context(Journal(_journal(arguments)))
                transport = parts.enter_context(server(url))
            sending = Sending(client, sender, recipients, transport, catalogue, journal, arguments.revoked)
            outcome = sending.run(options.segment(arguments.batch), progress)
    except MailError as problem:
        raise CliError(str(problem)) from None
    progress.done()
    problems = [{"place": place, "problem": problem} for place, problem in outcome.problems]
    counts = dict(outcome.counts)
    lines = [f"{WORDS[name]}: {count:,}" for name, count in counts.items()]
    lines += [f"  credential {one['place']}: {one['problem']}" for one in problems]
    emit(arguments.json, {"batch": arguments.batch, "counts": counts, "problems": problems}, "\n".join(lines) or NOBODY)
    return 1 if outcome.counts[REFUSED] else 0


def _journal(arguments: argparse.Namespace) -> Path:
    default = arguments.roster.with_name(f"mail-{options.segment(arguments.batch)}.txt")
    return Path(arguments.journal or default)


def _sender(text: str) -> "Address":
    from email.errors import HeaderParseError
    from email.headerregistry import Address
    from email.utils import parseaddr

    name, spec = parseaddr(text)
    try:
        user, domain = spec.rsplit("@", 1)
        return Address(name, user, domain)
    except (ValueError, HeaderParseError):
        raise CliError("--from is no mail address; write it like 'Name <name@host>'.", exit_code=USAGE) from None
