"""Keys of issuers. The registry makes and keeps hosted keys, encrypted; of external ones it knows the public half.

Keys for JWTs (--jwt) are apart: P-256 keys that sign a credential in its other form, `vc+jwt`. No contract knows them;
they are in the issuer's DID document, and the tokens of a revoked one fail.

A key counts from the moment it is in the contract. After `revoke` nothing new can be signed with it; `compromise` also
takes back what was anchored since a moment you name. What was anchored before stays valid.
"""

import argparse
from pathlib import Path
from typing import Any

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import emit, facts, table

JWT_COLUMNS = ("key_id", "verification_method", "custody", "created", "revoked")
COLUMNS = ("key_id", "multibase", "custody", "added", "revoked", "compromised")


def configure(parser: argparse.ArgumentParser) -> None:
    """Subcommands of `credanchor key`."""
    group = options.Group(parser)
    group.add(
        "add", "add a key; without --external the registry makes and keeps it", add,
        "credanchor key add north-sea",
        "credanchor key add north-sea --external z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
        "credanchor key add north-sea --jwt",
        "credanchor key add north-sea --jwt --external es256.pem    # its public half is sent, and no more",
        configure=_add_options,
    )  # fmt: skip
    group.add("list", "list an issuer's keys", listing, "credanchor key list north-sea", configure=_issuer)
    group.add(
        "revoke", "end a key: it cannot sign anything new", revoke,
        "credanchor key revoke north-sea 1f0c…", configure=_key,
    )  # fmt: skip
    group.add(
        "compromise", "declare a key stolen: what it signed is void if anchored since then", compromise,
        "credanchor key compromise north-sea 1f0c… --since 2026-11-25T10:00:00Z",
        configure=_compromise_options,
    )  # fmt: skip


def add(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/keys, or jwt-keys."""
    body: dict[str, Any] = {}
    if not arguments.jwt:
        body = {"custody": "external", "multibase": arguments.external} if arguments.external else {"custody": "hosted"}
    elif arguments.external:
        body["jwk"] = _public_half(Path(arguments.external))
    if arguments.verification_method:
        body["verification_method"] = arguments.verification_method
    return _tell(arguments, options.client(arguments).post(_path(arguments), body))


def listing(arguments: argparse.Namespace) -> int:
    """GET /v1/issuers/{issuer}/keys."""
    found = options.client(arguments).get(_path(arguments))["items"]
    columns = JWT_COLUMNS if arguments.jwt else COLUMNS
    emit(arguments.json, found, table(map(_row, found), columns, "No keys yet. Add one: credanchor key add --help"))
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/keys/{key_id}/revoke."""
    return _tell(arguments, options.client(arguments).post(f"{_path(arguments)}/{_key_id(arguments)}/revoke"))


def compromise(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/keys/{key_id}/compromise."""
    if arguments.jwt:
        raise CliError("A key for JWTs is ended by `key revoke`: all its tokens fail, whenever they were made.")
    path = f"{_path(arguments)}/{_key_id(arguments)}/compromise"
    return _tell(arguments, options.client(arguments).post(path, {"since": arguments.since}))


def _tell(arguments: argparse.Namespace, key: dict[str, Any]) -> int:
    emit(arguments.json, key, facts(_row(key)))
    return 0


def _row(key: dict[str, Any]) -> dict[str, Any]:
    if "jwk" in key:
        return {name: key.get(name, key.get(f"{name}_at")) for name in JWT_COLUMNS}
    chain = key["chain"]
    waiting = "not on the chain yet"
    return {
        "key_id": key["key_id"],
        "multibase": key["multibase"],
        "custody": key["custody"],
        "added": chain["added_at"] or waiting,
        "revoked": chain["revoked_at"] or (waiting if key["revoke_requested"] else None),
        "compromised": chain["compromised_at"] or (waiting if key["compromised_since"] else None),
    }


def _path(arguments: argparse.Namespace) -> str:
    return f"/v1/issuers/{options.segment(arguments.issuer)}/{'jwt-keys' if arguments.jwt else 'keys'}"


def _public_half(path: Path) -> dict[str, str]:
    from api.cli.jwt import MAX_PEM_BYTES
    from registry.credential.es256 import jwk_from_pem

    return jwk_from_pem(options.read(path, MAX_PEM_BYTES))


def _key_id(arguments: argparse.Namespace) -> str:
    return options.segment(arguments.key_id.removeprefix("0x"))


def _issuer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issuer", help="the issuer's short name")
    parser.add_argument("--jwt", action="store_true", help="of the keys for JWTs")


def _key(parser: argparse.ArgumentParser) -> None:
    _issuer(parser)
    parser.add_argument("key_id", help="the key's id, 64 hexadecimal digits, as `key list` shows it")


def _add_options(parser: argparse.ArgumentParser) -> None:
    _issuer(parser)
    says = "public key (z6Mk…) of a key that is kept elsewhere; with --jwt a PEM file with the key or its public half"
    parser.add_argument("--external", metavar="MULTIBASE|PEM", help=says)
    parser.add_argument("--verification-method", metavar="URL", help="DID URL that names the key in proofs")


def _compromise_options(parser: argparse.ArgumentParser) -> None:
    _key(parser)
    parser.add_argument(
        "--since", required=True, metavar="TIME", help="from when on it does not count, RFC 3339; may lie in the past"
    )
