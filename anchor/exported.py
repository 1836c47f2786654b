"""Status evidence out of a static copy of the public export: a bucket of files stands for the registry's server.

The copy is not trusted. Files that contradict each other are refused here, so that another source is asked; whether the
rest is what the chain commits to is for check 6 to say (registry/FORMAT.md section 6).
"""

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from anchor.audit.manifest import AnchorFile, AnchorLine, ListLine, RegistryFile
from anchor.audit.source import ExportSource, Missing, anchor_path, list_path
from anchor.errors import Unreachable
from anchor.kept import Kept
from registry.errors import FormatError
from registry.format.merkle import Tree
from registry.format.strictjson import digest, parse
from registry.limits import MAX_STATUS_EVIDENCE_BYTES
from registry.verify.evidence import ListEvidence, StatusEvidence

PURPOSES = ("revocation", "suspension")

KEPT_ANCHORS = 4
"""Anchor files remembered; only the newest is ever asked for, and nodes may differ by one or two."""


class ExportStatus:
    """A StatusSource over one export. Reads the anchor's own file and two lists, never the whole history."""

    def __init__(self, source: ExportSource) -> None:
        self._source = source
        self._anchors: Kept[int, AnchorFile] = Kept(KEPT_ANCHORS)

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        """Evidence for the pair of `list_id` under that anchor. Raises Unreachable, naming the file in the way."""
        anchor = self._anchors.get(anchor_number)
        if anchor is None:
            anchor = self._anchor(anchor_number)
            self._anchors.put(anchor_number, anchor)
        line = anchor.line
        places = pair_of(list_id, line)
        if places is None:
            raise Unreachable(self._source.name, f"its anchor {anchor_number} has no pair of lists {list_id}")
        evidence = evidence_of(
            self._registry, anchor, [(place, self._credential(line.lists[place])) for place in places]
        )
        return json.dumps(evidence.to_json(), ensure_ascii=False, separators=(",", ":")).encode()

    def exists(self) -> bool:
        """Whether there is an export at all."""
        try:
            return bool(self._registry)
        except Unreachable:
            return False

    def _anchor(self, number: int) -> AnchorFile:
        path = anchor_path(number)
        try:
            found = AnchorFile.parse(self._source.read(path))
        except Missing:
            raise self._bad(path, "it is not there: the copy is older than the chain, or withholds it") from None
        except FormatError as flaw:
            raise self._bad(path, f"it is damaged: {flaw}") from None
        root = _anchor_tree(self._registry, found).root
        if found.line.number != number or found.line.root != root:
            raise self._bad(path, f"it does not lead to its own root, or is not anchor {number}: it was changed")
        return found

    def _credential(self, item: ListLine) -> dict[str, Any]:
        path = list_path(item.digest)
        try:
            found = parse(self._source.read(path), max_bytes=MAX_STATUS_EVIDENCE_BYTES)
            if isinstance(found, dict) and digest(found) == item.digest:
                return found
        except Missing:
            raise self._bad(path, f"it is not there, and anchors need it for {item.id}") from None
        except FormatError as flaw:
            raise self._bad(path, f"it is damaged: {flaw}") from None
        raise self._bad(path, "it does not have the digest of its name: it was changed")

    @cached_property
    def _registry(self) -> bytes:
        try:
            return RegistryFile.parse(self._source.read("registry.json")).registry_id
        except Missing:
            raise self._bad("registry.json", "it is not there, so this is not an export") from None
        except FormatError as flaw:
            raise self._bad("registry.json", f"it is damaged: {flaw}") from None

    def _bad(self, path: str, problem: str) -> Unreachable:
        return Unreachable(f"{self._source.name}/{path}", problem)


def pair_of(list_id: str, line: AnchorLine) -> list[int] | None:
    """Where in an anchor's status tree the pair of `list_id` is, revocation first; None when it has not both."""
    stem = next((list_id.removesuffix(purpose) for purpose in PURPOSES if list_id.endswith(f"-{purpose}")), "")
    places = {item.id: place for place, item in enumerate(line.lists)}
    found = [places[stem + purpose] for purpose in PURPOSES if stem + purpose in places]
    return found if len(found) == len(PURPOSES) else None


def evidence_of(registry: bytes, anchor: AnchorFile, documents: Sequence[tuple[int, dict[str, Any]]]) -> StatusEvidence:
    """The evidence that an anchor's file gives for lists, each by its place and as its signed document."""
    line, tree = anchor.line, _anchor_tree(registry, anchor)
    lists = Tree(line.list_hashes(registry))
    return StatusEvidence(
        anchor_number=line.number,
        anchor_size=tree.size,
        anchor_path=tuple(tree.path(0)),
        status_root=line.status_root,
        lists_size=lists.size,
        lists=tuple(
            ListEvidence(
                id=one.id,
                version=one.version,
                index=place,
                path=tuple(lists.path(place)),
                credential=document,
                multikey=one.multikey,
                signature=one.signature,
            )
            for place, document in documents
            for one in [line.lists[place]]
        ),
    )


def _anchor_tree(registry: bytes, anchor: AnchorFile) -> Tree:
    return Tree([anchor.line.status_hash(registry), *anchor.entries])
