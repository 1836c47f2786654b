"""Make a claim link for each credential of a batch: with it a learner reads, fetches and shares it without an account.

The links are given once: keep the file they are written to until they are sent, and delete it then. Whoever has a link
can do what the learner can. --revoke ends all claim links of the batch; share links that learners made go on.
"""

import argparse
import csv
import io
from pathlib import Path

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import emit, table

COLUMNS = ("index", "credential", "url")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor links`."""
    parser.add_argument("batch", metavar="BATCH", help="the batch's id, as `issue` prints it")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write them as CSV, in the order of the roster")
    parser.add_argument("--revoke", action="store_true", help="end all claim links of the batch instead")
    options.with_api(parser)
    options.example(
        parser, "credanchor links 4h7k2mq9x1bz05cd --out claims.csv", "credanchor links 4h7k2mq9x1bz05cd --revoke"
    )


def run(arguments: argparse.Namespace) -> int:
    """POST /v1/batches/{batch}/claim-links, or its revoke."""
    client, batch = options.client(arguments), options.segment(arguments.batch)
    if arguments.revoke:
        ended = client.post(f"/v1/batches/{batch}/claim-links/revoke", {})
        emit(arguments.json, ended, f"Claim links ended: {ended['ended']}")
        return 0
    made = client.post(f"/v1/batches/{batch}/claim-links", {})
    if made.get("items") is None:  # asked again after an answer was lost: the links in it are not kept
        problem = "The links were made, but the answer that held them was lost."
        raise CliError(problem, f"End them with `credanchor links {arguments.batch} --revoke`, and make new ones.")
    if arguments.out is None:
        emit(arguments.json, made, table(made["items"], COLUMNS, "The batch has no credential."))
        return 0
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(made["items"])
    options.write(arguments.out, text.getvalue().encode(), 0o600)  # whoever reads the file has the links
    told = {"batch": made["batch"], "count": made["count"], "file": str(arguments.out)}
    emit(arguments.json, told, f"{arguments.out}: {made['count']} claim links. They are not given again.")
    return 0
