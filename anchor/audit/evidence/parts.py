"""What the material of several kinds is made of."""

from collections.abc import Callable, Iterator
from typing import Any

from anchor.audit.evidence.anchors import BatchEntry
from anchor.audit.manifest import AnchorLine, BatchFile
from anchor.audit.report import Finding
from anchor.audit.source import batch_path
from anchor.audit.view import View
from anchor.bundle.make import Collector

Material = dict[str, Any]
Open = Callable[[], Collector]
"""Asks the node for proofs at the audited block. Raises Unreachable where it gives none."""


class NotThere(Exception):
    """What the proof would need was not published, or not found. The message says what."""


def proof(chain: Collector) -> Material:
    """Header, account and storage nodes, all of them needed."""
    return {
        "header": chain.encoded.hex(),
        "account": [node.hex() for node in chain.account],
        "storage": [node.hex() for node in chain.storage],
    }


def tree(view: View, line: AnchorLine) -> list[bytes]:
    """The leaves of an anchor's tree, as the export says what it is made of. Raises NotThere."""
    known = view.walk.batches.entries
    if gone := [number for number in line.batches if number not in known]:
        raise NotThere(f"batch {gone[0]} of anchor {line.number} cannot be read, so its tree is not known")
    return [line.status_hash(view.registry), *(known[number] for number in line.batches)]


def line(view: View, number: int) -> AnchorLine:
    if (found := view.walk.lines.get(number)) is None:
        raise NotThere(f"what anchor {number} is made of, which is not published")
    return found


def line_with(view: View, batch: int) -> AnchorLine:
    if (number := view.walk.batches.numbers.get(batch)) is None:
        raise NotThere(f"no anchor lists batch {batch}")
    return line(view, number)


def lines_back(view: View, number: int) -> Iterator[AnchorLine]:
    """The lines of this anchor and of those before it, as far as they are published."""
    found = (view.walk.lines.get(one) for one in range(number, 0, -1))
    return (line for line in found if line is not None)


def batch(view: View, number: int) -> BatchFile:
    return BatchFile.parse(view.export.read(batch_path(number)))


def entry(batch: BatchFile) -> BatchEntry:
    return BatchEntry(batch.number, batch.size, batch.key_id, batch.root)


def hexes(hashes: list[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def number(finding: Finding) -> int:
    """Like 3 of "batch 3"."""
    word = finding.subject.split()[-1]
    if not word.isascii() or not word.isdigit():
        raise NotThere(f"the finding names no number: {finding.subject}")
    return int(word)
