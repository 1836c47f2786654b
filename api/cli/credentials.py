"""What `revoke`, `suspend` and `reinstate` share: change the status of credentials named by handle or by file."""

import argparse
from pathlib import Path
from typing import Any

from api.cli import options
from api.cli.output import emit, table

DEFAULT_REASONS = {"revoke": "unspecified", "suspend": "under-investigation", "reinstate": "resolved"}


def configure(parser: argparse.ArgumentParser, action: str, *lines: str) -> None:
    """Options of one of the three commands."""
    parser.add_argument(
        "handles", nargs="+", metavar="HANDLE", help="public names of credentials, as `issue` prints them"
    )
    default = DEFAULT_REASONS[action]
    parser.add_argument("--reason", default=default, help=f"a code, like {default} (that is the default)")
    parser.add_argument("--note", help="a sentence for the record; it goes when the credential is erased")
    options.with_api(parser)
    options.example(parser, *lines)


def address(given: str) -> str:
    """Where a credential is in the API, by its handle, or by the file of it: the name of that ends in the handle."""
    handle = Path(given).stem.rsplit("-", 1)[-1] if given.endswith(".json") else given
    return f"/v1/credentials/{options.segment(handle)}"


def run(arguments: argparse.Namespace, action: str) -> int:
    """POST /v1/credentials/{handle}/{action} for each; stops at the first refusal."""
    client = options.client(arguments)
    body = {"reason": arguments.reason} | ({"note": arguments.note} if arguments.note else {})
    changed: list[dict[str, Any]] = []
    for given in arguments.handles:
        changed.append(client.post(f"{address(given)}/{action}", body))
    text = table(changed, ("handle", "status"), "")
    emit(arguments.json, changed, f"{text}\n\nVerifiers see it with the next anchor, as soon as that is final.")
    return 0
