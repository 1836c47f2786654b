"""The audit: the whole log from the chain, the whole export from wherever it is served, and every promise between them.

It needs no database, no account and no help from the operator; it believes the trust profile and the finalized chain.
"""

from collections.abc import Callable, Sequence

from anchor.audit import log
from anchor.audit.batches import Batches
from anchor.audit.manifest import AnchorLine, RegistryFile
from anchor.audit.pinned import Pinned
from anchor.audit.replay import ChainAnchor, History, replay
from anchor.audit.report import AuditReport, Book
from anchor.audit.source import ExportSource, Missing, lines
from anchor.audit.state import check_identity, check_state, check_witnesses
from anchor.audit.status import StatusLists
from anchor.errors import Unreachable
from anchor.jsonrpc import JsonRpc
from registry.errors import FormatError
from registry.format import entries
from registry.format.merkle import root_of
from registry.verify.trust import RegistryTrust

Progress = Callable[[str], None]


def audit(
    export: ExportSource,
    rpc_urls: Sequence[str],
    trust: RegistryTrust,
    *,
    block: int | None = None,
    progress: Progress = lambda _: None,
) -> AuditReport:
    """Audit the registry that `trust` names, at `block` (default: the newest finalized one).

    `rpc_urls`: the first that answers is read, the others are asked whether they see the same.
    Raises Unreachable or WrongChain when something needed did not answer: that is no finding.
    """
    book = Book()
    # The chain is pinned first and the export is read after it, so the export is never older than the chain shown.
    chain, others = _first_that_answers(rpc_urls, trust, block)
    run = _Run(book, chain, export, trust)
    progress(f"reading the log at block {chain.block.number}")
    if check_identity(book, chain, trust) and (registry := run.registry_file()) is not None:
        run.read_log(registry.deploy_block, others)
        if run.complete:
            run.check_export(progress)
    return run.report()


class _Run:
    """One audit in progress."""

    def __init__(self, book: Book, chain: Pinned, export: ExportSource, trust: RegistryTrust) -> None:
        self.book = book
        self.chain = chain
        self.export = export
        self.trust = trust
        self.registry = trust.registry_id
        self.entries: list[log.Entry] = []
        self.history = History()
        self.complete = False
        self.witnesses = 0
        self.batches = Batches(book, export, self.registry, self.history)
        self.lists = StatusLists(book, export, self.registry, self.history)

    def registry_file(self) -> RegistryFile | None:
        """What the export says of itself; None when it is another registry's."""
        try:
            found = RegistryFile.parse(self.export.read("registry.json"))
        except Missing:
            raise Unreachable(self.export.name, "it has no registry.json, so it is not an export") from None
        except FormatError as flaw:
            self.book.expect("ExportIsWellFormed", False, "registry.json", flaw.code, str(flaw))
            return None
        same = self.book.expect(
            "RegistryIsTheOneTrusted",
            (found.chain_id, found.contract, found.registry_id)
            == (self.trust.chain_id, self.trust.contract, self.registry),
            "registry.json",
            "export.other-registry",
            "The export belongs to another registry than the one the trust profile names.",
            f"0x{self.trust.contract.hex()} on chain {self.trust.chain_id}",
            f"0x{found.contract.hex()} on chain {found.chain_id}",
        )
        return found if same else None

    def read_log(self, deploy_block: int, others: Sequence[str]) -> None:
        """Fetch, check and replay the log."""
        self.entries = log.fetch(self.chain, deploy_block)
        self.complete = log.check(self.book, self.chain, self.entries)
        self.witnesses = check_witnesses(self.book, self.chain, list(others))
        if self.complete:
            self.history = replay(self.book, self.entries, self.trust.chain_id, self.trust.contract)
            check_state(self.book, self.chain, self.history)
            self.batches = Batches(self.book, self.export, self.registry, self.history)
            self.lists = StatusLists(self.book, self.export, self.registry, self.history)

    def check_export(self, progress: Progress) -> None:
        """Every anchor of the chain against what the export says it is made of."""
        exported, listed = self._anchor_lines()
        for anchor in self.history.anchors:
            progress(f"anchor {anchor.number} of {len(self.history.anchors)}")
            line = exported.get(anchor.number)
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
        self.batches.check_sequence()
        self.batches.check_orphans(listed)

    def report(self) -> AuditReport:
        """What was found so far, in order."""
        block = self.chain.block
        return AuditReport(
            registry={
                "chain_id": self.trust.chain_id,
                "contract": "0x" + self.trust.contract.hex(),
                "registry_id": self.registry.hex(),
            },
            head={
                "block_number": block.number,
                "block_hash": "0x" + block.hash.hex(),
                "block_time": block.time,
                "log_size": len(self.entries),
                "anchors": len(self.history.anchors),
                "witnesses": self.witnesses,
            },
            counts={
                "log entries": len(self.entries),
                "anchors": len(self.history.anchors),
                "batches": len(self.batches.numbers),
                "credentials": self.batches.leaf_count,
                "status lists": self.lists.count,
                "issuers": len(self.history.issuers),
                "keys": len(self.history.keys),
            },
            checked=dict(self.book.checked),
            findings=tuple(sorted(self.book.findings)),
            notes=tuple(sorted(self.book.notes)),
        )

    def _anchor_lines(self) -> tuple[dict[int, AnchorLine], set[int]]:
        """Lines by number, and all batches any of them lists. Lines beyond the pinned block are not final yet."""
        try:
            content = self.export.read("anchors.jsonl")
        except Missing:
            content = b""  # each anchor of the chain will be found missing
        exported: dict[int, AnchorLine] = {}
        listed: set[int] = set()
        for place, raw in enumerate(lines(content), 1):
            try:
                line = AnchorLine.parse(raw)
            except FormatError as flaw:
                self.book.expect("ExportIsWellFormed", False, f"anchors.jsonl line {place}", flaw.code, str(flaw))
                continue
            self.book.expect(
                "ExportIsWellFormed",
                line.number == place,
                f"anchors.jsonl line {place}",
                "export.order",
                "Line n is not anchor n.",
                str(place),
                str(line.number),
            )
            exported.setdefault(line.number, line)
            listed.update(line.batches)
        return exported, listed

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
        status = entries.status_entry(self.registry, anchor.number, self.lists.root(line, anchor))
        found = [self.batches.entry(number, anchor) for number in line.batches]
        hashes = [entries.entry_hash(status), *(entry for entry in found if entry is not None)]
        if len(hashes) <= len(found):
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


def _by_number(line: AnchorLine) -> list[int]:
    return [place for _, place in sorted((number, place) for place, number in enumerate(line.batches, 1))]


def _first_that_answers(urls: Sequence[str], trust: RegistryTrust, block: int | None) -> tuple[Pinned, Sequence[str]]:
    problem: Unreachable | None = None
    for place, url in enumerate(urls):
        try:
            return Pinned(JsonRpc(url), trust.chain_id, trust.contract, block), urls[place + 1 :]
        except Unreachable as refused:
            problem = refused
    raise problem or Unreachable("the chain", "the trust profile names no endpoint; give one with --rpc")
