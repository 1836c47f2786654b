"""anchorproof and wire: everything in a proof follows from its own fields, and every verifier walks the same path."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import anchorproof, cbor
from registry.format.multibase import b58decode, b58encode
from registry.limits import MAX_INTEGER, MAX_PROOF_BYTES, MAX_PROOF_CHARS
from tests.support import specimen
from tests.support.proofs import DATA, DOCUMENT, PROOF, walk

SHARED = Path(__file__).parents[4] / "shared" / "vectors" / "merkle" / "blockcerts"


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (5, 2), (5, 4), (100, 99), (1000, 513)])
def test_a_proof_survives_encoding_and_a_stock_walk_reaches_the_same_root(size: int, index: int) -> None:
    proof = specimen.prove(DOCUMENT, size=size, index=index, d_rdf=specimen.sha("graph"))
    text = anchorproof.encode(proof)
    assert anchorproof.decode(text) == proof
    path = anchorproof.plain_path(proof)
    assert walk(path, proof.d_rdf) == proof.anchor_root
    assert [len(next(iter(step.values()))) for step in path].count(208) == 1
    assert len(path) == len(proof.batch_path) + len(proof.anchor_path) + 2


def test_merkletools_accepts_the_exported_path() -> None:
    import warnings

    with warnings.catch_warnings():
        # merkletools 1.0.3 has invalid escapes in its docstrings and asks for pysha3 although hashlib has SHA-3.
        warnings.simplefilter("ignore")
        import merkletools
    tools = merkletools.MerkleTools(hash_type="sha256")
    path = anchorproof.plain_path(PROOF)
    assert tools.validate_proof(path, PROOF.d_rdf.hex(), PROOF.anchor_root.hex())
    assert not tools.validate_proof(path, specimen.sha("x").hex(), PROOF.anchor_root.hex())


def test_the_longest_possible_proof_fits_the_limits() -> None:
    longest = MAX_INTEGER
    path = tuple(specimen.sha(str(step)) for step in range(53))
    proof = replace(
        PROOF,
        chain_id=longest,
        batch=longest,
        size=longest,
        index=0,
        batch_path=path,
        anchor_number=longest,
        anchor_index=1,
        anchor_size=longest,
        anchor_path=path,
    )
    text = anchorproof.encode(proof)
    assert anchorproof.decode(text) == proof
    assert len(text) <= MAX_PROOF_CHARS
    assert len(b58decode(text[1:], MAX_PROOF_CHARS)) <= MAX_PROOF_BYTES


def test_the_value_has_the_form_that_cert_verifier_js_accepted() -> None:
    path = SHARED / "accepted-by-cert-verifier-js.json"
    if not path.exists():
        pytest.skip("the shared vectors are not here")
    member = json.loads(path.read_text())["credential"]["proof"][1]
    sample = cbor2.loads(b58decode(member["proofValue"][1:], 2000))
    ours = cbor2.loads(DATA)

    def shape(value: Any) -> Any:
        if isinstance(value, list):
            return [shape(item) for item in value]
        return (type(value).__name__, value[:2].hex() if isinstance(value, bytes) else value)

    # Our paths differ in length; heads (keys, sides, types, the CBOR head inside each byte string) must not.
    for (key, theirs), (own_key, own) in zip(sample[1:4], ours[1:4], strict=True):
        assert key == own_key
        assert shape(own) == shape(theirs)
    assert (sample[0][0], ours[0][0]) == (3, 3)
    theirs_first, theirs_second = sample[0][1][0], sample[0][1][4]
    assert shape(ours[0][1][0]) == shape(theirs_first)
    assert shape(ours[0][1][4]) == shape(theirs_second)
    siblings = [shape(step)[1][1] for step in ours[0][1] if len(step[1]) == 34]
    assert set(siblings) == {"5820"}
    assert isinstance(ours[4][0], int)
    assert isinstance(cbor2.loads(ours[4][1]), list)
    assert set(member) - {"id", "previousProof"} == anchorproof.MEMBERS


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(DATA) * 8 - 1))
def test_no_bit_of_a_proof_can_be_changed_but_those_of_the_transaction_hint_and_what_is_signed(bit: int) -> None:
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8
    try:
        found = anchorproof.decode("z" + b58encode(bytes(data)))
    except FormatError:
        return
    # The path does not bind: the hint; the signature (check 2 verifies it); the anchor number (check 5 compares it).
    assert replace(found, tx_hash=PROOF.tx_hash, signature=PROOF.signature, anchor_number=PROOF.anchor_number) == PROOF
    assert found != PROOF


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300).map(lambda data: "z" + b58encode(data)) | st.text(max_size=100))
def test_arbitrary_proof_values_are_refused_with_one_error(text: str) -> None:
    with pytest.raises(FormatError):
        anchorproof.decode(text)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_proof_with_any_member_replaced_by_another_value_is_refused(data: st.DataObject) -> None:
    value = cbor.decode(DATA)
    place: Any = value
    depth = 0
    while True:
        index = data.draw(st.integers(0, len(place) - 1))
        depth += 1
        if not isinstance(place[index], list) or (depth > 1 and data.draw(st.booleans())):
            break
        place = place[index]
    old = place[index]
    place[index] = data.draw(st.sampled_from([0, 1, -1, b"", b"\x00", [], "x", old, [old], cbor.encode(bytes(32))]))
    changed = cbor.encode(value)
    try:
        found = anchorproof.decode("z" + b58encode(changed))
    except FormatError:
        assert changed != DATA
        return
    assert replace(found, tx_hash=PROOF.tx_hash) == PROOF


def test_oversized_values_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(FormatError, match="characters"):
        anchorproof.decode("z" + "2" * (MAX_PROOF_CHARS + 1))
    with pytest.raises(FormatError, match="more than 8192"):
        anchorproof.decode("z" + "z" * MAX_PROOF_CHARS)


@pytest.mark.parametrize(
    "changes",
    [
        {"contract": bytes(19)},
        {"d_jcs": bytes(31)},
        {"multikey": bytes(33)},
        {"batch_path": (bytes(33),) * 3},
        {"batch_path": (bytes(32),) * 2},
        {"anchor_path": ()},
        {"index": 5},
        {"anchor_index": 9},
        {"chain_id": -1},
    ],
)
def test_a_proof_that_cannot_be_right_is_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        anchorproof.encode(replace(PROOF, **changes))


def test_a_block_time_is_written_in_one_way() -> None:
    assert anchorproof.rfc3339(0) == "1970-01-01T00:00:00Z"
    assert anchorproof.rfc3339(253_402_300_799) == "9999-12-31T23:59:59Z"
