"""Merkle trees in the shape of RFC 9162 section 2.1.1, with strict inclusion proofs.

Two hashers share the shape. PLAIN hashes nodes without a prefix, as merkletools, Chainpoint and Blockcerts do; it is
safe here because no leaf's preimage is 64 bytes long (FORMAT.md section 4). RFC9162 prefixes leaves with 0x00 and nodes
with 0x01; the contract's log uses it. A lone node is promoted, nothing is duplicated, and there is no empty tree.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from registry.errors import FormatError
from registry.limits import MAX_INTEGER

Direction = Literal["left", "right"]
HASH_BYTES = 32


@dataclass(frozen=True)
class Hasher:
    """How nodes, and leaves from their entries, are hashed with SHA-256."""

    node_prefix: bytes
    leaf_prefix: bytes

    def node(self, left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(self.node_prefix + left + right).digest()

    def leaf_hash(self, entry: bytes) -> bytes:
        return hashlib.sha256(self.leaf_prefix + entry).digest()


PLAIN = Hasher(b"", b"")
RFC9162 = Hasher(b"\x01", b"\x00")


class Tree:
    """All levels of a tree over `leaves` (32-byte hashes, at least one): its root, and the path of every leaf.

    Memory: 64 bytes for each leaf and Python's own overhead. Raises FormatError inclusion.empty, inclusion.hash-length.
    """

    def __init__(self, leaves: Sequence[bytes], hasher: Hasher = PLAIN) -> None:
        level = _checked(leaves)
        self._levels = [level]
        while len(level) > 1:
            level = _parents(level, hasher)
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        return self._levels[-1][0]

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def inner_nodes(self) -> set[bytes]:
        """All nodes above the leaves that are not leaves, the root of two or more included."""
        found = set[bytes]()
        for below, level in pairwise(self._levels):
            found.update(level[: len(below) // 2])  # a lone last node is promoted: it is no new one
        return found

    def path(self, index: int) -> list[bytes]:
        """Siblings of leaf `index`, from the leaf up. Raises FormatError inclusion.index."""
        _check_index(index, self.size)
        siblings = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                siblings.append(level[sibling])
            index >>= 1
        return siblings


def root_of(leaves: Sequence[bytes], hasher: Hasher = PLAIN) -> bytes:
    """The root over `leaves`, without keeping the levels. Raises like Tree."""
    level = _checked(leaves)
    while len(level) > 1:
        level = _parents(level, hasher)
    return level[0]


def directions(index: int, size: int) -> list[Direction]:
    """On which side each sibling of leaf `index` stands; the only valid path length (RFC 9162, 2.1.3.2)."""
    _check_index(index, size)
    inner = (index ^ (size - 1)).bit_length()
    sides: list[Direction] = ["left" if index >> level & 1 else "right" for level in range(inner)]
    return sides + ["left"] * (index >> inner).bit_count()


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes], hasher: Hasher = PLAIN) -> bytes:
    """The root that `path` leads to from `leaf`, the 32-byte hash at `index` of `size`.

    Raises FormatError inclusion.index, inclusion.path-length, inclusion.hash-length. The caller compares the root,
    and must know `size` from a signed or hashed source: without it one path fits several places.
    """
    sides = directions(index, size)
    if len(path) != len(sides):
        problem = f"The path has {len(path)} steps; leaf {index} of {size} has exactly {len(sides)}"
        raise FormatError("inclusion.path-length", "", problem)
    node = leaf
    _check_length(leaf)
    for side, sibling in zip(sides, path, strict=True):
        _check_length(sibling)
        node = hasher.node(sibling, node) if side == "left" else hasher.node(node, sibling)
    return node


class Frontier:
    """The peaks of a growing tree: append entries' hashes in order and ask for the root, in logarithmic space.

    This is what the contract keeps of its log; replaying the log here must give the same head.
    """

    def __init__(self, hasher: Hasher = RFC9162) -> None:
        self._hasher = hasher
        self._peaks: list[bytes] = []  # of complete subtrees, largest first
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add one 32-byte leaf hash at position `size`."""
        _check_length(leaf)
        # A complete subtree closes for each low bit of the old size that is set, like carrying in an addition.
        node, carry = leaf, self.size
        while carry & 1:
            node = self._hasher.node(self._peaks.pop(), node)
            carry >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over all leaves so far. Raises FormatError inclusion.empty when there are none."""
        if not self._peaks:
            raise _empty()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = self._hasher.node(peak, node)
        return node


def _parents(level: Sequence[bytes], hasher: Hasher) -> Sequence[bytes]:
    prefix, sha256 = hasher.node_prefix, hashlib.sha256
    pairs = zip(level[::2], level[1::2], strict=False)  # leaves a lone last node out
    parents = [sha256(prefix + left + right).digest() for left, right in pairs]
    if len(level) % 2:
        parents.append(level[-1])
    return parents


def _checked(leaves: Iterable[bytes]) -> Sequence[bytes]:
    level = list(leaves)
    if not level:
        raise _empty()
    for leaf in level:
        _check_length(leaf)
    return level


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size <= MAX_INTEGER:
        raise FormatError("inclusion.index", "", f"The index {index} does not lie below the size {size}")


def _check_length(value: bytes) -> None:
    if len(value) != HASH_BYTES:
        raise FormatError("inclusion.hash-length", "", f"A hash has {len(value)} bytes instead of {HASH_BYTES}")


def _empty() -> FormatError:
    return FormatError("inclusion.empty", "", "A tree without leaves has no root", "Put at least one leaf into it")
