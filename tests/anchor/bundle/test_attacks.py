"""Whatever is done to a bundle, its proofs prove the truth or nothing: never another verdict."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from anchor.bundle import offline, rlp
from anchor.bundle.file import Bundle
from anchor.bundle.make import Made
from anchor.bundle.trie import EMPTY_ROOT, Trie
from registry.errors import FormatError
from registry.verify import Report
from registry.verify.evidence import Unproved
from tests.support.bundling import Place


@pytest.fixture(scope="module")
def made(on_devnode: Place) -> Made:
    return on_devnode.make("valid")


def check(place: Place, made: Made, bundle: Bundle) -> Report:
    now = datetime.now(UTC)
    return offline.check(bundle.credential, bundle, trust=place.alone, block_hash=made.block_hash, now=now)


def spoiled(nodes: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    """Each node altered at its beginning, middle and end, dropped, with bytes behind it; and one that is strange."""
    for place, node in enumerate(nodes):
        rest = nodes[:place] + nodes[place + 1 :]
        yield rest
        for at in (0, len(node) // 2, len(node) - 1):
            changed = bytearray(node)
            changed[at] ^= 1
            yield tuple(sorted((*rest, bytes(changed))))
        yield tuple(sorted((*rest, node + b"\0")))
    yield tuple(sorted((*nodes, rlp.encode([b"\x20" + bytes(32), b"\x01"]))))
    yield ()


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


def altered(value: dict[str, Any], case: str) -> dict[str, Any]:
    match case:
        case "reordered":
            value["storage"].reverse()
        case "twice":
            value["account"].insert(0, value["account"][0])
        case "unknown member":
            value["extra"] = 1
        case "missing member":
            del value["code"]
        case "upper case":
            value["header"] = value["header"].upper()
        case "base64 with other padding bits":
            value["credential"] = "QUJD\n"
        case "long header":
            value["header"] = "00" * 2049
        case "long node":
            value["storage"] = ["00" * 1025]
        case "many nodes":
            value["account"] = [f"{number:04x}" for number in range(65)]
        case "long code":
            value["code"] = "AAAA" * 8193
        case "no object as evidence":
            value["status"] = [1]
        case "another version":
            value["format"] = "credanchor-bundle/2"
    return value


@pytest.mark.parametrize(
    "case",
    [
        "reordered", "twice", "unknown member", "missing member", "upper case", "base64 with other padding bits",
        "long header", "long node", "many nodes", "long code", "no object as evidence", "another version",
    ],
)  # fmt: skip
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


@pytest.mark.parametrize("seed", range(6))
def test_tries_prove_what_the_library_says_also_with_nodes_inside_nodes(seed: int) -> None:
    import rlp as library
    from trie import HexaryTrie

    chance = random.Random(seed)
    trie = HexaryTrie({})
    near = chance.randbytes(31)  # keys that differ in their last byte make nodes so short that they lie in others
    places = [chance.randbytes(32) for _ in range(chance.randrange(60))] + [
        near + bytes([last]) for last in chance.sample(range(256), 8)
    ]
    for place in places:
        trie[place] = chance.randbytes(chance.choice([1, 2, 32]))
    assert Trie(EMPTY_ROOT, ()).at(places[0]) == b""
    for place in [*places, *(chance.randbytes(32) for _ in range(20)), near + b"\0", near + b"\xff"]:
        nodes = [library.encode(node) for node in trie.get_proof(place)]
        assert all(rlp.encode(rlp.decode(node)) == node for node in nodes)
        assert Trie(trie.root_hash, nodes, strict=False).at(place) == trie.get(place)
        with pytest.raises(Unproved):
            Trie(trie.root_hash, nodes[1:], strict=False).at(place)
