"""Issue credentials to everyone in a roster: check all rows, sign, anchor, and fetch the files once they are final.

With --out, the registry's receipt, its signed promise to anchor the batch, is written as soon as the batch is sealed.
Nothing is kept unless every row is right. If the connection breaks or you interrupt the waiting, the registry goes
on; --resume BATCH waits again and fetches the files.

With --stack: one larger credential for a learner's smaller ones, by the rule in its definition ([stacking.requires]),
as a certificate that names them or, with --as clr, as a Comprehensive Learner Record that holds them.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options, stack
from api.cli.achievement import known
from api.cli.batch import fetch, only_issuer, submit, told, wait
from api.cli.failures import USAGE, CliError
from api.cli.output import Progress, emit
from api.cli.receipts import write_receipt

if TYPE_CHECKING:
    from api.client import Client

MAX_ROSTER_BYTES = 256 * 1024 * 1024
"""100,000 rows of 2 kB, the most a batch takes, with room."""

ROSTER_TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".txt": "text/csv",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".json": "application/json",
}


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
        "credanchor issue --resume 9f3k… --out files",
    )


def run(arguments: argparse.Namespace) -> int:
    """Open, fill and seal a batch, or resume one; then wait and fetch."""
    if sum(source is not None for source in (arguments.roster, arguments.stack, arguments.resume)) != 1:
        problem = "Name a roster, or --stack with components, or --resume BATCH."
        raise CliError(problem, "credanchor issue --help shows all three.", USAGE)
    if arguments.learner and not arguments.stack:
        raise CliError("--learner goes with --stack only.", "A roster has columns for that.", USAGE)
    if arguments.form and not arguments.stack:
        raise CliError("--as goes with --stack only.", "What a roster makes are Open Badges.", USAGE)
    if arguments.stack and arguments.unsigned:
        raise CliError("--unsigned does not go with --stack.", "A stack always has a proof of its own.", USAGE)
    if not arguments.resume and not arguments.achievement:
        raise CliError(
            "For what? --achievement names the definition.", "credanchor issue --help has an example.", USAGE
        )
    client = options.client(arguments)
    progress = Progress(quiet=arguments.json)
    if arguments.resume:
        batch = client.get(f"/v1/batches/{options.segment(arguments.resume)}")
    elif arguments.stack:
        batch = stack.send(client, arguments, progress)
    else:
        batch = _submit(client, arguments, progress)
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
    emit(arguments.json, batch | {"files": written, "receipts": receipts}, told(batch, written, arguments.out))
    return 0


def _submit(client: "Client", arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    kind = ROSTER_TYPES.get(arguments.roster.suffix.lower())
    if kind is None:
        raise CliError(
            f"{arguments.roster} is none of {', '.join(ROSTER_TYPES)}.", "Name the file after what is in it."
        )
    content = options.read(arguments.roster, MAX_ROSTER_BYTES)
    issuer = arguments.issuer or only_issuer(client)
    achievement = known(client, issuer, arguments.achievement)

    def fill(path: str) -> None:
        progress(f"batch {path.rsplit('/', 1)[-1]}: checking the roster")
        client.post(f"{path}/credentials", data=content, content_type=kind)

    return submit(client, issuer, achievement, fill, unsigned=arguments.unsigned)
