"""A closed contract's answers out of a copy of its log, for when its chain is gone. FORMAT.md section 5.

The trust profile pins size and head of the log, which anybody could read while the chain lived and which the
successor's genesis says, too. A log that leads there is the contract's own, whoever kept it, so no node is asked.
"""

from collections.abc import Mapping
from functools import cached_property

from anchor.audit import logfile
from anchor.audit.log import Entry
from anchor.audit.replay import History, replay
from anchor.audit.report import Book
from anchor.errors import Unreachable
from registry.errors import FormatError
from registry.verify.evidence import ChainAnswer, ChainFacts
from registry.verify.trust import RegistryTrust

ZERO32 = bytes(32)


class ClosedLog:
    """A `ChainView` on one registry whose end the trust profile pins, given the files that may be its log, by name."""

    def __init__(self, registry: RegistryTrust, files: Mapping[str, bytes]) -> None:
        self._registry = registry
        self._files = files

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        """What the contract would say at its end about an anchor root and a key, 32 bytes each. Raises Unreachable."""
        if isinstance(self._found, Unreachable):
            raise self._found
        entries, history = self._found
        anchor = next((one for one in history.anchors if one.root == root), None)
        key = history.keys.get(key_id)
        issuer = history.issuers.get(key.issuer) if key else None
        latest = history.anchors[-1] if history.anchors else None
        end = entries[-1]
        return ChainAnswer(
            ChainFacts(
                chain_id=self._registry.chain_id,
                contract=self._registry.contract,
                code_sha256=self._registry.code_sha256,
                block_number=end.block,
                block_hash=ZERO32,  # a log does not say it
                block_time=end.time,
                finalized=True,
                log_size=self._registry.closed_size,
                log_head=self._registry.closed_head,
                closed=True,
                anchor_number=anchor.number if anchor else 0,
                anchor_position=anchor.position if anchor else 0,
                anchor_time=anchor.time if anchor else 0,
                anchor_block=entries[anchor.position].block if anchor else 0,
                key_issuer=key.issuer if key else ZERO32,
                key_added_at=key.added_at if key else 0,
                key_revoked_at=key.revoked_at if key else 0,
                key_compromised_at=key.compromised_at if key else 0,
                issuer_added_at=issuer.added_at if issuer else 0,
                issuer_suspended=bool(issuer and anchor and issuer.suspended_at(anchor.time)),
                latest_number=latest.number if latest else 0,
                latest_root=latest.root if latest else ZERO32,
                latest_time=latest.time if latest else 0,
            )
        )

    @cached_property
    def _found(self) -> tuple[list[Entry], History] | Unreachable:
        """The log and what it means; or why there is none, which is kept as well."""
        size, problems = self._registry.closed_size, []
        for name, content in self._files.items():
            try:
                entries = logfile.from_lines(b"\n".join(content.split(b"\n", size)[:size]).decode("ascii"))
            except (FormatError, UnicodeDecodeError) as problem:
                problems.append(f"{name} is no log: {problem}")
                continue
            if logfile.head_at(entries, size) != self._registry.closed_head:
                problems.append(f"{name} does not lead to the end that the trust profile pins")
                continue
            book = Book()
            history = replay(book, entries, self._registry.chain_id, self._registry.contract)
            if not book.findings:
                return entries, history
            problems.append(f"{name} is not the log of this registry's contract: {min(book.findings).sentence}")
        return Unreachable("log", "; ".join(problems))
