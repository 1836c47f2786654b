"""Issue credentials to everyone in a roster: check all rows, sign, anchor, and fetch the files once they are final.

Nothing is kept unless every row is right. If the connection breaks or you interrupt the waiting, the registry goes
on; --resume BATCH waits again and fetches the files.
"""

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.achievement import CONTENT_TYPES, upload
from api.cli.failures import NOT_KNOWN, USAGE, CliError
from api.cli.output import Progress, emit, facts
from api.cli.paging import everything

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
WAIT_SECONDS, SECONDS_PER_CREDENTIAL = 900.0, 0.2
"""A public test network needs 15 minutes to be final; signing takes a tenth of the second figure."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor issue`."""
    parser.add_argument("roster", nargs="?", type=Path, help="who gets one: .csv, .jsonl or .json")
    parser.add_argument(
        "--achievement", metavar="FILE|ID", help="the definition (.toml, .json), or the id of a known one"
    )
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
        "credanchor issue --resume 9f3k… --out files",
    )


def run(arguments: argparse.Namespace) -> int:
    """Open, fill and seal a batch, or resume one; then wait and fetch."""
    if (arguments.roster is None) == (arguments.resume is None):
        raise CliError("Name either a roster or --resume BATCH.", "credanchor issue --help shows both.", USAGE)
    client = options.client(arguments)
    progress = Progress(quiet=arguments.json)
    if arguments.resume:
        batch = client.get(f"/v1/batches/{options.segment(arguments.resume)}")
    else:
        batch = _submit(client, arguments, progress)
    written: list[str] = []
    if arguments.wait or arguments.out:
        batch = wait(client, batch, arguments.timeout, progress)
    if arguments.out:
        written = fetch(client, batch, arguments.out, progress)
    progress.done()
    emit(arguments.json, batch | {"files": written}, told(batch, written, arguments.out))
    return 0


def _submit(client: "Client", arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    from api.client import ApiError, ApiUnreachable

    kind = ROSTER_TYPES.get(arguments.roster.suffix.lower())
    if kind is None:
        raise CliError(
            f"{arguments.roster} is none of {', '.join(ROSTER_TYPES)}.", "Name the file after what is in it."
        )
    if not arguments.achievement:
        raise CliError(
            "For what? --achievement names the definition.", "credanchor issue --help has an example.", USAGE
        )
    content = options.read(arguments.roster, MAX_ROSTER_BYTES)
    issuer = arguments.issuer or only_issuer(client)
    achievement = arguments.achievement
    if Path(achievement).suffix.lower() in CONTENT_TYPES and Path(achievement).exists():
        achievement = upload(client, issuer, Path(achievement))["id"]
    batch = client.post("/v1/batches", {"issuer": issuer, "achievement": achievement, "unsigned": arguments.unsigned})
    path = f"/v1/batches/{batch['id']}"
    progress(f"batch {batch['id']}: checking the roster")
    try:
        client.post(f"{path}/credentials", data=content, content_type=kind)
        sealed: dict[str, Any] = client.post(f"{path}/seal")
    except ApiError:
        with suppress(ApiError, ApiUnreachable):  # the refusal is what there is to tell
            client.delete(path)
        raise
    return sealed


def only_issuer(client: "Client") -> str:
    """The issuer that is meant when none is named. Raises CliError unless there is exactly one."""
    names = [issuer["id"] for issuer in everything(client, "/v1/issuers")]
    if len(names) != 1:
        known = f"There are {len(names)}: {', '.join(names[:10])}." if names else "There is none yet."
        raise CliError(f"Which issuer? {known}", "Name one with --issuer, or add one: credanchor issuer add --help")
    return str(names[0])


def wait(client: "Client", batch: dict[str, Any], seconds: float | None, progress: Progress) -> dict[str, Any]:
    """Wait until a batch is final, and in order. Raises CliError, TimeoutError."""

    def show(now: dict[str, Any]) -> None:
        if now["failure"]:
            raise CliError(f"Batch {now['id']} could not be sealed: {now['failure']}", "Nothing of it was issued.")
        done = now["progress"]
        progress(
            f"batch {now['id']}: {now['state']}"
            + (f", {done['done']} of {done['total']} signed" if now["state"] == "sealing" else "")
            + (", but in vain as it stands" if now["problem"] else "")
        )

    limit = seconds if seconds is not None else WAIT_SECONDS + batch["size"] * SECONDS_PER_CREDENTIAL
    try:
        final: dict[str, Any] = client.wait(
            f"/v1/batches/{batch['id']}", lambda now: now["state"] == "final", seconds=limit, progress=show
        )
    except TimeoutError as late:
        raise TimeoutError(f"{late}. Nothing is lost: credanchor issue --resume {batch['id']}") from None
    if final["problem"]:
        raise CliError(f"Batch {final['id']} is final. {final['problem']}", "No files were fetched.")
    return final


def fetch(client: "Client", batch: dict[str, Any], directory: Path, progress: Progress) -> list[str]:
    """Write each credential to a file; names begin with the place in the roster."""
    from api.client import ApiUnreachable
    from api.files import fetch_files

    written: list[str] = []
    try:
        for path, _ in fetch_files(client, batch["id"], directory):
            written.append(str(path))
            progress(f"wrote {len(written)} of {batch['size']} files")
    except ApiUnreachable as problem:
        remedy = f"Fetch them again: credanchor issue --resume {batch['id']} --out {directory}"
        raise CliError(f"{len(written)} of {batch['size']} files came. {problem}", remedy, NOT_KNOWN) from None
    return written


def told(batch: dict[str, Any], written: list[str], directory: Path | None) -> str:
    """A batch for people."""
    rows: dict[str, Any] = {"batch": batch["id"], "state": batch["state"], "credentials": batch["size"]}
    if anchor := batch.get("anchor"):
        rows |= {"anchor": anchor["number"], "block": anchor["block_number"], "transaction": anchor["tx_hash"]}
    if batch["problem"]:
        rows["problem"] = batch["problem"]
    if directory:
        rows["files"] = f"{len(written)} in {directory}"
        return f"{facts(rows)}\n\nCheck them: credanchor verify {directory}/*.json"
    return f"{facts(rows)}\n\nFetch the files when it is final: credanchor issue --resume {batch['id']} --out DIR"
