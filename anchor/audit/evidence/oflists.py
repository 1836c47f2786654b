"""The material of findings about status lists."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from anchor.audit.evidence import parts
from anchor.audit.evidence.context import PROOF
from anchor.audit.evidence.parts import Material, Open
from anchor.audit.manifest import AnchorLine, ListLine
from anchor.audit.report import Finding
from anchor.audit.source import list_path
from anchor.audit.view import View
from anchor.bundle import slots
from anchor.bundle.make import Collector
from registry.format.merkle import root_of
from registry.format.strictjson import parse
from registry.limits import MAX_STATUS_EVIDENCE_BYTES

BY_CONTENT = ("list.unrevoked", "list.other-kind")
"""Findings that the lists themselves show, not their versions and digests."""

MAX_EARLIER = 32
"""Earlier versions of a list that are tried; each may mean reading one list."""


def status_lists(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The version that the finding names, with each earlier one from the newest on."""
    line = parts.line(view, parts.number(finding))
    for item in line.lists:
        if finding.subject == _name(line, item):
            yield from _pairs(view, finding, line, item, open_)


def list_gone(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The newest anchor before the finding's that has the list, and all lists of the finding's."""
    number = parts.number(finding)
    list_id = finding.subject.removeprefix("list ").removesuffix(f" in anchor {number}")
    having = ((line, one) for line in parts.lines_back(view, number - 1) for one in line.lists if one.id == list_id)
    before, later = next(having, None), parts.line(view, number)
    if before is None:
        raise parts.NotThere("an anchor with this list")
    chain = _open(view, open_, before[0], later)
    yield {
        "id": list_id,
        "first": _side(view, *before, False),
        "second": _whole(view, later),
        PROOF: parts.proof(chain),
    }


def list_itself(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """The version that the finding names."""
    line = parts.line(view, parts.number(finding))
    chain = _open(view, open_, line)
    for item in line.lists:
        if finding.subject == _name(line, item):
            yield {"id": item.id, **_side(view, line, item, True), PROOF: parts.proof(chain)}


def status_tree(view: View, finding: Finding, open_: Open) -> Iterator[Material]:
    """All lists of the finding's anchor."""
    line = parts.line(view, parts.number(finding))
    chain = _open(view, open_, line)
    yield {**_whole(view, line), PROOF: parts.proof(chain)}


def _open(view: View, open_: Open, *lines: AnchorLine) -> Collector:
    """Proofs that these anchors are on the chain."""
    chain = open_()
    for root in {root_of(parts.tree(view, line)) for line in lines}:
        chain.prove(partial(slots.anchored, root=root))
    return chain


def _name(line: AnchorLine, item: ListLine) -> str:
    return f"list {item.id} version {item.version} in anchor {line.number}"


def _whole(view: View, line: AnchorLine) -> Material:
    said = [{"id": one.id, "version": one.version, "digest": one.digest.hex()} for one in line.lists]
    return {"lists": said, "tree": parts.hexes(parts.tree(view, line))}


def _pairs(view: View, finding: Finding, line: AnchorLine, item: ListLine, open_: Open) -> Iterator[Material]:
    twice, bits = finding.code == "list.twice", finding.code in BY_CONTENT
    earlier = (
        (before, one)
        for before in ([line] if twice else parts.lines_back(view, line.number - 1))
        for one in before.lists
        if one.id == item.id and (one.version, one.digest) != (item.version, item.digest)
    )
    for before, one in islice(earlier, MAX_EARLIER):
        older, newer = (before, one), (line, item)
        if twice and one.version > item.version:
            older, newer = newer, older
        chain = _open(view, open_, before, line)
        yield {
            "id": item.id,
            "first": _side(view, *older, bits),
            "second": _side(view, *newer, bits),
            PROOF: parts.proof(chain),
        }


def _side(view: View, line: AnchorLine, item: ListLine, bits: bool) -> Material:
    document = None
    if bits:
        document = parse(view.export.read(list_path(item.digest)), max_bytes=MAX_STATUS_EVIDENCE_BYTES)
    return {
        "version": item.version,
        "digest": item.digest.hex(),
        "document": document,
        "lists": parts.hexes(line.list_hashes(view.registry)),
        "tree": parts.hexes(parts.tree(view, line)),
    }
