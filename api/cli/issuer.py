"""Issuers: the organisations that issue. Adding or suspending one is written to the contract by the registrar."""

import argparse
import sys
from typing import Any

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import emit, facts, table

COLUMNS = ("id", "did", "registered", "suspended")
LEVELS = ("off", "warn", "require")


def configure(parser: argparse.ArgumentParser) -> None:
    """Subcommands of `credanchor issuer`."""
    group = options.Group(parser)
    group.add(
        "add",
        "add an issuer",
        add,
        "credanchor issuer add north-sea --did did:web:north-sea.example --name 'North Sea University' \\",
        "    --homepage https://north-sea.example --country NL",
        "credanchor issuer add trial --did did:key --name 'Trial'    # makes a key, whose did:key is the identity",
        configure=_add_options,
    )
    group.add("list", "list all issuers", listing, "credanchor issuer list")
    group.add("show", "show one issuer", show, "credanchor issuer show north-sea", configure=_one)
    group.add(
        "did",
        "print an issuer's DID document, to be served where its did:web says",
        did,
        "credanchor issuer did north-sea",
        configure=_one,
    )
    group.add(
        "suspend",
        "suspend an issuer: what it issues from now on does not verify",
        suspend,
        "credanchor issuer suspend north-sea",
        configure=_one,
    )
    group.add(
        "reinstate",
        "lift the suspension of an issuer",
        reinstate,
        "credanchor issuer reinstate north-sea",
        configure=_one,
    )
    group.add(
        "set",
        "say what happens to uploads that lack mandatory elements of a micro-credential",
        set_,
        "credanchor issuer set north-sea --lint require",
        configure=_set_options,
    )


def add(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers."""
    profile: dict[str, Any] = {"name": arguments.name}
    if arguments.homepage:
        profile["url"] = arguments.homepage
    if arguments.country:
        profile["address"] = {"type": ["Address"], "addressCountryCode": arguments.country}
    if arguments.email:
        profile["email"] = arguments.email
    body = {"id": arguments.issuer, "did": arguments.did, "profile": profile}
    return _tell(arguments, options.client(arguments).post("/v1/issuers", body))


def listing(arguments: argparse.Namespace) -> int:
    """GET /v1/issuers."""
    found = list(options.client(arguments).everything("/v1/issuers"))
    text = table(map(_row, found), COLUMNS, "No issuers yet. Add one: credanchor issuer add --help")
    emit(arguments.json, found, text)
    return 0


def show(arguments: argparse.Namespace) -> int:
    """GET /v1/issuers/{issuer}."""
    return _tell(arguments, options.client(arguments).get(f"/v1/issuers/{options.segment(arguments.issuer)}"))


def did(arguments: argparse.Namespace) -> int:
    """GET /v1/issuers/{issuer}/did.json."""
    from registry.credential import dids

    client, path = options.client(arguments), f"/v1/issuers/{options.segment(arguments.issuer)}"
    identity = client.get(path)["did"]
    if not identity.startswith(dids.WEB):
        remedy = "A did:key needs none: whoever reads it has the key." if identity.startswith(dids.KEY) else ""
        raise CliError(f"{identity} has no document that could be served.", remedy)
    emit(True, client.get(f"{path}/did.json"), "")
    print(f"Serve it at {dids.web_url(identity)}", file=sys.stderr)
    return 0


def suspend(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/suspend."""
    return _post(arguments, "suspend")


def reinstate(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/reinstate."""
    return _post(arguments, "reinstate")


def set_(arguments: argparse.Namespace) -> int:
    """POST /v1/issuers/{issuer}/settings."""
    path = f"/v1/issuers/{options.segment(arguments.issuer)}/settings"
    return _tell(arguments, options.client(arguments).post(path, {"lint": arguments.lint}))


def _post(arguments: argparse.Namespace, action: str) -> int:
    path = f"/v1/issuers/{options.segment(arguments.issuer)}/{action}"
    return _tell(arguments, options.client(arguments).post(path))


def _tell(arguments: argparse.Namespace, issuer: dict[str, Any]) -> int:
    emit(arguments.json, issuer, facts(_row(issuer) | {"name": issuer["profile"].get("name"), "lint": issuer["lint"]}))
    return 0


def _row(issuer: dict[str, Any]) -> dict[str, Any]:
    chain = issuer["chain"]
    pending = "" if issuer["suspended"] == chain["suspended"] else " (not on the chain yet)"
    return {
        "id": issuer["id"],
        "did": issuer["did"],
        "registered": chain["added_at"] or "not on the chain yet",
        "suspended": ("yes" if issuer["suspended"] else "no") + pending,
    }


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issuer", help="its short name")


def _set_options(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    says = "off, warn (the default), or require: refuse what lacks a mandatory element of Recommendation 2022/C 243/02"
    parser.add_argument("--lint", required=True, choices=LEVELS, help=says)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issuer", help="a short name of your choice: lower-case letters, digits, hyphens")
    parser.add_argument("--did", required=True, help="its identity, which can never be changed; did:key makes one")
    parser.add_argument("--name", required=True, help="its name as people know it")
    parser.add_argument("--homepage", metavar="URL", help="its website")
    parser.add_argument("--country", metavar="CC", help="two-letter code of its country")
    parser.add_argument("--email", help="its public address")
