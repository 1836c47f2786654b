"""Check that Open Badges, yours or anybody's, have the elements of a European micro-credential.

Council Recommendation 2022/C 243/02, Annex I: eleven mandatory elements, five optional ones. It looks at what is
written, asks nobody, and needs no registry. Whether it is true, and who wrote it, is for `credanchor verify`.
Exit code: 0 all mandatory elements are there, 1 one is missing or malformed or a file is no Open Badge, 2 unreadable.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.output import BOLD, DIM, GREEN, RED, YELLOW, colour

if TYPE_CHECKING:
    from registry.credential.lint import Lint

MARKS = {"present": ("✓", GREEN), "malformed": ("✗", RED), "missing": ("✗", RED)}
OPTIONAL = {"malformed": ("!", YELLOW), "missing": ("-", DIM)}


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor lint`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a credential file; - reads one from stdin")
    options.with_json(parser)
    options.example(parser, "credanchor lint badge.json", "credanchor lint files/*.json --json | jq .complete")


def run(arguments: argparse.Namespace) -> int:
    """Look at every file; with --json one result a line."""
    worst = 0
    for path in arguments.files:
        result, problem = _look(options.content(path))
        worst |= problem is not None or bool(result and result.errors)
        _print(path, result, problem, arguments.json)
    return int(worst)


def _look(data: bytes) -> "tuple[Lint | None, dict[str, Any] | None]":
    """What the lint says, or why it can say nothing."""
    from registry.credential.lint import lint
    from registry.errors import FormatError
    from registry.format import strictjson

    try:
        credential = strictjson.parse(data)
        return lint(credential if isinstance(credential, dict) else {}), None
    except FormatError as error:
        return None, {"code": error.code, "pointer": error.pointer, "problem": str(error), "remedy": error.remedy}


def _print(path: Path, result: "Lint | None", problem: dict[str, Any] | None, as_json: bool) -> None:
    if as_json:
        told = result.to_json() if result else {"complete": False, "elements": {}, "findings": [problem]}
        print(json.dumps({"file": str(path)} | told, ensure_ascii=False))
        return
    if result is None or problem is not None:
        print(f"{colour(str(path), BOLD)}: {colour('not read', RED)}. {(problem or {}).get('problem')}")
        return
    count = len({finding.element for finding in result.errors})
    verdict = colour("incomplete", RED) if count else colour("complete", GREEN)
    said = f"{count} of the 11 mandatory elements {'is' if count == 1 else 'are'} missing or malformed."
    print(f"{colour(str(path), BOLD)}: {verdict}. {said if count else 'All 11 mandatory elements are there.'}")
    for number, element in result.to_json()["elements"].items():
        state = element["state"]
        mark, tint = (MARKS if int(number) <= 11 else MARKS | OPTIONAL)[state]
        print(f"  {colour(mark, tint)} {number:>2} {element['name']}: {state}")
        for finding in result.findings:
            if str(finding.element) == number:
                print(f"       at {finding.pointer}: {finding.problem}. {finding.remedy}.")
