"""What all properties look at, read once: the chain pinned at one block, its log replayed, the export walked through.

Reading is checking: what is wrong with the log or a file is written into the book by whoever reads it first.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from anchor.audit import log, proving
from anchor.audit.checkpoint import Served
from anchor.audit.holders import Held, usable
from anchor.audit.manifest import RegistryFile
from anchor.audit.pinned import Pinned
from anchor.audit.previous import Previous
from anchor.audit.reading import read
from anchor.audit.replay import History, replay
from anchor.audit.report import Book
from anchor.audit.source import ExportSource, Missing
from anchor.audit.state import Witness
from anchor.audit.walk import Walk
from anchor.errors import Unreachable
from anchor.jsonrpc import JsonRpc
from registry.errors import FormatError
from registry.format.merkle import RFC9162, Frontier, root_of
from registry.verify.trust import RegistryTrust

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Given:
    """What an audit is given besides the chain and the export, all of it optional.

    `previous`: the report of an earlier audit, as its bytes. `credentials`: files that their holders gave, by name.
    `receipts`: admission receipts, by name; what is none is left aside with a note. `checkpoints`: those that were
    served in earlier audits; `keep` takes the one that is served in this, if the log's key signed it.
    """

    previous: bytes | None = None
    credentials: Mapping[str, bytes] = field(default_factory=dict)
    receipts: Mapping[str, bytes] = field(default_factory=dict)
    checkpoints: Sequence[Served] = ()
    keep: Callable[[Served], None] = lambda _: None


class View:
    """One audit in progress. Raises Unreachable where something needed does not answer: that is no finding."""

    def __init__(  # noqa: PLR0917 (one place makes it)
        self, chain: Pinned, others: Sequence[str], export: ExportSource, trust: RegistryTrust, given: Given,
        progress: Progress,
    ) -> None:  # fmt: skip
        self.book = Book()
        self.chain = chain
        self.others = others
        self.export = export
        self.trust = trust
        self.given = given
        self.registry = trust.registry_id
        self.progress = progress
        self.trusted = False
        """Whether the contract and the export are the ones that the profile names; set by identity, A1."""
        self.witnesses: list[Witness] = []
        self._walk: Walk | None = None
        self.previous = Previous.parse(given.previous) if given.previous is not None else None
        """Raises FormatError for what is no report, before anything is asked."""

    @classmethod
    def open(  # noqa: PLR0917 (one place calls it)
        cls, export: ExportSource, rpc_urls: Sequence[str], trust: RegistryTrust, block: int | None, given: Given,
        progress: Progress,
    ) -> "View":  # fmt: skip
        """The first node that answers is read. The chain is pinned before anything of the export is read.

        So the export is never older than the chain shown.
        """
        problem: Unreachable | None = None
        for place, url in enumerate(rpc_urls):
            try:
                chain = Pinned(JsonRpc(url), trust.chain_id, trust.contract, block)
            except Unreachable as refused:
                problem = refused
                continue
            return cls(chain, rpc_urls[place + 1 :], export, trust, given, progress)
        raise problem or Unreachable("the chain", "the trust profile names no endpoint; give one with --rpc")

    def close(self) -> None:
        """The audit is over: files of the export that are open are closed."""
        if self._walk:
            self._walk.lines.close()

    @cached_property
    def registry_file(self) -> RegistryFile | None:
        """What the export says of itself; None when that cannot be read."""
        try:
            return RegistryFile.parse(self.export.read("registry.json"))
        except Missing:
            raise Unreachable(self.export.name, "it has no registry.json, so it is not an export") from None
        except FormatError as flaw:
            self.book.expect("ExportIsWellFormed", False, "registry.json", flaw.code, str(flaw))
            return None

    @cached_property
    def entries(self) -> list[log.Entry]:
        """The log as the node tells it; empty while the contract is not the trusted one."""
        if not self.trusted or self.registry_file is None:
            return []
        self.progress(f"reading the log at block {self.chain.block.number}")
        return read(self.book, self.chain, self.registry_file.deploy_block)

    @cached_property
    def leaves(self) -> list[bytes]:
        """The leaves of the log's tree."""
        return [entry.leaf for entry in self.entries]

    @cached_property
    def head(self) -> bytes:
        """The head over all entries, as `head_at`."""
        return self.head_at(len(self.leaves))

    def head_at(self, size: int) -> bytes:
        """The head over the first `size` entries, 32 bytes; none where the log has no such size."""
        return root_of(self.leaves[:size], RFC9162) if 0 < size <= len(self.leaves) else b""

    def _signs(self, checkpoint: Served) -> bool:
        return any(checkpoint.signed_by(key) for key in self.trust.log_keys)

    def heads_at(self, sizes: Set[int]) -> dict[int, bytes]:
        """The heads at all these sizes, in one pass; those that the log has not reached are left out."""
        tree, found = Frontier(), {}
        for leaf in self.leaves:
            tree.append(leaf)
            if tree.size in sizes:
                found[tree.size] = tree.root
        return found

    @cached_property
    def credentials(self) -> list[Held]:
        """What holders gave, as far as it speaks for itself and of this history."""
        return usable(self.book, self.given.credentials, self.registry, len(self.history.anchors))

    @cached_property
    def complete(self) -> bool:
        """Whether the entries are the whole log. Nothing is concluded from one that is not."""
        return self.trusted and log.check(self.book, self.chain, self.entries) and self.proved[0]

    @cached_property
    def checkpoint(self) -> tuple[Served | None, str]:
        """The checkpoint that is served beside the export; where what is served is none, why. Raises Unreachable."""
        try:
            served = Served.read(self.export)
        except FormatError as flaw:
            return None, f"What is served as a checkpoint is none: {flaw}"
        if served is not None and self._signs(served):
            self.given.keep(served)  # at once: what else is asked may not be answered
        return served, ""

    @cached_property
    def signed(self) -> list[Served]:
        """Checkpoints by the log's keys, one for each head: the one that is served, and those of earlier audits."""
        found = [one for one in (self.checkpoint[0], *self.given.checkpoints) if one and self._signs(one)]
        return list({(one.checkpoint.size, one.checkpoint.root): one for one in reversed(found)}.values())

    @cached_property
    def proved(self) -> tuple[bool, str]:
        """Whether no storage proof contradicts code, size and head of the log; and why there was none to look at."""
        if not self.entries:
            return False, ""
        self.progress("asking for storage proofs")
        tip = log.Tip.unpack(self.chain.slot(log.TIP_SLOT))
        return proving.check(self.book, self.chain, self.chain.code(), tip, self.head)

    @cached_property
    def history(self) -> History:
        """What the log means; nothing when it is not complete."""
        if not self.complete:
            return History()
        return replay(self.book, self.entries, self.trust.chain_id, self.trust.contract)

    @cached_property
    def walk(self) -> Walk:
        """The export, after all of it was read and held against the history."""
        walk = self._walk = Walk(self.book, self.export, self.registry, self.history)
        if self.complete:
            walk.run(self.progress)
        return walk
