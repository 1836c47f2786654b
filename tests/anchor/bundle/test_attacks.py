"""Whatever is done to a bundle, its proofs prove the truth or nothing: never another verdict."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, dictionaries, integers, lists

from anchor.bundle import offline, rlp
from anchor.bundle.file import Bundle
from anchor.bundle.make import Made
from anchor.bundle.trie import EMPTY_ROOT, Trie
from registry.errors import FormatError
from registry.verify import Report
from registry.verify.evidence import Unproved
from tests.support.bundling import Place
from tests.support.spoiling import ALTERED, altered, spoiled


@pytest.fixture(scope="module")
def made(on_devnode: Place) -> Made:
    return on_devnode.make("valid")


def check(place: Place, made: Made, bundle: Bundle) -> Report:
    now = datetime.now(UTC)
    return offline.check(bundle.credential, bundle, trust=place.alone, block_hash=made.block_hash, now=now)


@pytest.mark.parametrize("name", ["account", "storage"])
def test_a_proof_with_any_node_altered_dropped_or_added_proves_nothing(
    on_devnode: Place, made: Made, name: str
) -> None:
    assert check(on_devnode, made, made.bundle).verdict == "valid_test"
    tried = 0
    for nodes in spoiled(getattr(made.bundle, name)):
        found = check(on_devnode, made, replace(made.bundle, **{name: nodes}))
        assert found.verdict == "unconfirmed", found
        assert found.check("anchor").code in ("anchor.proof", "anchor.not-in-bundle")
        tried += 1
    assert tried == 5 * len(getattr(made.bundle, name)) + 2


def test_a_header_with_any_bit_altered_is_of_another_block(on_devnode: Place, made: Made) -> None:
    for place in range(len(made.bundle.header)):
        changed = bytearray(made.bundle.header)
        changed[place] ^= 1 << place % 8
        found = check(on_devnode, made, replace(made.bundle, header=bytes(changed)))
        assert found.check("anchor").code in ("anchor.other-block", "anchor.header")
        assert found.verdict == "unconfirmed"


def test_two_bundles_mixed_say_nothing_that_one_of_them_does_not(on_devnode: Place, made: Made) -> None:
    other = on_devnode.make("plain")  # of another anchor, at the same block
    assert other.block_hash == made.block_hash
    mixed = check(on_devnode, made, replace(other.bundle, credential=made.bundle.credential))
    assert (mixed.verdict, mixed.check("anchor").code) == ("unconfirmed", "anchor.not-in-bundle")
    forged = replace(made.bundle, credential=made.bundle.credential.replace(b"Soil science", b"Soil Science"))
    assert check(on_devnode, made, forged).verdict == "invalid"


@pytest.mark.parametrize("case", ALTERED)
def test_a_file_of_another_form_is_no_bundle(made: Made, case: str) -> None:
    value = altered(json.loads(made.bundle.to_bytes()), case)
    with pytest.raises(FormatError, match=r"This|These|member|more than"):
        Bundle.parse(json.dumps(value).encode())


@pytest.mark.parametrize(
    "encoded", ["8101", "b80100", "b90038" + "00" * 56, "c08000", "82ff", "f80180", "c1", "b8", "", "c2c1", "bfff"]
)
def test_rlp_that_is_not_canonical_is_refused(encoded: str) -> None:
    with pytest.raises(rlp.BadRlp):
        rlp.decode(bytes.fromhex(encoded))


PLACES = binary(min_size=32, max_size=32)
NEAR = bytes(31)  # keys that differ in their last byte make nodes so short that they lie in others


@settings(max_examples=40, database=None, deadline=None)
@given(
    far=dictionaries(PLACES, binary(min_size=1, max_size=33), max_size=30),
    near=dictionaries(integers(0, 255), binary(min_size=1, max_size=3), min_size=1, max_size=8),
    others=lists(PLACES, max_size=10),
)
def test_tries_prove_what_the_library_says_also_with_nodes_inside_nodes(
    far: dict[bytes, bytes], near: dict[int, bytes], others: list[bytes]
) -> None:
    import rlp as library
    from trie import HexaryTrie

    trie = HexaryTrie({})
    held = far | {NEAR + bytes([last]): value for last, value in near.items()}
    for place, value in held.items():
        trie[place] = value
    for place in [*held, *others, NEAR + b"\0", NEAR + b"\xff"]:
        assert Trie(EMPTY_ROOT, ()).at(place) == b""
        nodes = [library.encode(node) for node in trie.get_proof(place)]
        assert all(rlp.encode(rlp.decode(node)) == node for node in nodes)
        assert Trie(trie.root_hash, nodes, strict=False).at(place) == trie.get(place)
        with pytest.raises(Unproved):
            Trie(trie.root_hash, nodes[1:], strict=False).at(place)
