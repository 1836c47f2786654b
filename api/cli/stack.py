"""`credanchor issue --stack`: a larger credential for the smaller ones of one learner.

The registry verifies every component itself and applies the rule in the achievement's definition; this only sends them.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.achievement import known
from api.cli.batch import only_issuer, submit
from api.cli.components import gather
from api.cli.failures import USAGE, CliError
from api.cli.output import Progress

if TYPE_CHECKING:
    from api.client import Client

AS_NAMED = Path()
"""--learners without a roster."""

_LEARNER = "What the components do not say, by columns of a roster: --learner email=ana@learner.example"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor issue` that are about a stack."""
    says = "one learner's credentials, or a directory of them: issue what they make together, instead of a roster"
    parser.add_argument("--stack", nargs="+", type=Path, metavar="FILE|DIR", help=says)
    says = "with --stack: what it becomes, an Open Badge that names its components (certificate, unless you say so), or"
    says += " a Comprehensive Learner Record that holds them (clr)"
    parser.add_argument("--as", dest="form", choices=("certificate", "clr"), help=says)
    says = "with --stack: what the components do not say, by columns of a roster, like email=ana@learner.example"
    parser.add_argument("--learner", action="append", default=[], metavar="COLUMN=VALUE", help=says)
    says = "with --stack: the files are many learners', who are in this roster (its columns are those of --learner), or"
    says += " without ROSTER as the files name them: one larger credential for each who has what the rule asks for"
    parser.add_argument("--learners", nargs="?", type=Path, const=AS_NAMED, metavar="ROSTER", help=says)


def send(client: "Client", arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """A batch with the one credential. Raises CliError, and ApiError with the files' names in it."""
    from api.client import ApiError
    from registry.credential.achievement.components import MAX_COMPONENTS

    told = learner(arguments.learner)
    files = gather(arguments.stack)
    if len(files) > MAX_COMPONENTS:
        raise CliError(
            f"These are {len(files)} components; the most is {MAX_COMPONENTS}.", "Give those that the definition names."
        )
    components = [credential(path, content) for path, content in files]
    issuer = arguments.issuer or only_issuer(client)
    body: dict[str, Any] = {
        "achievement": known(client, issuer, arguments.achievement), "learner": told, "components": components,
    }  # fmt: skip
    if arguments.form:
        body["form"] = arguments.form
    progress(f"{len(files)} components: verified by the registry")
    try:
        return submit(client, issuer, None, lambda path: client.post(f"{path}/stacks", body))
    except ApiError as refusal:
        for error in refusal.errors:
            row = error.get("row")
            if isinstance(row, int) and 1 <= row <= len(files):
                error["detail"] = f"{files[row - 1][0]}: {error.get('detail', '')}"
        raise


def learner(words: list[str]) -> dict[str, str]:
    """What --learner says, by column. Raises CliError."""
    told: dict[str, str] = {}
    for word in words:
        column, equals, value = word.partition("=")
        if not equals or not column or column in told:
            raise CliError(f"{word!r} is not COLUMN=VALUE, or given twice.", _LEARNER + ".", USAGE)
        told[column] = value
    return told


def credential(path: Path, content: bytes) -> dict[str, Any]:
    """The credential in a file or picture, as JSON; whether it is genuine is for the registry to say.

    Raises CliError.
    """
    from registry.credential.baking import credential_in
    from registry.errors import FormatError
    from registry.format import strictjson

    try:
        value = strictjson.parse(credential_in(content))
    except FormatError as problem:
        raise CliError(f"{path} is no credential: {problem}") from None
    if not isinstance(value, dict):
        raise CliError(f"{path} is no credential: it is not a JSON object.")
    return value
