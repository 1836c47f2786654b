"""merkle: the shape of RFC 9162, strict paths; against the RFC read literally, merkletools, and published vectors."""

import base64
import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format.merkle import PLAIN, RFC9162, Frontier, Hasher, Tree, directions, root_from_path, root_of
from registry.limits import MAX_INTEGER

SHARED = Path(__file__).parents[4] / "shared" / "vectors" / "merkle"
TRANSPARENCY = SHARED / "rfc6962-transparency-dev"
EXHAUSTIVE = 130

needs_vectors = pytest.mark.skipif(not TRANSPARENCY.exists(), reason="the shared vectors are not here")


def leaf(place: int) -> bytes:
    return hashlib.sha256(str(place).encode()).digest()


LEAVES = [leaf(place) for place in range(EXHAUSTIVE)]


def rfc_root(leaves: list[bytes], hasher: Hasher) -> bytes:
    """RFC 9162, section 2.1.1, word for word: split at the largest power of two below n."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hasher.node(rfc_root(leaves[:split], hasher), rfc_root(leaves[split:], hasher))


def rfc_path(leaves: list[bytes], index: int, hasher: Hasher) -> list[bytes]:
    """RFC 9162, section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*rfc_path(leaves[:split], index, hasher), rfc_root(leaves[split:], hasher)]
    return [*rfc_path(leaves[split:], index - split, hasher), rfc_root(leaves[:split], hasher)]


@pytest.fixture(scope="module")
def merkletools() -> Any:
    import warnings

    with warnings.catch_warnings():
        # merkletools 1.0.3 has invalid escapes in its docstrings and asks for pysha3 although hashlib has SHA-3.
        warnings.simplefilter("ignore")
        import merkletools as module
    return module


@functools.cache
def tree_of(size: int) -> Tree:
    return Tree(LEAVES[:size])


@pytest.mark.parametrize("hasher", [PLAIN, RFC9162], ids=["plain", "rfc9162"])
def test_roots_and_paths_are_those_of_the_rfc_for_every_small_size(hasher: Hasher) -> None:
    frontier = Frontier(hasher)
    for size in range(1, EXHAUSTIVE + 1):
        leaves = LEAVES[:size]
        tree = Tree(leaves, hasher)
        frontier.append(leaves[-1])
        assert tree.size == frontier.size == size
        assert tree.root == root_of(leaves, hasher) == frontier.root == rfc_root(leaves, hasher)
        for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
            assert tree.path(index) == rfc_path(leaves, index, hasher)


def test_every_index_proves_its_own_leaf_and_nothing_else_for_every_small_size() -> None:
    for size in range(1, EXHAUSTIVE + 1):
        tree = tree_of(size)
        for index in range(size):
            path = tree.path(index)
            assert len(path) == len(directions(index, size))
            assert root_from_path(LEAVES[index], index, size, path) == tree.root
            assert root_from_path(LEAVES[(index + 1) % EXHAUSTIVE], index, size, path) != tree.root
            if size > 1:
                other = (index + 1) % size
                try:
                    assert root_from_path(LEAVES[index], other, size, path) != tree.root
                except FormatError as error:
                    assert error.code == "inclusion.path-length"  # noqa: PT017


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4000).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))), st.data())
def test_large_trees_prove_every_place_with_the_exact_length_only(place: tuple[int, int], data: st.DataObject) -> None:
    size, index = place
    leaves = [leaf(number) for number in range(size)]
    tree = Tree(leaves)
    path = tree.path(index)
    assert root_from_path(leaves[index], index, size, path) == tree.root == root_of(leaves)
    wrong = data.draw(st.sampled_from([path[:-1], [*path, leaf(0)], [leaf(0), *path]]))
    if len(wrong) != len(path):
        with pytest.raises(FormatError) as caught:
            root_from_path(leaves[index], index, size, wrong)
        assert caught.value.code == "inclusion.path-length"


@pytest.mark.parametrize("size", range(1, EXHAUSTIVE + 1))
def test_merkletools_finds_the_same_root_and_walks_our_path(merkletools: Any, size: int) -> None:
    theirs = merkletools.MerkleTools(hash_type="sha256")
    theirs.add_leaf([value.hex() for value in LEAVES[:size]])
    theirs.make_tree()
    ours = tree_of(size)
    assert theirs.get_merkle_root() == ours.root.hex()
    for index in {0, size // 3, size - 1}:
        path = [{side: value.hex()} for side, value in zip(directions(index, size), ours.path(index), strict=True)]
        assert path == theirs.get_proof(index)
        assert theirs.validate_proof(path, LEAVES[index].hex(), ours.root.hex())


@needs_vectors
def test_the_recorded_trees_of_merkletools_are_the_same() -> None:
    cases = json.loads((SHARED / "merkletools" / "oracle.json").read_text())["cases"]
    assert len(cases) == 20
    for case in cases:
        tree = Tree([bytes.fromhex(value) for value in case["leaves"]])
        assert tree.root.hex() == case["root"]
        for index, proof in enumerate(case["proofs"]):
            assert [
                (side, value.hex()) for side, value in zip(directions(index, tree.size), tree.path(index), strict=True)
            ] == [next(iter(step.items())) for step in proof]


def published(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((TRANSPARENCY / folder).rglob("*.json")):
        yield str(path.relative_to(TRANSPARENCY)), json.loads(path.read_text())


def decoded(value: str | None) -> bytes:
    return base64.b64decode(value or "")


def accepts(found: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    try:
        return root_from_path(found, index, size, proof, RFC9162) == root
    except FormatError:
        return False


@needs_vectors
def test_the_published_inclusion_vectors_are_judged_as_they_say() -> None:
    cases = list(published("inclusion"))
    assert len(cases) == 98
    for name, case in cases:
        proof = [decoded(value) for value in case["proof"] or []]
        found = accepts(decoded(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, decoded(case["root"]))
        assert found is not case["wantErr"], name


@needs_vectors
def test_the_published_subtree_inclusion_vectors_are_judged_as_they_say() -> None:
    """A subtree is a tree of its own whose start is a multiple of its size, rounded up to a power of two."""
    cases = list(published("subtreeinclusion"))
    assert len(cases) == 204
    for name, case in cases:
        start, size = case["start"], case["end"] - case["start"]
        aligned = size > 0 and start % (1 << (size - 1).bit_length()) == 0
        proof = [decoded(value) for value in case["proof"] or []]
        place = (decoded(case["leafHash"]), case["leafIdx"] - start, size, proof, decoded(case["root"]))
        assert (aligned and accepts(*place)) is not case["wantErr"], name


@needs_vectors
def test_a_path_that_fits_several_places_shows_why_index_and_size_stand_in_the_leaf() -> None:
    case = json.loads((TRANSPARENCY / "position-malleability.json").read_text())
    path, root = [bytes.fromhex(value) for value in case["path"]], bytes.fromhex(case["root"])
    places = [tuple(case["true"]), *map(tuple, case["also_verifies"])]
    assert len(places) == 6
    assert all(accepts(bytes.fromhex(case["leaf"]), index, size, path, root) for index, size in places)


@needs_vectors
def test_the_reference_tree_of_certificate_transparency_has_its_roots() -> None:
    case = json.loads((TRANSPARENCY / "reference-roots.json").read_text())
    leaves = [RFC9162.leaf_hash(bytes.fromhex(value)) for value in case["inputs"]]
    assert len(leaves) == 8
    assert [value.hex() for value in leaves] == case["leaf_hashes"]
    roots = case["roots"]
    assert len(roots) == 9
    for size in range(1, 9):
        assert root_of(leaves[:size], RFC9162).hex() == roots[size]


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (1, 1), (0, MAX_INTEGER + 1), (2**64, 2**65)])
def test_a_place_outside_the_tree_is_refused(index: int, size: int) -> None:
    for attempt in (lambda: directions(index, size), lambda: root_from_path(leaf(0), index, size, [])):
        with pytest.raises(FormatError) as caught:
            attempt()
        assert caught.value.code == "inclusion.index"


def test_an_empty_tree_and_hashes_of_other_lengths_are_refused() -> None:
    for attempt in (lambda: Tree([]), lambda: root_of([]), lambda: Frontier().root):
        with pytest.raises(FormatError, match="without leaves"):
            attempt()
    for wrong in (b"", bytes(31), bytes(33), bytes(64)):
        for attempt in (
            lambda wrong=wrong: Tree([leaf(0), wrong]),
            lambda wrong=wrong: root_from_path(wrong, 0, 1, []),
            lambda wrong=wrong: root_from_path(leaf(0), 0, 2, [wrong]),
            lambda wrong=wrong: Frontier().append(wrong),
        ):
            with pytest.raises(FormatError) as caught:
                attempt()
            assert caught.value.code == "inclusion.hash-length"


def test_a_path_of_the_longest_possible_tree_is_bounded() -> None:
    assert len(directions(0, MAX_INTEGER)) == 53
    assert len(directions(MAX_INTEGER - 1, MAX_INTEGER)) <= 53
