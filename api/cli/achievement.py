"""Achievement definitions: what a credential says its holder has achieved. A version never changes once it was used."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import emit, facts, table

if TYPE_CHECKING:
    from api.client import Client

COLUMNS = ("id", "title", "version", "used", "created_at")
MAX_DEFINITION_BYTES = 1024 * 1024
CONTENT_TYPES = {".toml": "application/toml", ".json": "application/json"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Subcommands of `credanchor achievement`."""
    group = options.Group(parser)
    group.add(
        "add", "add a definition from a TOML or JSON file", add,
        "credanchor achievement add north-sea achievement.toml", configure=_add_options,
    )  # fmt: skip
    group.add(
        "list", "list an issuer's definitions", listing, "credanchor achievement list north-sea", configure=_issuer
    )


def add(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/achievements."""
    achievement = upload(options.client(arguments), arguments.issuer, arguments.file)
    emit(arguments.json, achievement, facts(_row(achievement)))
    return 0


def listing(arguments: argparse.Namespace) -> int:
    """GET /v1/issuers/{issuer}/achievements."""
    found = list(options.client(arguments).everything(_path(arguments.issuer)))
    text = table(map(_row, found), COLUMNS, "No achievements yet. Add one: credanchor achievement add --help")
    emit(arguments.json, found, text)
    return 0


def known(client: "Client", issuer: str, named: str) -> str:
    """The id of the achievement that is named: by its id, or by a file with its definition, which is then added."""
    path = Path(named)
    if path.suffix.lower() in CONTENT_TYPES and path.exists():
        return str(upload(client, issuer, path)["id"])
    return named


def upload(client: "Client", issuer: str, file: Path) -> dict[str, Any]:
    """Send the definition in `file`; the same definition again is answered with what is there."""
    kind = CONTENT_TYPES.get(file.suffix.lower())
    if kind is None:
        raise CliError(f"{file} is neither .toml nor .json.", "Name the file after what is in it.")
    content = options.read(file, MAX_DEFINITION_BYTES)
    answer: dict[str, Any] = client.post(_path(issuer), data=content, content_type=kind)
    return answer


def _path(issuer: str) -> str:
    return f"/v1/issuers/{options.segment(issuer)}/achievements"


def _row(achievement: dict[str, Any]) -> dict[str, Any]:
    definition = achievement["definition"]
    title = definition.get("title")
    if isinstance(title, dict):
        title = title.get(definition.get("language")) or next(iter(title.values()), None)
    return {column: achievement.get(column) for column in COLUMNS} | {"title": title}


def _issuer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issuer", help="the issuer's short name")


def _add_options(parser: argparse.ArgumentParser) -> None:
    _issuer(parser)
    parser.add_argument("file", type=Path, help="the definition, .toml or .json")
