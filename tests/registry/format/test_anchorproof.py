"""anchorproof and wire: everything in a proof follows from its own fields, and every verifier walks the same path."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import anchorproof, cbor, entries, merkle, wire
from registry.format.anchorproof import AnchorProof
from registry.format.multibase import b58decode, b58encode
from registry.limits import MAX_INTEGER, MAX_PROOF_BYTES, MAX_PROOF_CHARS
from tests.support import specimen

SHARED = Path(__file__).parents[4] / "shared" / "vectors" / "merkle" / "blockcerts"
DOCUMENT = specimen.document()
PROOF = specimen.prove(DOCUMENT, d_rdf=specimen.sha("graph"))
TEXT = anchorproof.encode(PROOF)
DATA = b58decode(TEXT[1:], 2000)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def walk(path: list[dict[str, str]], start: bytes) -> bytes:
    """What every stock verifier does, without looking at anything."""
    node = start
    for step in path:
        ((side, value),) = step.items()
        node = sha(bytes.fromhex(value) + node) if side == "left" else sha(node + bytes.fromhex(value))
    return node


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


ISSUER_PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1"}


@pytest.mark.parametrize("proofs", [None, [ISSUER_PROOF], [ISSUER_PROOF, {"cryptosuite": "other"}]])
def test_attaching_and_detaching_leaves_the_document_as_it_was(proofs: list[Any] | None) -> None:
    document = dict(DOCUMENT) | ({"proof": proofs} if proofs else {})
    before = json.dumps(document)
    attached = anchorproof.attach(document, PROOF, "2026-04-11T00:00:00Z", "https://registry.example#anchor")
    assert list(attached["proof"][-1]) == [
        "type",
        "cryptosuite",
        "created",
        "verificationMethod",
        "proofPurpose",
        "proofValue",
    ]
    found, member = anchorproof.detach(attached)
    assert found == document
    assert member == attached["proof"][-1]
    assert json.dumps(document) == before


def test_a_single_proof_object_becomes_a_list_and_a_file_without_proofs_has_none() -> None:
    assert anchorproof.detach({"proof": ISSUER_PROOF}) == ({"proof": [ISSUER_PROOF]}, None)
    assert anchorproof.detach({"a": 1}) == ({"a": 1}, None)


MEMBER = {"cryptosuite": "merkle-proof-2019"}


@pytest.mark.parametrize("proof", [MEMBER, [MEMBER, MEMBER], [MEMBER, ISSUER_PROOF], [], None, "x", 1])
def test_an_anchor_proof_stands_last_in_a_list_and_once(proof: Any) -> None:
    with pytest.raises(FormatError) as caught:
        anchorproof.detach({"proof": proof})
    assert caught.value.code == "format.proof"


@pytest.mark.parametrize("proof", [MEMBER, [MEMBER], [], None, ISSUER_PROOF])
def test_an_anchor_proof_is_attached_only_to_a_list_of_other_proofs(proof: Any) -> None:
    with pytest.raises(FormatError):
        anchorproof.attach({"proof": proof}, PROOF, "2026-04-11T00:00:00Z", "https://registry.example#anchor")


def test_a_block_time_is_written_in_one_way() -> None:
    assert anchorproof.rfc3339(0) == "1970-01-01T00:00:00Z"
    assert anchorproof.rfc3339(253_402_300_799) == "9999-12-31T23:59:59Z"


# What merkletools' verifier, and others like it, accept (each was seen to): ours must not.


def attacked(**changes: Any) -> str:
    return wire.write(replace(wire.read(TEXT), **changes))


def refused(text: str) -> str:
    with pytest.raises(FormatError) as caught:
        anchorproof.decode(text)
    return caught.value.code


def text_of(pairs: dict[int, Any]) -> str:
    return "z" + b58encode(cbor2.dumps([[key, value] for key, value in pairs.items()]))


PATH = wire.read(TEXT).path
BATCH_STEPS = len(PROOF.batch_path)


def test_an_inner_node_is_not_accepted_as_a_leaf() -> None:
    """A stock verifier starts anywhere: dropping the first steps proves the node they lead to."""
    parent = sha(PROOF.leaf + PROOF.batch_path[0])
    stock = anchorproof.plain_path(PROOF)[2:]
    assert walk(stock, parent) == PROOF.anchor_root
    assert refused(attacked(target_hash=parent, path=PATH[2:], batch_length=0)) == "format.proof-value"
    moved = (PATH[0], *PATH[2:])
    assert refused(attacked(target_hash=parent, path=moved, index=1, size=3, batch_length=2)) == "inclusion.root"


def test_a_64_byte_document_made_of_two_nodes_is_not_accepted_as_a_leaf() -> None:
    """Where a leaf is SHA-256(document), left || right is a document whose leaf is their parent. Ours has never 64."""
    forged = PROOF.leaf + PROOF.batch_path[0]
    assert len(forged) == 64
    parent = sha(forged)
    assert walk(anchorproof.plain_path(PROOF)[2:], parent) == PROOF.anchor_root
    d_jcs = parent
    assert entries.leaf_hash(entries.leaf_prefix(PROOF.registry_id, PROOF.batch, 1, 3, d_jcs), entries.ZERO32) != parent
    assert refused(attacked(target_hash=forged[32:], path=(("left", forged[:32]), *PATH[2:]))) == "format.proof-value"


def test_a_first_step_of_another_length_is_not_accepted() -> None:
    for prefix in (PATH[0][1][:-1], PATH[0][1] + b"\x00", b"", PROOF.leaf_prefix[:32]):
        assert refused(attacked(path=(("left", prefix), *PATH[1:]))) == "format.proof-value"


def test_siblings_of_other_lengths_are_not_accepted() -> None:
    """A stock verifier hashes whatever it is given: bytes can move between a sibling and its neighbour."""
    for place in (1, BATCH_STEPS + 2):
        for value in (b"", PATH[place][1][:31], PATH[place][1] + b"\x00", PATH[place][1] * 2):
            changed = (*PATH[:place], (PATH[place][0], value), *PATH[place + 1 :])
            assert refused(attacked(path=changed)) == "inclusion.hash-length"


def test_a_second_credential_under_one_leaf_is_not_accepted() -> None:
    """Other contents would need a first step that leads to the same leaf: a second preimage of SHA-256."""
    other = entries.leaf_prefix(PROOF.registry_id, PROOF.batch, PROOF.index, PROOF.size, specimen.sha("other contents"))
    assert refused(attacked(path=(("left", other), *PATH[1:]))) == "inclusion.root"


def test_the_prover_does_not_choose_directions() -> None:
    for place in range(1, len(PATH)):
        side = "right" if PATH[place][0] == "left" else "left"
        changed = (*PATH[:place], (side, PATH[place][1]), *PATH[place + 1 :])
        assert refused(attacked(path=changed)) in ("inclusion.plain-path", "inclusion.root")


def test_steps_beside_the_path_are_not_accepted() -> None:
    """merkletools takes a step with a valid right and junk left, and unknown keys. A pair has no room for either."""
    for junk in ([0, PATH[1][1], b"junk"], [1], [1, cbor.encode(PATH[1][1]), 0], {}, [2, cbor.encode(PATH[1][1])]):
        value = dict(cbor2.loads(DATA))
        value[3] = [*value[3][:1], junk, *value[3][2:]]
        assert refused(text_of(value)).startswith("format.")


def test_hex_in_any_case_or_with_blanks_is_not_accepted() -> None:
    """Stock verifiers take hex with blanks and in upper case, so one proof has many texts; ours are bytes, not hex."""
    for value in (PATH[1][1].hex(), PATH[1][1].hex().upper(), " " + PATH[1][1].hex()):
        decoded = dict(cbor2.loads(DATA))
        decoded[3] = [decoded[3][0], [1, cbor.encode(value.encode())], *decoded[3][2:]]
        assert (
            refused("z" + b58encode(cbor2.dumps([[key, item] for key, item in decoded.items()])))
            == "inclusion.hash-length"
        )
    for text in (TEXT + " ", " " + TEXT, TEXT + "\n", "Z" + TEXT[1:], "u" + base64.urlsafe_b64encode(DATA).decode()):
        assert refused(text).startswith("format.")


def test_keys_in_another_order_or_unknown_or_twice_are_not_accepted() -> None:
    pairs = cbor2.loads(DATA)
    for changed in (pairs[::-1], [*pairs, [101, 0]], [*pairs, pairs[-1]], pairs[:-1], [[-1, 0], *pairs]):
        assert refused("z" + b58encode(cbor2.dumps(changed))) == "format.proof-value"
    assert refused("z" + b58encode(cbor2.dumps(dict(pairs)))) == "format.cbor"


def test_an_empty_batch_or_an_index_outside_is_not_accepted() -> None:
    assert refused(attacked(size=0)) == "format.proof-value"
    assert refused(attacked(index=5)) == "inclusion.index"
    assert refused(attacked(index=2**32)) == "inclusion.index"


@given(st.integers(0, 20), st.integers(1, 20))
def test_no_other_place_is_proved_by_the_same_path(index: int, size: int) -> None:
    if (index, size) != (PROOF.index, PROOF.size):
        length = len(merkle.directions(index, size)) if index < size else 0
        assert refused(attacked(index=index, size=size, batch_length=length)).startswith("inclusion.")


def test_nothing_replays_on_another_registry() -> None:
    for changes in ({"chain_id": 1}, {"contract": bytes(20)}):
        moved = replace(PROOF, **changes)
        assert moved.anchor_root != PROOF.anchor_root
        assert isinstance(moved, AnchorProof)
    assert refused(attacked(contract=bytes(20))) == "inclusion.root"
