"""A log's tree in tiles, as C2SP tlog-tiles lays them out (https://c2sp.org/tlog-tiles): files that never change.

    tile/<L>/<N>[.p/<W>]         hashes: at level L, each the root of 256^L leaves; W of them, 256 in a full tile
    tile/entries/<N>[.p/<W>]     the entries themselves, each behind its length in 2 bytes, big-endian

N counts tiles of 256 from 0, in groups of three digits, all but the last behind an x: 1234067 is x001/x234/067.
Hashes are those of RFC 9162. A reader trusts no tile: whatever it derives must lead to a root it already believes.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from registry.errors import FormatError
from registry.format.merkle import HASH_BYTES, RFC9162, root_of

WIDTH = 256
"""Hashes or entries of a full tile: 8 levels of the tree."""

MAX_LEVEL = 5
"""256^6 leaves are more than any tree that a 53-bit size counts: levels end at 5 although tlog-tiles allows 63."""

KEPT_TILES = 64
"""Tiles of 8 KiB that a reader remembers: the right edge of the tree, which every proof needs, and some more."""

_PATH = re.compile(r"tile/([0-9]|entries)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True)
class Tile:
    """One tile. `level` is None for entries; `width` is 1 to 256, and less than 256 at the tree's right edge alone."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is below the log's address."""
        groups = [f"{self.index % 1000:03}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level is None else self.level}/{'/'.join(groups)}{partial}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read a path in its one spelling. Raises FormatError tiles.path."""
        match = _PATH.fullmatch(path)
        if match:
            level = None if match[1] == "entries" else int(match[1])
            width = int(match[3] or WIDTH)
            tile = cls(level, int(match[2].replace("x", "").replace("/", "")), width)
            if (level or 0) <= MAX_LEVEL and tile.path == path:
                return tile
        raise FormatError("tiles.path", "", "This is not the path of a tile: tile/<level>/<number>[.p/<width>]")

    def ranges(self) -> Iterator[tuple[int, int]]:
        """The leaves [start, end) below each of its hashes."""
        span = WIDTH ** (self.level or 0)
        first = self.index * WIDTH
        return ((place * span, (place + 1) * span) for place in range(first, first + self.width))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of `size` leaves: its entries, then its hashes level by level."""
    level: int | None = None
    count = size
    while count:
        yield from (Tile(level, index) for index in range(count // WIDTH))
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
        level, count = (0, size) if level is None else (level + 1, count // WIDTH)


def bundle(entries: Sequence[bytes]) -> bytes:
    """The content of a tile of entries, each below 64 KiB."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(content: bytes, width: int) -> list[bytes]:
    """The `width` entries of such a tile. Raises FormatError tiles.bundle for more, fewer or cut ones."""
    found: list[bytes] = []
    place = 0
    while place < len(content) and len(found) <= width:
        end = place + 2 + int.from_bytes(content[place : place + 2], "big")
        found.append(content[place + 2 : end])
        if end > len(content):
            break
        place = end
    if place != len(content) or len(found) != width:
        raise FormatError("tiles.bundle", "", f"The tile does not hold exactly {width} entries")
    return found


@dataclass(frozen=True)
class Node:
    """The root over 256^level leaves, a hash of the tiles at this level; `index` counts those of the level."""

    level: int
    index: int
    hash: bytes


class Edge:
    """The right edge of a growing tree: of each level the hashes that fill no tile yet, from level 0 on.

    Memory and the cost of a root are 255 hashes a level; appending costs one hash, as a mean.
    """

    def __init__(self, levels: Sequence[Sequence[bytes]] = ()) -> None:
        self._levels = [list(level) for level in levels]
        self.size = sum(len(level) << 8 * place for place, level in enumerate(levels))

    def append(self, leaf: bytes) -> list[Node]:
        """Add one 32-byte leaf hash; what comes back are the nodes above the tiles that it filled."""
        self.size += 1
        made: list[Node] = []
        node = leaf
        for level in range(MAX_LEVEL + 2):
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)
            if len(self._levels[level]) < WIDTH:
                break
            node = root_of(self._levels[level], RFC9162)
            self._levels[level] = []
            made.append(Node(level + 1, (self.size >> 8 * (level + 1)) - 1, node))
        return made

    @property
    def root(self) -> bytes:
        """The root over all of it, 32 bytes. Raises FormatError inclusion.empty."""
        found: list[bytes] = []
        for hashes in reversed(self._levels):
            start = 0
            for span in (1 << bit for bit in reversed(range(len(hashes).bit_length()))):
                if len(hashes) & span:
                    found.append(root_of(hashes[start : start + span], RFC9162))
                    start += span
        root = found.pop() if found else root_of([])
        for peak in reversed(found):
            root = RFC9162.node(peak, root)
        return root


class TileTree:
    """The tree of `size` leaves, read through its tiles; `read` gives a tile's content by its path."""

    def __init__(self, size: int, read: Callable[[str], bytes]) -> None:
        self.size = size
        self._read = read
        self._kept: dict[Tile, bytes] = {}

    @property
    def root(self) -> bytes:
        """The root over all of it, 32 bytes: compare it with a checkpoint's before believing anything else."""
        return self.subtree(0, self.size)

    def subtree(self, start: int, end: int) -> bytes:
        """The root over leaves [start, end): what `consistency.prove` asks for.

        Raises FormatError inclusion.empty, tiles.range, tiles.length, and whatever `read` raises.
        """
        if not 0 <= start <= end <= self.size:
            raise FormatError("tiles.range", "", f"The tree of {self.size} leaves has no leaves {start} to {end}")
        count = end - start
        if count & count - 1 == 0 and count and start % count == 0:
            return self._complete(start, count)
        if not count:
            return root_of([])
        middle = start + (1 << (count - 1).bit_length() - 1)
        return RFC9162.node(self.subtree(start, middle), self.subtree(middle, end))

    def path(self, index: int) -> list[bytes]:
        """Siblings of leaf `index`, from the leaf up. Raises FormatError tiles.range, and like `subtree`."""
        if not 0 <= index < self.size:
            raise FormatError("tiles.range", "", f"The tree of {self.size} leaves has no leaf {index}")
        start, end, siblings = 0, self.size, []
        while end - start > 1:
            middle = start + (1 << (end - start - 1).bit_length() - 1)
            if index < middle:
                siblings.append(self.subtree(middle, end))
                end = middle
            else:
                siblings.append(self.subtree(start, middle))
                start = middle
        return siblings[::-1]

    def _complete(self, start: int, count: int) -> bytes:
        """Of a complete subtree, out of the one tile that has the hashes right below it."""
        level = (count.bit_length() - 1) // 8
        first, number = start >> 8 * level, count >> 8 * level
        index, place = divmod(first, WIDTH)
        hashes = self._tile(level, index)
        chosen = hashes[place * HASH_BYTES : (place + number) * HASH_BYTES]
        return root_of([chosen[at : at + HASH_BYTES] for at in range(0, len(chosen), HASH_BYTES)], RFC9162)

    def _tile(self, level: int, index: int) -> bytes:
        tile = Tile(level, index, min(WIDTH, (self.size >> 8 * level) - index * WIDTH))
        content = self._kept.get(tile)
        if content is None:
            content = self._read(tile.path)
            if len(content) != tile.width * HASH_BYTES:
                problem = f"{tile.path} has {len(content)} bytes instead of {tile.width * HASH_BYTES}"
                raise FormatError("tiles.length", "", problem)
            if len(self._kept) >= KEPT_TILES:
                del self._kept[next(iter(self._kept))]
            self._kept[tile] = content
        return content
