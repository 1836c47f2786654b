"""Endorse a profile, an achievement or a credential: accredit a programme, say that its quality is assured.

The endorsement is a credential of its own, anchored and revocable as every other. It counts where it is embedded in
what it speaks of: --embed-into waits until it is final and writes the definition with it beside the first, as
NAME.endorsed.json. Whoever runs that achievement adds this one; every credential issued for it carries the endorsement.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.achievement import CONTENT_TYPES, MAX_DEFINITION_BYTES
from api.cli.batch import fetch, only_issuer, submit, told, wait
from api.cli.failures import USAGE, CliError
from api.cli.output import Progress, emit

if TYPE_CHECKING:
    from api.client import Client
    from registry.credential.achievement import Achievement


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor endorse`."""
    parser.add_argument("--issuer", help="who endorses; may be left out while there is only one issuer")
    parser.add_argument("--subject", metavar="URL", help="the id of what is endorsed (else the id in the definition)")
    parser.add_argument("--comment", required=True, help="what you say of it: the decision, its scope, its grounds")
    parser.add_argument("--name", help="a title, like 'Accreditation decision AV-4223'")
    parser.add_argument("--valid-until", metavar="TIME", help="when it ends, like 2031-01-15T00:00:00Z")
    parser.add_argument("--embed-into", type=Path, metavar="DEFINITION", help="the achievement's definition")
    parser.add_argument("--out", type=Path, metavar="DIR", help="wait until it is final and write the file here")
    parser.add_argument("--wait", action="store_true", help="wait until it is final")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="longest waiting")
    options.with_api(parser)
    options.example(
        parser,
        "credanchor endorse --issuer agency --subject https://u.example/achievements/ethics \\",
        "    --comment 'Accredited, decision AV-4223' --embed-into achievement.toml",
    )


def run(arguments: argparse.Namespace) -> int:
    """A batch with one endorsement; then wait, fetch and embed as far as it is asked for."""
    definition = _definition(arguments.embed_into) if arguments.embed_into else None
    subject = arguments.subject or (definition.data.get("id") if definition else None)
    if subject is None:
        raise CliError("What is endorsed? --subject gives its id.", "credanchor endorse --help has an example.", USAGE)
    if definition and definition.data.get("id", subject) != subject:
        raise CliError(f"{arguments.embed_into} is {definition.data['id']}, not {subject}.", "Leave --subject out.")
    client, progress = options.client(arguments), Progress(quiet=arguments.json)
    batch = _submit(client, arguments, subject)
    if arguments.wait or arguments.out or definition:
        batch = wait(client, batch, arguments.timeout, progress)
    written: list[str] = []
    with tempfile.TemporaryDirectory() as elsewhere:
        if arguments.out or definition:
            written = fetch(client, batch, arguments.out or Path(elsewhere), progress)
        embedded = _embed(arguments.embed_into, definition, subject, Path(written[0])) if definition else None
    files = written if arguments.out else []
    progress.done()
    text = told(batch, files, arguments.out)
    if embedded:
        text += f"\n\nAdd the definition with it: credanchor achievement add ISSUER {embedded}"
    emit(arguments.json, batch | {"files": files, "definition": embedded and str(embedded)}, text)
    return 0


def _submit(client: "Client", arguments: argparse.Namespace, subject: str) -> dict[str, Any]:
    said = {"subject": subject, "comment": arguments.comment, "name": arguments.name}
    said = {name: value for name, value in (said | {"valid_until": arguments.valid_until}).items() if value is not None}
    issuer = arguments.issuer or only_issuer(client)
    return submit(client, issuer, None, lambda path: client.post(f"{path}/endorsements", said))


def _definition(path: Path) -> "Achievement":
    """Read before anything is issued: what it is to be embedded into must be in order."""
    from registry.credential.achievement import Achievement

    if path.suffix.lower() not in CONTENT_TYPES:
        raise CliError(f"{path} is neither .toml nor .json.", "Name the file after what is in it.")
    return Achievement.parse(options.read(path, MAX_DEFINITION_BYTES), path.suffix.lower().removeprefix("."))


def _embed(path: Path, definition: "Achievement", subject: str, file: Path) -> Path:
    """Write the definition with the endorsement, checked once more as a whole."""
    from registry.credential.achievement import Achievement

    endorsement = json.loads(file.read_bytes())
    whole = definition.data | {"id": subject, "endorsements": [*definition.data.get("endorsements", []), endorsement]}
    made = Achievement.parse(json.dumps(whole, ensure_ascii=False).encode(), "json")
    target = path.with_name(f"{path.stem.removesuffix('.endorsed')}.endorsed.json")
    target.write_text(json.dumps(made.data, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return target
