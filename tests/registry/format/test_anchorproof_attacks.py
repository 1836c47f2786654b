"""What merkletools' verifier, and others like it, accept (each was seen to): ours must not."""

import base64
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import anchorproof, cbor, entries, merkle, wire
from registry.format.anchorproof import AnchorProof
from registry.format.multibase import b58encode
from tests.support import specimen
from tests.support.proofs import DATA, PROOF, TEXT, sha, walk


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
