"""consistency: proofs of RFC 9162 section 2.1.4, against the RFC read literally, in both directions."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format.consistency import check, prove, ranges
from registry.format.merkle import PLAIN, RFC9162, Hasher, root_of
from tests.support.specimen import sha

EXHAUSTIVE = 40
LEAVES = [sha(f"leaf {place}") for place in range(300)]


def root(size: int, hasher: Hasher = RFC9162) -> bytes:
    return root_of(LEAVES[:size], hasher)


def proof(first: int, second: int, hasher: Hasher = RFC9162) -> list[bytes]:
    return prove(first, second, lambda start, end: root_of(LEAVES[start:end], hasher))


def rfc_subproof(size: int, leaves: list[bytes], complete: bool, hasher: Hasher) -> list[bytes]:
    """RFC 9162, section 2.1.4.1, word for word."""
    if size == len(leaves):
        return [] if complete else [root_of(leaves, hasher)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= split:
        return [*rfc_subproof(size, leaves[:split], complete, hasher), root_of(leaves[split:], hasher)]
    return [*rfc_subproof(size - split, leaves[split:], False, hasher), root_of(leaves[:split], hasher)]


def rfc_verify(first: int, second: int, first_hash: bytes, second_hash: bytes, path: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2, word for word, for 0 < first < second."""
    if not path:
        return False
    if first & (first - 1) == 0:
        path = [first_hash, *path]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for value in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = RFC9162.node(value, fr), RFC9162.node(value, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = RFC9162.node(sr, value)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_hash and sr == second_hash and sn == 0


def refused(first: int, second: int, older: bytes, newer: bytes, path: list[bytes]) -> str:
    with pytest.raises(FormatError) as problem:
        check(first, second, older, newer, path)
    return problem.value.code


@pytest.mark.parametrize("hasher", [PLAIN, RFC9162], ids=["plain", "rfc9162"])
def test_proofs_are_those_of_the_rfc_and_convince_for_every_pair_of_small_sizes(hasher: Hasher) -> None:
    for second in range(1, EXHAUSTIVE + 1):
        for first in range(1, second + 1):
            path = proof(first, second, hasher)
            assert path == rfc_subproof(first, LEAVES[:second], True, hasher)
            check(first, second, root(first, hasher), root(second, hasher), path, hasher)


def test_a_proof_for_other_sizes_or_roots_is_refused_for_every_pair_of_small_sizes() -> None:
    for second in range(2, 20):
        for first in range(1, second):
            path = proof(first, second)
            assert refused(first, second, root(second), root(first), path) == "consistency.root"
            assert refused(first, second, sha("fork"), root(second), path) == "consistency.root"
            assert refused(first, second, root(first), sha("fork"), path) == "consistency.root"
            assert refused(first, second, root(first), root(second), [*path, path[-1]]) == "consistency.path-length"
            assert refused(first, second, root(first), root(second), path[:-1]) == "consistency.path-length"


@settings(max_examples=150, deadline=None, database=None)
@given(st.data())
def test_what_a_literal_reading_of_the_rfc_says_of_an_altered_proof_is_said_here(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, len(LEAVES)))
    first = data.draw(st.integers(1, second - 1))
    path = proof(first, second)
    place = data.draw(st.integers(0, len(path) - 1))
    edits: dict[str, Callable[[list[bytes]], list[bytes]]] = {
        "none": lambda steps: steps,
        "change": lambda steps: [*steps[:place], sha("other"), *steps[place + 1 :]],
        "swap": lambda steps: steps[::-1],
        "drop": lambda steps: steps[:place] + steps[place + 1 :],
        "repeat": lambda steps: [*steps[: place + 1], *steps[place:]],
    }
    altered = edits[data.draw(st.sampled_from(sorted(edits)))](path)
    try:
        check(first, second, root(first), root(second), altered)
        convinced = True
    except FormatError:
        convinced = False
    assert convinced == rfc_verify(first, second, root(first), root(second), altered) == (altered == path)


@pytest.mark.parametrize(("first", "second"), [(0, 5), (6, 5), (-1, 5), (0, 0), (1, 1 << 70)])
def test_sizes_that_have_no_proof_are_refused(first: int, second: int) -> None:
    with pytest.raises(FormatError) as problem:
        ranges(first, second)
    assert problem.value.code == "consistency.size"


def test_equal_sizes_need_equal_roots_and_no_path() -> None:
    check(7, 7, root(7), root(7), [])
    assert refused(7, 7, root(7), root(8), []) == "consistency.root"
    assert refused(7, 7, root(7), root(7), [root(7)]) == "consistency.path-length"
    assert refused(3, 7, root(3), root(7), [b"short", *proof(3, 7)[1:]]) == "consistency.hash-length"


def test_the_largest_sizes_have_short_proofs() -> None:
    assert len(ranges((1 << 52) + 1, (1 << 53) - 1)) <= 2 * 53
