"""What the material of several kinds is made of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

from anchor.audit.evidence.anchors import BatchEntry
from anchor.audit.manifest import AnchorLine, BatchFile
from anchor.audit.report import Finding
from anchor.audit.source import batch_path
from anchor.audit.view import View
from anchor.bundle.make import Collector
from anchor.errors import AnchorError
from registry.errors import FormatError
from registry.format import entries
from registry.format.merkle import root_of

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


def preimage(view: View, hash: bytes) -> bytes:
    """What hashes to it: an entry, the contract's included, or the two nodes below a root. Raises NotThere."""
    found = next((one for one in _preimages(view) if sha256(one).digest() == hash), None)
    if found is None:
        raise NotThere("what has this hash")
    return found


def _preimages(view: View) -> Iterator[bytes]:
    """Of all that is published; what is not, or cannot be read, is passed over."""
    yield from (b"\0" + entry.preimage for entry in view.entries)
    for line in lines_back(view, len(view.history.anchors)):
        yield entries.status_entry(view.registry, line.number, line.status_root)
        yield from (item.entry(view.registry) for item in line.lists)
        with suppress(NotThere):
            yield from _halves(tree(view, line))
    for number in view.walk.batches.entries:
        with suppress(AnchorError, FormatError):
            known = batch(view, number)
            yield known.entry(view.registry)
            yield from _halves(known.leaves)


def _halves(leaves: Sequence[bytes]) -> Iterator[bytes]:
    """The two nodes below the root, if it is one."""
    if len(leaves) > 1:
        half = 1 << (len(leaves) - 1).bit_length() - 1
        yield root_of(leaves[:half]) + root_of(leaves[half:])


def hexes(hashes: list[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def number(finding: Finding) -> int:
    """Like 3 of "batch 3"."""
    word = finding.subject.split()[-1]
    if not word.isascii() or not word.isdigit():
        raise NotThere(f"the finding names no number: {finding.subject}")
    return int(word)
