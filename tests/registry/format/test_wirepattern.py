"""The short way to read a proof value takes only what the long way reads, and reads the same."""

from hypothesis import example, given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import anchorproof, wire, wirepattern
from registry.format.multibase import b58decode
from tests.support import proofs, specimen


def long_way(data: bytes) -> wire.Wire | None:
    try:
        return wire._read(data)
    except FormatError:
        return None


def test_the_proofs_that_this_registry_makes_are_read_the_short_way() -> None:
    assert wirepattern.read(proofs.DATA) == wire._read(proofs.DATA)
    for index, size in ((0, 1), (6, 7), (99_999, 100_000)):
        proof = specimen.prove(proofs.DOCUMENT, d_rdf=specimen.sha("graph"), index=index, size=size)
        data = b58decode(anchorproof.encode(proof)[1:], 5000)
        assert wirepattern.read(data) == wire._read(data)


EDITS = st.lists(st.tuples(st.integers(0, len(proofs.DATA) - 1), st.integers(0, 1), st.binary(max_size=2)), max_size=3)
ROOT = proofs.DATA.index(proofs.PROOF.anchor_root)


@given(EDITS)
@example([(3, 1, bytes([0x98, proofs.DATA[3] - 0x80]))])  # the array's length in a longer form
@example([(3, 1, bytes([proofs.DATA[3] + 1]))])
@example([(ROOT, 1, b"")])
def test_changed_bytes_are_never_read_as_something_else(edits: list[tuple[int, int, bytes]]) -> None:
    data = bytearray(proofs.DATA)
    for place, removed, added in edits:
        data[place : place + removed] = added
    short = wirepattern.read(bytes(data))
    assert short is None or short == long_way(bytes(data))


@given(st.integers(0, len(proofs.DATA) - 1), st.integers(0, 255))
def test_one_changed_byte_is_read_alike(place: int, value: int) -> None:
    data = proofs.DATA[:place] + bytes([value]) + proofs.DATA[place + 1 :]
    short = wirepattern.read(data)
    assert short is None or short == long_way(data)
