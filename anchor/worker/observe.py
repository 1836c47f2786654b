"""One look at the chain: everything a tick needs, from one node, about one block named by its hash.

A look either fits together or is thrown away. That the log is complete is proved by the contract's own counters.
"""

from dataclasses import dataclass
from hashlib import sha256

from anchor.chain import ChainConfig
from anchor.contract import ANCHOR, LogEntry, RegistryContract, Tip
from anchor.errors import AnchorError, Halted, Inconsistent, Unreachable, WrongChain, WrongContract
from anchor.node import MAX_LOG_BLOCKS, Header, Heads, Node, at, block_by_tag
from registry.store.observing import BlockRef, SeenAnchor

TRANSIENT: tuple[type[AnchorError], ...] = (Unreachable, Inconsistent)
"""Errors that say nothing about the chain: the next tick asks another node."""


@dataclass(frozen=True)
class Start:
    """From where to read: the last final block that was seen, or the block of the deployment before the first look."""

    block: BlockRef
    deployed: BlockRef
    first: int  # block of the first entry that is not known yet
    fresh: bool  # nothing was seen yet


@dataclass(frozen=True)
class Observation:
    """The chain at block `latest`. `nonce` and `balance` (wei) are the operator's.

    `known` is the block where reading began: it was final before, `final` is now.
    """

    latest: Header
    final: Header
    known: Header
    tip: Tip
    nonce: int
    balance: int
    entries: tuple[LogEntry, ...]

    @property
    def anchors(self) -> list[SeenAnchor]:
        """The anchors among the entries."""
        return [
            SeenAnchor(
                number=entry.anchor_number,
                root=entry.subject,
                position=entry.position,
                tx_hash=entry.tx_hash,
                block_number=entry.block_number,
                block_hash=entry.block_hash,
                block_time=entry.time,
            )
            for entry in self.entries
            if entry.kind == ANCHOR
        ]


def look(node: Node, contract: RegistryContract, config: ChainConfig, operator: bytes, start: Start) -> Observation:
    """Look at the chain through `node`.

    Raises Unreachable; Inconsistent when the answers do not fit together or the node lags behind what was seen before;
    WrongChain, WrongContract, Halted when this is not the chain that was seen before.
    """
    heads = node.heads(contract.address, config.finality_depth)
    if heads.chain_id != config.chain_id:
        raise WrongChain(config.chain_id, heads.chain_id)
    if heads.latest.number < start.block.number or heads.latest.number < heads.final.number:
        _require_deployment(node, start)
        raise Inconsistent(f"{node.endpoint} is at block {heads.latest.number} only and lags behind")
    if sha256(heads.code).digest() != config.code_sha256:
        raise WrongContract(
            contract.address, "the code at the address is not the code that this registry was set up with"
        )
    return _look(node, heads, contract, operator, start)


def _look(node: Node, heads: Heads, contract: RegistryContract, operator: bytes, start: Start) -> Observation:
    latest = heads.latest
    entries: list[LogEntry] = []
    first = start.first
    while first + MAX_LOG_BLOCKS <= latest.number:
        entries += contract.entries(node.ask([contract.entries_call(first, first + MAX_LOG_BLOCKS - 1)])[0])
        first += MAX_LOG_BLOCKS
    tip, nonce, balance, known, logs, again = node.ask(
        [
            contract.read(latest.hash, "tip"),
            ("eth_getTransactionCount", ["0x" + operator.hex(), at(latest.hash)]),
            ("eth_getBalance", ["0x" + operator.hex(), at(latest.hash)]),
            block_by_tag(hex(start.block.number)),
            contract.entries_call(min(first, latest.number), latest.number),
            block_by_tag(hex(latest.number)),
        ]
    )
    _require_same_chain(node.header(known), start)
    if heads.final.number < start.block.number and not start.fresh:
        # The same chain, and what was final is in it: a machine that hears of finality later than the one before.
        problem = f"for {node.endpoint} block {heads.final.number} is the final one, {start.block.number} was before"
        raise Inconsistent(problem)
    if node.header(again).hash != latest.hash:
        raise Inconsistent(f"block {latest.number} changed while it was read")
    entries += contract.entries(logs)
    seen = Observation(
        latest=latest,
        final=heads.final,
        known=node.header(known),
        tip=contract.tip(node.data(tip)),
        nonce=node.quantity(nonce),
        balance=node.quantity(balance),
        entries=tuple(entry for entry in entries if entry.block_number >= start.first),
    )
    _require_complete(seen, start)
    _require_canonical(node, seen)
    return seen


def _require_same_chain(known: Header, start: Start) -> None:
    """What was final once is final for ever; if it is not, nothing that we know can be relied on."""
    if known.hash != start.block.hash:
        raise _changed("The block of the deployment" if start.fresh else "The final block", start.block, known)


def _require_deployment(node: Node, start: Start) -> None:
    """A chain that was reset is short at first: it is told from a node that lags by the block of the deployment."""
    [answer] = node.ask([block_by_tag(hex(start.deployed.number))])
    if answer is not None and node.header(answer).hash != start.deployed.hash:
        raise _changed("The block of the deployment", start.deployed, node.header(answer))


def _changed(what: str, was: BlockRef, is_: Header) -> Halted:
    return Halted(
        "finalized-changed",
        f"{what}, {was.number}, was 0x{was.hash.hex()} and is 0x{is_.hash.hex()} now",
        "The node is on another chain, or the chain was reset. Name the right node; nothing here heals itself",
    )


def _require_complete(seen: Observation, start: Start) -> None:
    """No entry is missing: positions are gapless, and the ends fit what the contract's storage says."""
    entries, tip = seen.entries, seen.tip
    if not entries:
        if tip.block_number >= start.first:
            raise Inconsistent(f"the logs show no entry after block {start.first - 1}, the contract has one")
        return
    if [entry.position for entry in entries] != list(range(entries[0].position, tip.size)):
        raise Inconsistent(f"the logs do not show every entry up to {tip.size - 1}")
    if entries[0].previous_block >= start.first and entries[0].position:
        raise Inconsistent(f"the logs leave out entries before {entries[0].position}")
    if entries[-1].block_number != tip.block_number:
        raise Inconsistent("the newest entry is not where the contract says")


def _require_canonical(node: Node, seen: Observation) -> None:
    """Each entry's block is an ancestor of the block that was read."""
    blocks = {seen.latest.number: seen.latest.hash, seen.final.number: seen.final.hash}
    unknown = sorted({entry.block_number for entry in seen.entries} - blocks.keys())
    headers = node.ask([block_by_tag(hex(number)) for number in unknown]) if unknown else []
    blocks |= {number: node.header(answer).hash for number, answer in zip(unknown, headers, strict=True)}
    for entry in seen.entries:
        if blocks[entry.block_number] != entry.block_hash:
            raise Inconsistent(f"entry {entry.position} is in a block that is not part of the chain any more")
