"""Tiles of a log: paths and hashes against a reader that knows the C2SP text alone, and proofs made of tiles."""

import hashlib
from collections.abc import Callable

import pytest

from registry.errors import FormatError
from registry.format import consistency
from registry.format.merkle import RFC9162, Frontier, Tree, root_of
from registry.format.tiles import Edge, Node, Tile, TileTree, bundle, tiles_of, unbundle
from tests.support.definitions import head_by_definition

SIZES = [1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 66_000]


def entry(place: int) -> bytes:
    return b"%0132d" % place


LEAVES = [RFC9162.leaf_hash(entry(place)) for place in range(66_000)]


def files(size: int) -> dict[str, bytes]:
    """Every tile of the log of `size` entries."""
    made: dict[str, bytes] = {}
    for tile in tiles_of(size):
        if tile.level is None:
            made[tile.path] = bundle([entry(start) for start, _ in tile.ranges()])
        else:
            made[tile.path] = b"".join(root_of(LEAVES[start:end], RFC9162) for start, end in tile.ranges())
    return made


def oracle(size: int, read: Callable[[str], bytes]) -> bytes:
    """The root by RFC 6962, section 2.1, from the entry bundles alone; every hash tile on the way must agree."""

    def name(kind: str, index: int, width: int) -> str:
        digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        return f"tile/{kind}/{path}" + ("" if width == 256 else f".p/{width}")

    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    level_hashes: list[bytes] = []
    for index in range(-(-size // 256)):
        width = min(256, size - 256 * index)
        content = read(name("entries", index, width))
        for _ in range(width):
            length = int.from_bytes(content[:2], "big")
            level_hashes.append(sha(b"\x00" + content[2 : 2 + length]))
            content = content[2 + length :]
        assert not content
    everything, level = level_hashes, 0
    while level_hashes:
        for index in range(-(-len(level_hashes) // 256)):
            chosen = level_hashes[256 * index : 256 * index + 256]
            assert read(name(str(level), index, len(chosen))) == b"".join(chosen)
        full = len(level_hashes) // 256
        level_hashes = [head_by_definition(level_hashes[256 * index : 256 * index + 256]) for index in range(full)]
        level += 1
    return head_by_definition(everything)


@pytest.mark.parametrize("size", SIZES)
def test_a_reader_that_knows_the_standard_alone_rebuilds_the_head_of_the_contracts_log(size: int) -> None:
    made, asked = files(size), set()

    def read(path: str) -> bytes:
        asked.add(path)
        return made[path]

    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert oracle(size, read) == frontier.root == TileTree(size, made.__getitem__).root
    assert asked == set(made)  # nothing is missing, nothing is there besides


def test_paths_are_those_of_the_standard_and_have_one_spelling() -> None:
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(None, 0, 7).path == "tile/entries/000.p/7"
    for tile in (Tile(0, 0), Tile(5, 999, 255), Tile(None, 1000), Tile(2, 10**12, 1)):
        assert Tile.parse(tile.path) == tile
    for wrong in ("tile/0/1", "tile/0/x000/001", "tile/0/000.p/256", "tile/0/000.p/0", "tile/00/000", "tile/6/000",
                  "tile/0/x001/001/", "tile/0/000.p/01", "tile/-1/000", "tile/0/../000", "tile/0/٠٠٠"):  # fmt: skip
        with pytest.raises(FormatError, match="not the path"):
            Tile.parse(wrong)


def test_consistency_proofs_are_made_of_tiles_and_a_rewritten_log_has_none() -> None:
    for older in (1, 255, 256, 300, 65_536):
        tree = TileTree(66_000, files(66_000).__getitem__)
        path = consistency.prove(older, 66_000, tree.subtree)
        consistency.check(older, 66_000, root_of(LEAVES[:older], RFC9162), tree.root, path)
        forged = root_of([bytes(32), *LEAVES[1:older]], RFC9162)
        with pytest.raises(FormatError, match="does not lead"):
            consistency.check(older, 66_000, forged, tree.root, path)


def test_tiles_and_bundles_of_another_length_are_refused() -> None:
    with pytest.raises(FormatError, match=r"tile/0/000\.p/3 has 64 bytes instead of 96"):
        _ = TileTree(3, lambda _: bytes(64)).root
    whole = bundle([b"one", b"", b"three"])
    assert unbundle(whole, 3) == [b"one", b"", b"three"]
    for content, width in ((whole, 2), (whole, 4), (whole[:-1], 3), (whole + b"\0", 3), (b"", 1)):
        with pytest.raises(FormatError, match="exactly"):
            unbundle(content, width)


def test_the_edge_has_every_root_and_makes_every_node_once_also_when_it_is_taken_up_again() -> None:
    edge, made = Edge(), list[Node]()
    for place, leaf in enumerate(LEAVES, 1):
        made += edge.append(leaf)
        if place in SIZES:
            assert (edge.size, edge.root) == (place, root_of(LEAVES[:place], RFC9162))
            levels = [LEAVES[place - place % 256 : place]]
            while size := place >> 8 * len(levels):
                level = [one.hash for one in made if one.level == len(levels)]
                levels.append(level[size - size % 256 : size])
            edge = Edge(levels)
    spans = [(level, index, 256**level) for level in (1, 2) for index in range(len(LEAVES) >> 8 * level)]
    whole = {(level, index): root_of(LEAVES[index * each :][:each], RFC9162) for level, index, each in spans}
    assert {(one.level, one.index): one.hash for one in made} == whole
    assert len(made) == len(whole)


@pytest.mark.parametrize("size", [1, 2, 255, 257, 1000, 65_537])
def test_inclusion_is_proved_out_of_tiles_as_by_the_whole_tree(size: int) -> None:
    tree, whole = TileTree(size, files(size).__getitem__), Tree(LEAVES[:size], RFC9162)
    for index in {0, size // 2, size - 1}:
        assert tree.path(index) == whole.path(index)
    with pytest.raises(FormatError, match="no leaf"):
        tree.path(size)
