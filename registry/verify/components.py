"""Components of a stack: the credentials that a credential commits to, held against the files that somebody gave, and
those that a Comprehensive Learner Record holds whole.

The issuer says that the learner has them; the files show it. So a line never changes the verdict, in either direction:
what is wrong with a file that somebody gave is no flaw of the credential. FORMAT.md, "Components", has the rules.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from registry.credential.baking import credential_in
from registry.errors import FormatError
from registry.format.digests import MEDIA_TYPE, sha256_of
from registry.format.strictjson import canonical, pointer
from registry.verify import document as documents
from registry.verify.document import shown
from registry.verify.outcome import Component, Outcome
from registry.verify.report import Report

MAX_CHECKED = 32
"""Components verified for one file, as many as a rule can ask for: each may ask a chain and a status source."""

MAX_LINES = 50
"""Lines about what the credential names or holds; as many again about other files. What is beyond is counted."""

RECORD = "ClrCredential"
"""Type of a credential that holds others (1EdTech Comprehensive Learner Record 2.0)."""

Check = Callable[[bytes], Report]


@dataclass(frozen=True)
class Given:
    """A file that may be a component. `name` is what it is called in lines; `id` None: it is no credential."""

    name: str
    data: bytes = field(repr=False)
    id: str | None
    d_jcs: bytes = b""

    @classmethod
    def read(cls, name: str, data: bytes) -> "Given":
        """Look at a file, which may be a picture; nothing about it is checked yet."""
        try:
            found = documents.read(credential_in(data))
        except FormatError:
            return cls(name, data, None)
        return cls(name, data, found.document["id"], found.d_jcs)


def check_components(
    document: Mapping[str, Any], outer: Report, given: Sequence[Given], check: Check
) -> tuple[Component, ...] | None:
    """A line for each component that `document` names or holds, and for each given file that is none. None: not
    looked at.

    `outer` is the report on the document; only what an issuer is known to have issued is looked into. `check` verifies
    one file, without looking into it for more.
    """
    if not outer.authentic:
        return None
    by_id: dict[str, list[Given]] = {}
    for file in given:
        if file.id is not None:
            by_id.setdefault(file.id, []).append(file)
    named = list(_named(document, by_id.keys()))
    times = Counter(str(entry["id"]) for entry in named)
    held = list(_held(document))
    lines: list[Component] = []
    checked = left_out = 0
    compared = (_compared(entry, times, by_id, document["id"]) for entry in named)
    for found, same in chain(compared, _inside(held, document["id"])):
        if len(lines) == MAX_LINES or (same and checked == MAX_CHECKED):
            left_out += 1
            continue
        if same:
            checked += 1
            lines.append(_verified(found, same, check(same.data), outer.test_network))
        else:
            lines.append(found)
    if left_out:
        sentence = f"{left_out} more components were not checked: at most {MAX_CHECKED} are."
        counted = {"left_out": left_out, "most": MAX_CHECKED}
        lines.append(Component("", "not_run", "component.too-many", sentence, detail=counted))
    return (*lines, *_others(given, times, {_id(value) for value in held}))


def inside(document: Mapping[str, Any]) -> Iterator[Any]:
    """The entries that name components in a document, and the credentials that it holds, unchecked, in its order."""
    yield from _named(document, ())
    yield from _held(document)


def _named(document: Mapping[str, Any], ids: Any) -> Iterator[Mapping[str, Any]]:
    """The entries of `relatedResource` that are credentials, by their media type or because one was given."""
    value = document.get("relatedResource", [])
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            continue
        if entry.get("mediaType") == MEDIA_TYPE or entry["id"] in ids:
            yield entry


def _compared(
    entry: Mapping[str, Any], times: Mapping[str, int], by_id: Mapping[str, list[Given]], own_id: str
) -> tuple[Component, Given | None]:
    """The line for an entry, and the file that is what it commits to, if there is one."""
    id_ = entry["id"]
    line = Component(shown(id_), "fail", "component.form", "")
    if id_ == own_id:
        sentence = "The credential names itself as a component."
        return replace(line, code="component.circular", sentence=sentence), None
    if times[id_] > 1:
        return replace(
            line, sentence=f"{line.id} is named {times[id_]} times, where one component is named once."
        ), None
    try:
        digest = sha256_of(entry)
    except FormatError as flaw:
        return replace(line, sentence=f"What is said of {line.id} cannot be checked: {flaw.problem}."), None
    line = replace(line, sha256=digest.hex())
    files = by_id.get(id_, [])
    same = next((file for file in files if file.d_jcs == digest), None)
    if same is not None:
        return line, same
    if not files:
        sentence = f"{line.id} was not given, so it was not checked."
        return replace(line, outcome="not_run", code="component.not-given", sentence=sentence), None
    sentence = f"{_called(files[0])} has the id of a component but other contents than the credential commits to."
    return replace(line, code="component.digest", sentence=sentence, file=files[0].name), None


def _held(document: Mapping[str, Any]) -> Iterator[Any]:
    """What a record holds, in its order: anything at all."""
    if RECORD in document["type"]:
        value = document["credentialSubject"].get("verifiableCredential", [])
        yield from value if isinstance(value, list) else [value]


def _inside(held: Sequence[Any], own_id: str) -> Iterator[tuple[Component, Given | None]]:
    """The line for each credential that a record holds, and its file if it is worth a check."""
    times = Counter(filter(None, map(_id, held)))
    for index, value in enumerate(held):
        id_, place = _id(value), pointer("credentialSubject", "verifiableCredential", index)
        line = Component(shown(id_), "fail", "component.form", "", pointer=place)
        if not id_:
            yield replace(line, sentence=f"What stands at {place} is no credential with an id."), None
        elif id_ == own_id:
            sentence = "The credential holds another one under its own id."
            yield replace(line, code="component.circular", sentence=sentence), None
        elif times[id_] > 1:
            yield replace(line, sentence=f"The credential holds {times[id_]} under the id {line.id}."), None
        else:
            yield line, Given("", canonical(value), id_)  # read when it is verified, for there may be thousands


def _id(value: Any) -> str:
    """The id of what may be a credential; empty where there is none."""
    id_ = value.get("id") if isinstance(value, dict) else None
    return id_ if isinstance(id_, str) else ""


def _verified(line: Component, file: Given, report: Report, test_network: bool) -> Component:
    """The line for a file that is what the credential commits to, or that it holds."""
    verdict = report.verdict
    title = report.found.title if report.found else ""
    line = replace(line, file=file.name, verdict=verdict, title=title, report=report)
    if verdict == "valid" or (verdict == "valid_test" and test_network):
        said: tuple[Outcome, str, str] = ("pass", "ok", "")
    elif verdict in ("unconfirmed", "pending"):
        said = ("unknown", verdict, "is not confirmed: ")
    elif verdict == "valid_test":
        said = ("fail", "test-network", "does not count, for it has no standing: ")
    else:
        said = ("fail", verdict, "does not count any more: " if verdict != "invalid" else "does not count: ")
    outcome, code, words = said
    what = f"{_called(file)} is what the credential commits to"
    if line.pointer:
        line = replace(line, sha256=report.found.d_jcs.hex() if report.found else "")
        what = f"{line.title or line.id} is in the credential"
    sentence = f"{what}{', and ' if words else '. '}{words}{report.sentence}"
    return replace(line, outcome=outcome, code=f"component.{code}", sentence=sentence)


def _others(given: Sequence[Given], times: Mapping[str, int], held: Set[str]) -> Iterator[Component]:
    """Lines for the files that are no components, or none that can be read, or copies of what the credential holds."""
    others = [file for file in given if file.id is None or file.id not in times]
    for file in others[:MAX_LINES]:
        if file.id is None:
            sentence = f"{_called(file)} is no credential file, so it is no component."
            yield Component("", "not_run", "component.unreadable", sentence, file=file.name)
        else:
            sentence = f"{_called(file)} is no component of this credential."
            if file.id in held:
                sentence = f"{_called(file)} was not looked at: the credential holds the one with its id itself."
            yield Component(shown(file.id), "not_run", "component.not-named", sentence, file=file.name)
    if len(others) > MAX_LINES:
        sentence = f"{len(others) - MAX_LINES} more files are no components of this credential."
        yield Component("", "not_run", "component.not-named", sentence, detail={"left_out": len(others) - MAX_LINES})


def _called(file: Given) -> str:
    return shown(file.name) or "The file"
