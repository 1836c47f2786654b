"""Issue credentials to everyone in a roster: check all rows, sign, anchor, and fetch the files once they are final.

With --out, the registry's receipt, its signed promise to anchor the batch, is written as soon as the batch is sealed.
Nothing is kept unless every row is right. If the connection breaks or you interrupt the waiting, the registry goes
on; --resume BATCH waits again and fetches the files.

With --stack: one larger credential for a learner's smaller ones, by the rule in its definition ([stacking.requires]),
as a certificate that names them or, with --as clr, as a Comprehensive Learner Record that holds them. With --learners
one for each of many learners, whose files are sorted; exit code 1 if somebody does not get one, or a file is nobody's.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options, stack, stacks
from api.cli.achievement import known
from api.cli.batch import fetch, only_issuer, submit, told, wait
from api.cli.failures import USAGE, CliError
from api.cli.output import Progress, emit
from api.cli.receipts import write_receipt
from api.cli.rosters import content_type

if TYPE_CHECKING:
    from api.client import Client

MAX_ROSTER_BYTES = 256 * 1024 * 1024
"""100,000 rows of 2 kB, the most a batch takes, with room."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor issue`."""
    parser.add_argument("roster", nargs="?", type=Path, help="who gets one: .csv, .jsonl or .json")
    parser.add_argument(
        "--achievement", metavar="FILE|ID", help="the definition (.toml, .json), or the id of a known one"
    )
    stack.configure(parser)
    parser.add_argument("--issuer", help="the issuer's short name; may be left out while there is only one")
    parser.add_argument("--out", type=Path, metavar="DIR", help="wait until they are final and write the files here")
    unsigned = "no proof in each credential, only that of the batch: faster, but other verifiers find none to check"
    parser.add_argument("--unsigned", action="store_true", help=unsigned)
    parser.add_argument("--wait", action="store_true", help="wait until the batch is final")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="longest waiting (else by the batch's size)")
    parser.add_argument("--resume", metavar="BATCH", help="issue nothing, but wait for this batch and fetch its files")
    options.with_api(parser)
    options.example(
        parser,
        "credanchor issue roster.csv --achievement achievement.toml --out files --wait",
        "credanchor issue --stack ana/ --achievement certificate.toml --learner email=ana@learner.example --out files",
        "credanchor issue --stack ana/ --as clr --achievement certificate.toml --learner email=ana@learner.example",
        "credanchor issue --stack files/ --learners roster.csv --achievement certificate.toml --out certificates",
        "credanchor issue --resume 9f3k… --out files",
    )


def run(arguments: argparse.Namespace) -> int:
    """Open, fill and seal a batch, or resume one; then wait and fetch."""
    _check(arguments)
    client = options.client(arguments)
    progress = Progress(quiet=arguments.json)
    if arguments.learners is not None:
        return _many(client, arguments, progress)
    if arguments.resume:
        batch = client.get(f"/v1/batches/{options.segment(arguments.resume)}")
    elif arguments.stack:
        batch = stack.send(client, arguments, progress)
    else:
        batch = _submit(client, arguments, progress)
    batch, text = _finish(client, arguments, progress, batch)
    emit(arguments.json, batch, text)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Raises CliError for options that do not go together."""
    if sum(source is not None for source in (arguments.roster, arguments.stack, arguments.resume)) != 1:
        problem = "Name a roster, or --stack with components, or --resume BATCH."
        raise CliError(problem, "credanchor issue --help shows all three.", USAGE)
    if arguments.learner and not arguments.stack:
        raise CliError("--learner goes with --stack only.", "A roster has columns for that.", USAGE)
    if arguments.learners is not None and not arguments.stack:
        raise CliError("--learners goes with --stack only.", "A roster alone is for one achievement.", USAGE)
    if arguments.form and not arguments.stack:
        raise CliError("--as goes with --stack only.", "What a roster makes are Open Badges.", USAGE)
    if arguments.stack and arguments.unsigned:
        raise CliError("--unsigned does not go with --stack.", "A stack always has a proof of its own.", USAGE)
    if not arguments.resume and not arguments.achievement:
        raise CliError(
            "For what? --achievement names the definition.", "credanchor issue --help has an example.", USAGE
        )


def _many(client: "Client", arguments: argparse.Namespace, progress: Progress) -> int:
    many = stacks.send(client, arguments, progress)
    batch: dict[str, Any] = many.batch or {"id": None, "size": 0}
    text = ""
    try:
        if many.batch is not None:
            batch, text = _finish(client, arguments, progress, many.batch)
    finally:  # who gets none is told in any case, also where the waiting breaks off
        progress.done()
        emit(arguments.json, batch | many.to_json(), f"{text}\n\n{many.text}".strip())
    return many.exit_code


def _finish(
    client: "Client", arguments: argparse.Namespace, progress: Progress, batch: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Wait and fetch as far as it is asked for: the batch with what was written, and the same for people."""
    written: list[str] = []
    receipts: list[str] = []

    def sealed(now: dict[str, Any]) -> None:
        if arguments.out and now["receipt"]:  # null for what an older registry sealed
            receipts.append(str(write_receipt(client, now, arguments.out)))

    if arguments.wait or arguments.out:
        batch = wait(client, batch, arguments.timeout, progress, sealed)
    if arguments.out:
        written = fetch(client, batch, arguments.out, progress)
    progress.done()
    return batch | {"files": written, "receipts": receipts}, told(batch, written, arguments.out)


def _submit(client: "Client", arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    kind = content_type(arguments.roster)
    content = options.read(arguments.roster, MAX_ROSTER_BYTES)
    issuer = arguments.issuer or only_issuer(client)
    achievement = known(client, issuer, arguments.achievement)

    def fill(path: str) -> None:
        progress(f"batch {path.rsplit('/', 1)[-1]}: checking the roster")
        client.post(f"{path}/credentials", data=content, content_type=kind)

    return submit(client, issuer, achievement, fill, unsigned=arguments.unsigned)
