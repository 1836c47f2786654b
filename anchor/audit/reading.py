"""Reading the whole log without believing that a node's search finds all of it.

Nodes answer with a part, or with nothing, where their index is broken or history is pruned, and HTTP says 200. So the
search is only the quick way: storage says how many entries there are and in which block the newest one is, and each
entry names the block of the one before it. What the search left out is asked for block by block, backwards.
"""

from collections.abc import Sequence

from anchor.audit.log import ENTRY_TOPIC, TIP_SLOT, Entry, Tip, decoded
from anchor.audit.pinned import Pinned
from anchor.audit.report import Book
from anchor.errors import Unreachable

MAX_WALK = 10_000
"""Blocks that are asked for one by one; a node that leaves out more is of no use for an audit."""


def read(book: Book, chain: Pinned, first_block: int) -> list[Entry]:
    """All entries that the node tells of, in order. What it leaves out even when asked is for `log.check` to name.

    Raises Unreachable where history is pruned: that is no finding.
    """
    tip = Tip.unpack(chain.slot(TIP_SLOT))
    told = decoded(chain, chain.logs(first_block, ENTRY_TOPIC))
    positions = [entry.position for entry in told]
    book.expect(
        "LogIsComplete",
        positions == sorted(positions),
        "log",
        "log.order",
        "The node tells of the entries in another order than they were made.",
    )
    recovered = _walk_back(chain, told, tip)
    if recovered:
        book.note(
            f"The node's search left out {len(recovered)} log entries that it tells of block by block: "
            "its index is broken. Nothing is missing here; others that trust its search are misled."
        )
    book.expect(
        "LogIsComplete",
        bool(told or recovered) or tip.size == 0,
        "log",
        "log.empty",
        f"The node tells of no entry at all, and the contract counts {tip.size}.",
    )
    return sorted([*told, *recovered], key=lambda entry: entry.position)


def _walk_back(chain: Pinned, told: Sequence[Entry], tip: Tip) -> list[Entry]:
    known = {entry.position: entry for entry in told}
    recovered: list[Entry] = []
    walked = 0
    block: int | None = tip.block
    for position in range(tip.size - 1, -1, -1):
        if position not in known and block is not None:
            walked += 1
            if walked > MAX_WALK:
                raise Unreachable(chain.rpc.endpoint, f"it leaves out the log entries of more than {MAX_WALK} blocks")
            for entry in _of_block(chain, block):
                if entry.position not in known:
                    known[entry.position] = entry
                    recovered.append(entry)
        entry_here = known.get(position)
        block = entry_here.previous_block if entry_here else None
    return recovered


def _of_block(chain: Pinned, number: int) -> list[Entry]:
    found = decoded(chain, chain.logs(number, ENTRY_TOPIC, number)) if number <= chain.block.number else []
    if not found and chain.pruned(number):
        raise Unreachable(
            chain.rpc.endpoint,
            f"it no longer has block {number}, where the log has an entry; ask a node that keeps history",
        )
    return found
