"""Endorsements inside a credential: each is checked as a credential of its own, and gets a line beside the verdict.

What others say of an issuer or an achievement is no part of what the issuer said, so no line ever changes the verdict,
in either direction. FORMAT.md, "Endorsements", has the rules. The file decides nothing: it may hold ten thousand of
them, in each other, by whomever; so depth, checks and lines are bounded, and what was left out is said.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from registry.credential.baking import image_kind
from registry.format.strictjson import canonical, pointer
from registry.verify.document import shown
from registry.verify.outcome import Endorsement, Outcome
from registry.verify.report import Report

TYPE = "EndorsementCredential"

MAX_LEVELS = 3
"""An agency endorses a programme, its council the agency, a ministry the council: deeper chains convince nobody."""

MAX_CHECKED = 8
"""Endorsements checked in one file: each may ask a chain and a status source, and anybody can make a file."""

MAX_LINES = 50
"""Lines in a report; what is beyond is counted."""

_HELD = "verifiableCredential"
"""Where credentials of their own lie, which may be false: what is said of them is told by who verifies them."""

Path = tuple[str | int, ...]
Check = Callable[[bytes], Report]

_WITHOUT_STANDING = "It was anchored on a test network and has no standing."


@dataclass(frozen=True)
class _Found:
    """A value of some `endorsement`, where it is, whom it sits in, and who speaks around it."""

    value: Any
    path: Path
    owner: Any  # id of the object it sits in
    ids: frozenset[str]  # of the credentials around it
    speakers: frozenset[str]  # their issuers


def may_hold(data: bytes) -> bool:
    """Whether a look into the credential of a file is needed.

    A member's name stands in JSON as it is, or has letters as \\u escapes; a picture or PDF may hold the JSON packed.
    """
    return image_kind(data) is not None or b"endorsement" in data or b"\\u" in data


def check_endorsements(document: Mapping[str, Any], outer: Report, check: Check) -> tuple[Endorsement, ...] | None:
    """A line for each endorsement in `document`, those nearest to its surface first. None: nothing was looked at.

    `outer` is the report on the document; only what an issuer is known to have issued is looked into. `check` verifies
    one credential, without its endorsements.
    """
    if not outer.authentic:
        return None
    around = _Found(document, (), None, frozenset({_text(document.get("id"))}), frozenset({_issuer(document)}))
    waiting = deque((found, 1) for found in _inside(around))
    lines: list[Endorsement] = []
    checked = left_out = 0
    while waiting:
        found, level = waiting.popleft()
        line = _refused(found)
        if line is None and checked == MAX_CHECKED:
            left_out += 1
            continue
        if line is None:
            checked += 1
            line = _line(found, check(canonical(found.value)), outer.test_network)
            inner = list(_inside(_within(found))) if line.outcome == "pass" else []
            if level < MAX_LEVELS:
                waiting.extend((each, level + 1) for each in inner)
            elif inner:
                sentence = f"{line.sentence} What it holds of endorsements itself was not checked."
                line = replace(line, sentence=sentence, detail={"deeper": True})
        if len(lines) < MAX_LINES:
            lines.append(line)
        else:
            left_out += 1
    if left_out:
        sentence = f"{left_out} more endorsements were not checked: at most {MAX_CHECKED} are."
        counted = {"left_out": left_out, "most": MAX_CHECKED}
        lines.append(Endorsement("", "not_run", "endorsement.too-many", sentence, detail=counted))
    return tuple(lines)


def inside(document: Mapping[str, Any]) -> Iterator[Any]:
    """What stands at the places of endorsements in a document, unchecked, in its order; None for JWTs."""
    return (found.value for found in _inside(_Found(document, (), None, frozenset(), frozenset())))


def _inside(around: _Found) -> Iterator[_Found]:
    """The endorsements in a document, in its order, not those inside of them or of credentials that it holds."""
    stack: list[tuple[Path, Any]] = [(around.path, around.value)]
    while stack:
        path, value = stack.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        deeper: list[tuple[Path, Any]] = []
        for name, member in members:
            if name == "endorsement":
                values = enumerate(member) if isinstance(member, list) else ((None, member),)
                for index, item in values:
                    place = (*path, name) if index is None else (*path, name, index)
                    yield _Found(item, place, value.get("id"), around.ids, around.speakers)
            elif name == "endorsementJwt":
                yield _Found(None, (*path, name), value.get("id"), around.ids, around.speakers)
            elif name == _HELD:
                continue
            elif isinstance(member, dict | list):
                deeper.append(((*path, name), member))
        stack.extend(reversed(deeper))


def _within(found: _Found) -> _Found:
    """The endorsement as what other endorsements may sit in."""
    return replace(
        found, ids=found.ids | {_text(found.value.get("id"))}, speakers=found.speakers | {_issuer(found.value)}
    )


def _refused(found: _Found) -> Endorsement | None:
    """The line for what is not worth a check: it says nothing about this object, or nobody else says it."""
    value, place = found.value, pointer(*found.path)
    if found.path[-1] == "endorsementJwt":
        sentence = "Endorsements in the form of JWTs are not checked: they have no anchor."
        return Endorsement(place, "not_run", "endorsement.jwt", sentence)
    types = value.get("type") if isinstance(value, dict) else None
    subject = value.get("credentialSubject") if isinstance(value, dict) else None
    if not isinstance(types, list) or TYPE not in types or not isinstance(subject, dict):
        return Endorsement(place, "fail", "endorsement.form", f"What stands at {shown(place)} is no endorsement.")
    told = _said(found, "fail", "endorsement.other-subject", "")
    if not isinstance(found.owner, str) or subject.get("id") != found.owner:
        sentence = f"The endorsement by {_who(value)} is about something else than what it sits in."
        return replace(told, sentence=sentence)
    if _text(value.get("id")) in found.ids:
        sentence = f"The endorsement by {_who(value)} claims to be one of the credentials that it is inside of."
        return replace(told, code="endorsement.circular", sentence=sentence)
    if _issuer(value) in found.speakers:
        sentence = f"Not checked: {_who(value)} speaks for itself, or for somebody who speaks for it."
        return replace(told, outcome="not_run", code="endorsement.own", sentence=sentence)
    return None


def _line(found: _Found, report: Report, test_network: bool) -> Endorsement:
    """What became of a check."""
    who = _who(found.value)
    verdict = report.verdict
    if verdict == "valid" or (verdict == "valid_test" and test_network):
        comment = shown(found.value["credentialSubject"].get("endorsementComment"))
        sentence = f"Endorsed by {who}" + (f": {comment}" if comment else "")
        line = _said(found, "pass", "endorsement.ok", sentence if sentence.endswith((".", "…")) else f"{sentence}.")
    elif verdict in ("unconfirmed", "pending"):
        line = _said(
            found, "unknown", f"endorsement.{verdict}", f"The endorsement by {who} is not confirmed: {report.sentence}"
        )
    else:
        why = _WITHOUT_STANDING if verdict == "valid_test" else report.sentence
        code = "test-network" if verdict == "valid_test" else verdict
        line = _said(found, "fail", f"endorsement.{code}", f"The endorsement by {who} does not count: {why}")
    return replace(line, verdict=verdict, report=report)


def _said(found: _Found, outcome: Outcome, code: str, sentence: str) -> Endorsement:
    value = found.value
    issuer = value.get("issuer")
    return Endorsement(
        pointer(*found.path),
        outcome,
        code,
        sentence,
        endorser_id=shown(_issuer(value)),
        endorser_name=shown(issuer.get("name")) if isinstance(issuer, dict) else "",
        comment=shown(value["credentialSubject"].get("endorsementComment")),
    )


def _who(value: Mapping[str, Any]) -> str:
    """Name and identity together: a name alone is a claim."""
    issuer, id_ = value.get("issuer"), shown(_issuer(value)) or "nobody"
    name = shown(issuer.get("name")) if isinstance(issuer, dict) else ""
    return f"{name} ({id_})" if name else id_


def _issuer(value: Mapping[str, Any]) -> str:
    issuer = value.get("issuer")
    return _text(issuer.get("id") if isinstance(issuer, dict) else issuer)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
