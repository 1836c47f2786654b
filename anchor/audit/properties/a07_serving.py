"""A7: what the registry serves to anybody is what it published."""

import json
from typing import Any

from anchor import fetch
from anchor.audit.checkpoint import CHECKPOINT_PATH
from anchor.audit.manifest import AnchorFile, AnchorLine, ListLine
from anchor.audit.properties.property import Property, missing
from anchor.audit.properties.sampling import sample
from anchor.audit.replay import ChainAnchor
from anchor.audit.source import HTTP_TIMEOUT_SECONDS, Missing, list_path
from anchor.audit.view import View
from anchor.exported import evidence_of, pair_of
from anchor.status import evidence_path
from registry.errors import FormatError
from registry.format.anchorproof import rfc3339
from registry.format.strictjson import canonical, parse
from registry.limits import MAX_DEPTH, MAX_STATUS_EVIDENCE_BYTES
from registry.verify.evidence import StatusEvidence

INVARIANT = "ServedIsWhatIsPublished"
SAMPLE = 12
"""Anchors that are asked for, each with the evidence of one of its status lists; drawn by the block's hash."""

PLAIN = ("number", "root", "status_root", "size", "batches")
CHAIN = ("position", "block_number", "block_time")
"""Members of an anchor's page that are compared, and those below its `chain`."""

MAX_ANCHOR_BYTES = 4 * 1024 * 1024
"""An anchor's page lists its batches: a number each."""


def check(view: View) -> str:
    """A sample of what the API answers, and what was served to holders, against what follows from chain and export."""
    if reason := missing(view):
        return reason
    for given in view.credentials:
        anchors = view.history.anchors
        proof = given.proof
        known = 0 < proof.anchor_number <= len(anchors) and anchors[proof.anchor_number - 1].root == proof.anchor_root
        view.book.expect(
            INVARIANT,
            known,
            given.name,
            "served.other-proof",
            f"The proof that was served with it does not lead to the root of anchor {proof.anchor_number}.",
            anchors[proof.anchor_number - 1].root.hex() if 0 < proof.anchor_number <= len(anchors) else "",
            proof.anchor_root.hex(),
        )
    _checkpoint(view)
    if not view.export.api:
        return "what the API answers: the export is not read from beside one"
    return _ask(view)


def _checkpoint(view: View) -> None:
    """The checkpoint beside the export, where there is one: its form and its signature. Its head is for A4."""
    (served, problem), key = view.checkpoint, view.trust.log_key
    if served is not None and key is not None:
        problem = served.unsigned(key)
    elif not problem:
        return
    view.book.expect(INVARIANT, not problem, CHECKPOINT_PATH, "served.checkpoint", problem)


def _ask(view: View) -> str:
    drawn = sample(view.history.anchors, SAMPLE, view.chain.block.hash)
    served = [(anchor, _get(view, f"/v1/anchors/{anchor.number}", MAX_ANCHOR_BYTES)) for anchor in drawn]
    if all(page is None for _, page in served):
        return "what the API answers: there is none beside the export" if served else "no anchors"
    for anchor, page in served:
        line = view.walk.lines.get(anchor.number)
        if line is None:
            continue  # A11 has named it
        own = _own(view, anchor, line)
        if isinstance(page, dict) and page.get("chain", "") is None:  # late, or its worker stands still: no lie
            view.book.note(f"The API has not seen anchor {anchor.number} on the chain yet, where it is final.")
            own = {name: value for name, value in own.items() if name not in CHAIN}
        _compare(view, f"/v1/anchors/{anchor.number}", own, page, _shown(page))
        for item in sample([one for one in line.lists if one.id.endswith("-revocation")], 1, anchor.root):
            _status(view, line, item)
    return ""


def _own(view: View, anchor: ChainAnchor, line: AnchorLine) -> dict[str, Any]:
    entry = view.entries[anchor.position]
    return {
        "number": anchor.number,
        "root": anchor.root.hex(),
        "status_root": line.status_root.hex(),
        "size": len(line.batches) + 1,
        "batches": list(line.batches),
        "position": anchor.position,
        "block_number": entry.block,
        "block_time": rfc3339(anchor.time),
    }


def _shown(page: Any) -> Any:
    """Of an anchor's page what is known from the chain and the export; its transaction is known to nobody else."""
    if not isinstance(page, dict):
        return page
    chain = page.get("chain")
    seen = {name: chain.get(name) for name in CHAIN} if isinstance(chain, dict) else {}
    return {name: page.get(name) for name in PLAIN} | seen


def _status(view: View, line: AnchorLine, item: ListLine) -> None:
    """The evidence for a pair of lists under this anchor, which follows from the export alone."""
    own = _evidence(view, line, pair_of(item.id, line) or [])
    if own is None:
        return  # A5 and A12 have named what is missing
    path = evidence_path(item.id, line.number)
    page = _get(view, path, MAX_STATUS_EVIDENCE_BYTES)
    _compare(view, path, own.to_json(), page, page)


def _evidence(view: View, line: AnchorLine, places: list[int]) -> StatusEvidence | None:
    known = view.walk.batches.entries
    if not places or any(number not in known for number in line.batches):
        return None
    try:
        documents = [
            (place, parse(view.export.read(list_path(line.lists[place].digest)), max_bytes=MAX_STATUS_EVIDENCE_BYTES))
            for place in places
        ]
    except (Missing, FormatError):
        return None
    return evidence_of(view.registry, AnchorFile(line, tuple(known[number] for number in line.batches)), documents)


def _get(view: View, path: str, most: int) -> Any:
    """The JSON that the API answers, None for a 404. Raises Unreachable."""
    try:
        return parse(
            fetch.get(view.export.api + path, timeout=HTTP_TIMEOUT_SECONDS, max_bytes=most),
            max_bytes=most, max_depth=MAX_DEPTH + 3,
        )  # fmt: skip
    except fetch.Absent:
        return None
    except FormatError as flaw:
        return f"no JSON: {flaw.code}"


_ABSENT = object()


def _compare(view: View, path: str, own: dict[str, Any], page: Any, shown: Any) -> None:
    if page is None:
        view.book.expect(INVARIANT, False, path, "served.withheld", "It is published, and the API says it has none.")
        return
    same = canonical(shown) == canonical(own)
    names = sorted(own) if isinstance(shown, dict) else []
    other = [name for name in names if shown.get(name, _ABSENT) != own[name]]
    view.book.expect(
        INVARIANT,
        same,
        path,
        "served.other",
        f"The API answers something else than follows from the chain and the export: {', '.join(other) or 'its form'}.",
        *(json.dumps({name: value.get(name) for name in other[:1]})[:200] for value in (own, shown) if other),
    )


SERVING = Property(
    7,
    "serving",
    "what the registry answers to anybody, in a sample that nobody chose, is what follows from chain and export",
    (INVARIANT,),
    check,
)
