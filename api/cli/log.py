"""Follow the registry's log: check its signed checkpoint and its tiles against the contract, and against the last time.

With --checkpoint the checkpoint is kept in a file. The next run checks that the log still begins with all that it had
then, and replaces the file only if it does.
Exit code: 0 clean, 1 findings, 2 could not look (something did not answer; that is never a finding).
"""

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.audit import audited_entry, audited_export
from api.cli.failures import NOT_KNOWN, REFUSED, CliError
from api.cli.output import Progress, emit
from api.cli.verify import trust_profile, with_trust

if TYPE_CHECKING:
    from anchor.audit.checkpoint import Served
    from anchor.audit.source import ExportSource
    from registry.format.note import NoteKey
    from registry.verify import RegistryTrust


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor log`."""
    parser.add_argument(
        "export", nargs="?", help="the address of a registry, or a copy of its export (else the one that --url is for)"
    )
    with_trust(parser)
    parser.add_argument("--registry", metavar="NAME", help="which entry of the trust profile, if it has several")
    parser.add_argument(
        "--rpc", action="append", default=[], metavar="URL", help="nodes to ask (else the trust profile's)"
    )
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="the checkpoint of the last run; replaced when all is well"
    )
    options.with_api(parser)
    options.example(
        parser,
        "credanchor log https://registry.example --trust trust.toml --checkpoint registry.checkpoint",
        "credanchor log ./export --trust trust.toml --rpc https://node-a.example --json",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the checkpoint and what is wrong with it."""
    from anchor.audit.checkpoint import Served
    from anchor.audit.source import open_export
    from registry.errors import FormatError

    trust = audited_entry(trust_profile(arguments, NOT_KNOWN), arguments.registry)
    if trust.log_key is None:
        remedy = 'Add `log_key = "…"` to its entry; the operator publishes it in /v1/registry.'
        raise CliError(f"The trust profile does not name the log key of {trust.name}.", remedy, NOT_KNOWN)
    before = _kept(arguments.checkpoint)
    export = open_export(audited_export(arguments, trust))
    try:
        served = Served.read(export)
    except FormatError as flaw:
        return _end(arguments, None, [f"What is served as its checkpoint is none: {flaw}"])
    if served is None:
        raise CliError(f"{export.name} serves no checkpoint.", "It may be of an older version.", NOT_KNOWN)
    problems = _problems(arguments, trust, trust.log_key, export, served, before)
    if arguments.checkpoint and not problems:
        options.write(arguments.checkpoint, served.content)
    return _end(arguments, served, problems)


def _problems(  # noqa: PLR0917 (one place calls it)
    arguments: argparse.Namespace,
    trust: "RegistryTrust",
    key: "NoteKey",
    export: "ExportSource",
    served: "Served",
    before: "Served | None",
) -> list[str]:
    from anchor.audit.view import Given, View
    from registry.errors import FormatError

    if before is not None and not any(before.signed_by(one) for one in trust.log_keys):
        raise CliError(f"{arguments.checkpoint} is not a checkpoint of this log.", exit_code=NOT_KNOWN)
    progress = Progress(quiet=arguments.json)
    view = View.open(export, arguments.rpc or trust.rpc, trust, None, Given(), progress)
    view.trusted = hashlib.sha256(view.chain.code()).digest() == trust.code_sha256
    complete = view.complete
    progress.done()
    if not complete:
        raise CliError("The node does not tell the contract's whole log, or the code is another.", exit_code=NOT_KNOWN)
    ahead = served.ahead(view.leaves)
    found = [served.unsigned(key) or ("" if ahead else served.other_head(view.head_at(served.checkpoint.size)))]
    try:
        tree = served.tree(export)
    except FormatError as flaw:
        found.append(f"{flaw}")
    else:
        found.append(served.follows(before, tree) if before is not None else "")
    problems = [one for one in found if one]
    if not problems and ahead:
        problem = f"The checkpoint has {served.checkpoint.size} entries; the node knows {len(view.leaves)} final ones."
        raise CliError(problem, "Ask again, or another node with --rpc.", NOT_KNOWN)
    return problems


def _kept(path: Path | None) -> "Served | None":
    """Raises CliError for a file that is no checkpoint: then nothing is known."""
    from anchor.audit.checkpoint import Served
    from registry.errors import FormatError
    from registry.format.note import MAX_NOTE_BYTES

    if path is None or not path.exists():
        return None
    try:
        return Served.parse(options.read(path, MAX_NOTE_BYTES))
    except (FormatError, CliError) as problem:
        raise CliError(f"{path} is no checkpoint: {problem}", exit_code=NOT_KNOWN) from None


def _end(arguments: argparse.Namespace, served: "Served | None", problems: list[str]) -> int:
    found = served.checkpoint if served else None
    value: dict[str, Any] = {
        "origin": found and found.origin,
        "size": found and found.size,
        "root": found and found.root.hex(),
        "findings": problems,
    }
    text = f"{found.origin}\n{found.size} entries, head {found.root.hex()}\n" if found else ""
    said = "\n".join(problems) or "Signed, and the contract's own log; its tiles lead to it."
    emit(arguments.json, value, text + said)
    return REFUSED if problems else 0
