"""Consistency proofs of RFC 9162, section 2.1.4: that a tree of `second` leaves begins with the tree of `first` leaves.

    path = prove(first, second, lambda start, end: root_of(leaves[start:end], RFC9162))
    check(first, second, first_root, second_root, path)

Whoever keeps a tree in another shape (tiles, levels) asks `ranges` which subtrees a proof is made of.
"""

from collections.abc import Callable, Sequence

from registry.errors import FormatError
from registry.format.merkle import HASH_BYTES, RFC9162, Hasher
from registry.limits import MAX_INTEGER

Subtree = Callable[[int, int], bytes]
"""The root over leaves [start, end), 32 bytes."""


def ranges(first: int, second: int) -> list[tuple[int, int]]:
    """The leaves [start, end) below each step of the proof, in its order; none when the sizes are equal.

    At most 2 * 53 of them. Raises FormatError consistency.size unless 0 < first <= second.
    """
    start, end, found = _narrow(first, second)
    return ([(start, end)] if start else []) + found


def prove(first: int, second: int, subtree: Subtree) -> list[bytes]:
    """The proof's hashes, 32 bytes each. Raises FormatError consistency.size."""
    return [subtree(start, end) for start, end in ranges(first, second)]


def check(  # noqa: PLR0917 (the inputs that RFC 9162 names, in its order)
    first: int,
    second: int,
    first_root: bytes,
    second_root: bytes,
    path: Sequence[bytes],
    hasher: Hasher = RFC9162,
) -> None:
    """Nothing, if `path` shows that the larger tree begins with the smaller one; the sizes come from a trusted source.

    Raises FormatError consistency.size, .path-length, .hash-length, or .root when it leads to another root.
    """
    start, _, steps = _narrow(first, second)
    own = bool(start)  # the smaller tree is no subtree of the larger: its last complete part comes first
    if len(path) != len(steps) + own:
        problem = f"The path has {len(path)} steps; from {first} to {second} leaves it has exactly {len(steps) + own}"
        raise FormatError("consistency.path-length", "", problem)
    for value in (first_root, second_root, *path):
        if len(value) != HASH_BYTES:
            problem = f"A hash has {len(value)} bytes instead of {HASH_BYTES}"
            raise FormatError("consistency.hash-length", "", problem)
    older = newer = path[0] if own else first_root
    for (begin, _), sibling in zip(steps, path[own:], strict=True):
        if begin < start:  # to the left of what is joined so far, and so in both trees
            older, newer = hasher.node(sibling, older), hasher.node(sibling, newer)
        else:
            newer = hasher.node(newer, sibling)
    for size, found, root in ((first, older, first_root), (second, newer, second_root)):
        if found != root:
            raise FormatError("consistency.root", "", f"The path does not lead to the root over {size} leaves")


def _narrow(first: int, second: int) -> tuple[int, int, list[tuple[int, int]]]:
    """Split the larger tree until a subtree ends where the smaller tree does: it, and the siblings from there up."""
    if not 0 < first <= second <= MAX_INTEGER:
        problem = f"There is no proof from {first} to {second} leaves"
        raise FormatError("consistency.size", "", problem, "The smaller size comes first and is at least 1")
    start, end = 0, second
    siblings = []
    while end > first:
        middle = start + (1 << (end - start - 1).bit_length() - 1)  # the largest power of two below the size
        if first <= middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return start, end, siblings[::-1]
