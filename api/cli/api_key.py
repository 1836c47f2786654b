"""API keys: bearer tokens for programs and people. A key is shown once, when it is made; the registry keeps a hash."""

import argparse
from typing import Any

from api.cli import options
from api.cli.output import emit, facts, table

COLUMNS = ("id", "name", "issuer", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
SCOPES = ("admin", "batches:write", "credentials:read", "credentials:revoke", "operations:read")


def configure(parser: argparse.ArgumentParser) -> None:
    """Subcommands of `credanchor api-key`."""
    group = options.Group(parser)
    group.add(
        "create", "make a key", create,
        "credanchor api-key create 'student system' --issuer north-sea --scope batches:write --scope credentials:read",
        configure=_create_options,
    )  # fmt: skip
    group.add("list", "list all keys", listing, "credanchor api-key list")
    group.add("revoke", "end a key at once", revoke, "credanchor api-key revoke 3k9x2m…", configure=_one)


def create(arguments: argparse.Namespace) -> int:
    """POST /v1/api-keys."""
    body = {
        "name": arguments.name,
        "scopes": arguments.scope,
        "issuer": arguments.issuer,
        "expires_at": arguments.expires,
    }
    key = options.client(arguments).post("/v1/api-keys", body)
    token = key.get("token") or "not shown again"
    text = f"{facts(_row(key))}\n\n{token}\n\nThis is the only time it is shown. Use it as CREDANCHOR_API_KEY."
    emit(arguments.json, key, text)
    return 0


def listing(arguments: argparse.Namespace) -> int:
    """GET /v1/api-keys."""
    found = list(options.client(arguments).everything("/v1/api-keys"))
    emit(arguments.json, found, table(map(_row, found), COLUMNS, "No keys."))
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """POST /v1/api-keys/{id}/revoke."""
    key = options.client(arguments).post(f"/v1/api-keys/{options.segment(arguments.id)}/revoke")
    emit(arguments.json, key, facts(_row(key)))
    return 0


def _row(key: dict[str, Any]) -> dict[str, Any]:
    return {column: key.get(column) for column in COLUMNS}


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="the key's id, as `api-key list` shows it")


def _create_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="who or what will use it")
    says = "what it may do; may be given more than once"
    parser.add_argument("--scope", action="append", required=True, choices=SCOPES, help=says)
    parser.add_argument("--issuer", help="bind it to one issuer")
    parser.add_argument("--expires", metavar="TIME", help="when it ends, RFC 3339")
