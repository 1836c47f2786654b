"""`credanchor issue --stack --learners`: a larger credential for each of many learners, in one batch.

The files are sorted here, by what ties them to a learner; for each the registry verifies and decides, as for one. Who
does not get one, and which file did not count, is said with the reason; nothing is left out in silence.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import rosters
from api.cli.achievement import known
from api.cli.batch import only_issuer, submit
from api.cli.components import MAX_FILES_OF_MANY, content, named
from api.cli.failures import REFUSED, CliError
from api.cli.options import segment
from api.cli.output import Progress
from api.cli.stack import AS_NAMED, credential, learner

if TYPE_CHECKING:
    from api.client import ApiError, Client

REFUSED_FILE = "stack.component"
"""The refusal of a component that is not valid. Anybody can make one in another's name: it must cost nobody a stack."""

AGAIN = ("stack.twice", "stack.same-achievement", REFUSED_FILE)
"""Refusals of a component without which the rest is tried again: of that, or what the learner has no use for."""

_NONE = "No file among these is of this learner"
_NOT_ASKED = "The definition does not name its achievement"


@dataclass
class Learner:
    """Somebody to whom a larger credential was to be issued; `problem` is why not."""

    name: str
    cells: Mapping[str, Any]
    files: list[tuple[Path, dict[str, Any]]]
    row: int | None = None  # of the roster, from 1, without its heading
    left_out: list[tuple[Path, str]] = field(default_factory=list)
    refused: bool = False  # whether one of these is not valid
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "learner": self.name,
            "row": self.row,
            "components": [str(path) for path, _ in self.files],
            "left_out": _reasons(self.left_out),
            "problem": self.problem or None,
        }


@dataclass
class Many:
    """What came of it: the batch, if anybody got one; everybody; and files that are nobody's."""

    learners: list[Learner]
    unused: list[tuple[Path, str]]
    batch: dict[str, Any] | None = None

    @property
    def exit_code(self) -> int:
        """0 if everybody got one, and every file is somebody's and valid."""
        return REFUSED if self.unused or any(one.problem or one.refused for one in self.learners) else 0

    def to_json(self) -> dict[str, Any]:
        return {"learners": [one.to_json() for one in self.learners], "unused": _reasons(self.unused)}

    @property
    def text(self) -> str:
        """For people: who did not get one, and which files did not count."""
        refused = [one for one in self.learners if one.problem]
        lines = [f"{len(self.learners) - len(refused)} of {len(self.learners)} learners get one."]
        lines += [f"  not {one.name}: {one.problem}" for one in refused]
        left = [pair for one in self.learners for pair in one.left_out] + self.unused
        lines += [f"  {path} did not count: {why}" for path, why in left]
        return "\n".join(lines)


class _NobodyError(CliError):
    """No learner gets one: the batch is given up again."""


def send(client: "Client", arguments: argparse.Namespace, progress: Progress) -> Many:
    """A batch with a credential for each who gets one. Raises CliError, ApiError."""
    common = learner(arguments.learner)
    given = [] if arguments.learners == AS_NAMED else [common | dict(row) for row in rosters.rows(arguments.learners)]
    if not given and arguments.learners != AS_NAMED:
        raise CliError(f"{arguments.learners} names nobody.", "Give a row to every learner.")
    files = named(arguments.stack, MAX_FILES_OF_MANY, "Issue in parts.")
    issuer = arguments.issuer or only_issuer(client)
    own = client.get(f"/v1/issuers/{segment(issuer)}")["did"]
    achievement = known(client, issuer, arguments.achievement)
    definition = client.get(f"/v1/achievements/{segment(achievement)}")["definition"]
    many = _sorted(files, given, common, own, progress)
    for one in many.learners:
        _leave_out(one, definition.get("stacking", {}).get("requires"))
    body = {"achievement": achievement} | ({"form": arguments.form} if arguments.form else {})

    def fill(path: str) -> None:
        for number, one in enumerate(many.learners, 1):
            progress(f"learner {number} of {len(many.learners)}: components verified by the registry")
            _add(client, f"{path}/stacks", body, one)
        if all(one.problem for one in many.learners):
            raise _NobodyError("Nobody gets one.")

    try:
        many.batch = submit(client, issuer, None, fill)
    except _NobodyError:
        many.batch = None
    return many


def _sorted(
    files: Sequence[Path], given: Sequence[Mapping[str, Any]], common: Mapping[str, Any], own: str, progress: Progress
) -> Many:
    """Everybody with the files that are theirs."""
    from registry.credential.learners import group
    from registry.errors import FormatError
    from registry.format.strictjson import canonical
    from registry.verify.document import read

    readable: list[tuple[Path, dict[str, Any]]] = []
    unused: list[tuple[Path, str]] = []
    for path in files:
        try:
            value = credential(path, content(path))
            read(canonical(value))
        except (CliError, FormatError) as problem:
            unused.append((path, f"{problem}"))
        else:
            readable.append((path, value))

    def documents() -> Iterator[dict[str, Any]]:
        for number, (_, value) in enumerate(readable, 1):
            progress(f"file {number} of {len(readable)}: held against the learners")
            yield value

    groups, left = group(given, documents(), own)
    unused += [(readable[place][0], f"{why}.") for place, why in left.items()]
    learners = []
    for found in groups:
        mine = [readable[place] for place in found.documents]
        cells = given[found.given] if found.given is not None else common
        row = found.given + 1 if found.given is not None else None
        learners.append(Learner(_name(cells, mine, row), cells, mine, row))
    return Many(learners, unused)


def _name(cells: Mapping[str, Any], files: Sequence[tuple[Path, dict[str, Any]]], row: int | None) -> str:
    """Who it is, for people: as the roster says, else as the first file does."""
    told = [str(cells[column]) for column in ("name", "email", "learner_id") if cells.get(column)]
    if row is not None:
        return f"{told[0] if told else 'somebody'} (row {row})"
    return str(files[0][1]["credentialSubject"].get("id") or files[0][0])[:200]


def _leave_out(one: Learner, requires: Mapping[str, Any] | None) -> None:
    """Take out what the rule does not ask for; without a rule the registry says so."""
    from registry.credential.achievement.components import Rule
    from registry.credential.stack import Component

    ids = Rule.of(requires).ids if requires else None
    given, one.files = one.files, []
    for path, value in given:
        if ids is None or Component.of(value).achievement_id in ids:
            one.files.append((path, value))
        else:
            one.left_out.append((path, f"{_NOT_ASKED}."))
    one.problem = "" if one.files else f"{_NONE}{' that the definition asks for' if given else ''}."


def _add(client: "Client", path: str, body: Mapping[str, Any], one: Learner) -> None:
    """Have one made. What the registry has against it becomes the learner's problem; other trouble is raised."""
    from api.client import ApiError

    cells = {name: value for name, value in one.cells.items() if value not in (None, "")}
    while not one.problem:
        try:
            client.post(path, {**body, "learner": cells, "components": [value for _, value in one.files]})
        except ApiError as refusal:
            if refusal.status != 422:
                raise
            spare = {error["row"] - 1: error for error in refusal.errors if error.get("code") in AGAIN}
            rest = [pair for place, pair in enumerate(one.files) if place not in spare]
            if not spare or not rest:
                one.problem = _against(refusal, one)
                return
            one.left_out += [(one.files[place][0], f"{error['detail']}.") for place, error in spare.items()]
            one.refused |= any(error["code"] == REFUSED_FILE for error in spare.values())
            one.files = rest
        else:
            return


def _against(refusal: "ApiError", one: Learner) -> str:
    """The registry's reasons, with the names of files in place of their numbers."""
    said = []
    for error in refusal.errors:
        row = error.get("row")
        where = f"{one.files[row - 1][0]}: " if isinstance(row, int) and 1 <= row <= len(one.files) else ""
        text = " ".join(f"{str(error[name]).rstrip('.')}." for name in ("detail", "remedy") if error.get(name))
        said.append(where + text)
    return " ".join(said) or f"{refusal.title}: {refusal.detail}"


def _reasons(pairs: Sequence[tuple[Path, str]]) -> list[dict[str, str]]:
    return [{"file": str(path), "problem": why} for path, why in pairs]
