"""One walk through the whole export along the anchors of the chain; every file is read once."""

from collections.abc import Callable
from itertools import pairwise

from anchor.audit.batches import Batches
from anchor.audit.lines import ANCHORS, AnchorLines
from anchor.audit.manifest import AnchorFile, AnchorLine
from anchor.audit.replay import ChainAnchor, History
from anchor.audit.report import Book
from anchor.audit.source import ExportSource, Missing, anchor_path
from anchor.audit.status import StatusLists
from registry.errors import FormatError
from registry.format import entries
from registry.format.merkle import root_of


class Walk:
    """Every anchor of the chain against what the export says it is made of."""

    def __init__(self, book: Book, export: ExportSource, registry: bytes, history: History) -> None:
        self.book = book
        self.export = export
        self.registry = registry
        self.history = history
        self.batches = Batches(book, export, registry, history)
        self.lists = StatusLists(book, export, registry, history)
        self.lines = AnchorLines(export, len(history.anchors), self._told)
        self.status_entries: dict[bytes, int] = {}
        """Hash of each status entry, and its anchor's number."""
        self.anchored: dict[bytes, ChainAnchor] = {}
        """By the hash of a batch's entry: the anchor whose root, on the chain, was rebuilt with it."""
        self.withheld: dict[int, ChainAnchor] = {}
        """By number, batches without a file that can be used: the anchor that lists them."""
        self._last_batch = 0
        """The largest number in the anchors so far."""

    def run(self, progress: Callable[[str], None]) -> None:
        """Read and check all of it."""
        for anchor in self.history.anchors:
            progress(f"anchor {anchor.number} of {len(self.history.anchors)}")
            line = self.lines.get(anchor.number)
            known = self.book.expect(
                "EveryChainRootIsKnown",
                line is not None,
                f"anchor {anchor.number}",
                "anchor.orphan",
                "It is on the chain and not in the export: the export is older than the chain, or hides it.",
                found=anchor.root.hex(),
            )
            if known and line is not None:
                self._check_anchor(line, anchor)
        self.lines.finish()
        self.batches.check_sequence()

    def _told(self, place: int, line: AnchorLine | FormatError) -> None:
        name = f"{ANCHORS} line {place}"
        if isinstance(line, FormatError):
            self.book.expect("ExportIsWellFormed", False, name, line.code, str(line))
            return
        self.book.expect(
            "ExportIsWellFormed",
            line.number == place,
            name,
            "export.order",
            "Line n is not anchor n.",
            str(place),
            str(line.number),
        )
        self.batches.list(line.batches)

    def _check_anchor(self, line: AnchorLine, anchor: ChainAnchor) -> None:
        name = f"anchor {anchor.number}"
        self.book.expect(
            "EveryAnchoredBatchIsOnChain",
            line.root == anchor.root,
            name,
            "anchor.other-root",
            "The export names another root than the chain.",
            anchor.root.hex(),
            line.root.hex(),
        )
        self.status_entries[line.status_hash(self.registry)] = anchor.number
        status = entries.status_entry(self.registry, anchor.number, self.lists.root(line, anchor))
        found = [self.batches.entry(number, anchor) for number in line.batches]
        hashes = [entries.entry_hash(status), *(entry for entry in found if entry is not None)]
        if len(hashes) <= len(found):
            self._without(line, anchor, hashes[0])
            return  # a batch that cannot be used is named already; without it there is no root to compare
        root = root_of(hashes)
        sentence = "Its status lists and batches, as exported, do not lead to the root on the chain"
        if root != anchor.root and root_of([hashes[0], *(hashes[place] for place in _by_number(line))]) == anchor.root:
            sentence += "; they do in the order of their numbers: the export swaps them"
        self.book.expect(
            "RootsRecomputeFromLeaves",
            root == anchor.root,
            name,
            "anchor.root",
            f"{sentence}.",
            anchor.root.hex(),
            root.hex(),
        )
        if root == anchor.root:
            self._check_order(name, line)
        if root == anchor.root:
            self.anchored.update((entry, anchor) for entry in hashes[1:] if entry not in self.anchored)
        if root == anchor.root and anchor is self.history.anchors[-1]:
            self._check_alone(line, tuple(hashes[1:]))

    def _without(self, line: AnchorLine, anchor: ChainAnchor, status: bytes) -> None:
        """Leaves are withheld, and perhaps not the entries: their hashes are in the anchor's own file."""
        self.withheld |= {number: anchor for number in line.batches if number not in self.batches.entries}
        try:
            hashes = AnchorFile.parse(self.export.read(anchor_path(line.number))).entries
        except (Missing, FormatError):
            return
        if root_of([status, *hashes]) == anchor.root:
            self.anchored.update((entry, anchor) for entry in hashes if entry not in self.anchored)

    def _check_order(self, name: str, line: AnchorLine) -> None:
        """Of an anchor whose root follows from this order: so the chain has it, too."""
        self.book.expect(
            "BatchesAreInOrder",
            all(one < next for one, next in pairwise(line.batches)),
            name,
            "anchor.batch-order",
            "Its batches do not stand in the order of their numbers, in which they were sealed.",
            ", ".join(map(str, sorted(line.batches)[:8])),
            ", ".join(map(str, line.batches[:8])),
        )
        passed = next((number for number in line.batches if number < self._last_batch), None)
        self.book.expect(
            "BatchesAreInOrder",
            passed is None,
            name,
            "batch.passed-over",
            f"Batch {passed} was sealed before batch {self._last_batch}, which an earlier anchor holds already.",
        )
        self._last_batch = max(self._last_batch, *line.batches, 0)

    def _check_alone(self, line: AnchorLine, hashes: tuple[bytes, ...]) -> None:
        """The newest anchor's own file, which verifiers make status evidence of; of older ones nobody makes any."""
        path = anchor_path(line.number)
        try:
            found = AnchorFile.parse(self.export.read(path))
        except Missing:
            self.book.note(f"The export has no {path}: a verifier cannot take the status of a credential from it.")
            return
        except FormatError as flaw:
            self.book.expect("ExportIsWellFormed", False, path, flaw.code, str(flaw))
            return
        self.book.expect(
            "ExportIsWellFormed",
            found == AnchorFile(line, hashes),
            path,
            "export.anchor-file",
            "It is not what anchors.jsonl and the batches say of this anchor.",
        )


def _by_number(line: AnchorLine) -> list[int]:
    return [place for _, place in sorted((number, place) for place, number in enumerate(line.batches, 1))]
