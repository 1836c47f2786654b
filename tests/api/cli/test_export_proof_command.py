"""`credanchor export-proof`: tools that know nothing of us follow the path, and none leaves for other contents."""

import json
import warnings
from typing import Any

import pytest

from registry.credential.baking import bake
from registry.format.anchorproof import AnchorProof
from registry.rdfc.canonizer import rdf_digest
from tests.support.commandline import Outcome, credanchor
from tests.support.pictures import SVG
from tests.support.specimen import Key, credential, document, prove, sha, to_bytes

DOCUMENT = document()
PROOF = prove(DOCUMENT, d_rdf=rdf_digest(DOCUMENT), size=1000, index=513)


def stock(path: dict[str, Any]) -> bool:
    """What merkletools, as published, says about a path."""
    with warnings.catch_warnings():
        # merkletools 1.0.3 has invalid escapes in its docstrings and asks for pysha3 although hashlib has SHA-3.
        warnings.simplefilter("ignore")
        import merkletools
    return bool(merkletools.MerkleTools(hash_type="sha256").validate_proof(**path))


@pytest.fixture
def export(tmp_path):
    def run(data: bytes, *words: str) -> Outcome:
        (tmp_path / "c.json").write_bytes(data)
        return credanchor("export-proof", tmp_path / "c.json", *words)

    return run


def made(proof: AnchorProof = PROOF, hashed: dict[str, Any] = DOCUMENT) -> bytes:
    return to_bytes(credential(hashed, proof))


@pytest.mark.parametrize("data", [made(), bake(SVG, made())], ids=["json", "baked"])
def test_merkletools_takes_the_path_as_it_is_long_steps_included(export, data):
    path = export(data).json
    assert path["target_hash"] == rdf_digest(DOCUMENT).hex()
    assert path["merkle_root"] == PROOF.anchor_root.hex()
    sizes = [len(bytes.fromhex(value)) for step in path["proof"] for value in step.values()]
    assert (sizes[0], sizes.count(32), sizes.count(96)) == (104, len(sizes) - 2, 1)
    assert stock(path) is True


def test_merkletools_refuses_the_path_once_anything_in_it_is_altered(export):
    path = export(made()).json
    for place, step in enumerate(path["proof"]):
        side, value = next(iter(step.items()))
        other = {"left": "right", "right": "left"}[side]
        flipped = f"{int(value[-1], 16) ^ 1:x}"
        for changed in ({side: value[:-1] + flipped}, {other: value}):
            assert not stock(path | {"proof": [*path["proof"][:place], changed, *path["proof"][place + 1 :]]})
        assert not stock(path | {"proof": [*path["proof"][:place], *path["proof"][place + 1 :]]})
    assert not stock(path | {"target_hash": sha("other").hex()})
    assert not stock(path | {"merkle_root": sha("other").hex()})


def test_a_chainpoint_receipt_says_the_same_and_names_the_transaction(export):
    path, receipt = export(made()).json, export(made(), "--format", "chainpoint").json
    assert (receipt["@context"], receipt["type"]) == ("https://w3id.org/chainpoint/v2", "ChainpointSHA256v2")
    assert receipt["anchors"] == [{"type": "ETHData", "sourceId": "0x" + PROOF.tx_hash.hex()}]
    assert [receipt[name] for name in ("targetHash", "merkleRoot", "proof")] == list(path.values())


def test_a_file_is_written_whole_and_described(export, tmp_path):
    out = tmp_path / "path.json"
    told = export(made(), "--out", str(out), "--json").json
    assert told == {"file": str(out), "format": "merkletools", "merkle_root": PROOF.anchor_root.hex()}
    assert stock(json.loads(out.read_bytes()))


def test_no_path_is_made_for_contents_that_it_does_not_prove(export, tmp_path):
    changed = DOCUMENT | {"name": "Soil science in theory"}
    for data, says in [
        (made(hashed=changed), "the file was changed"),
        (to_bytes(DOCUMENT), "no anchor proof"),
        (made(prove(DOCUMENT)), "without an RDF digest"),
        (made(prove(DOCUMENT, d_rdf=sha("another graph"))), "not those that were anchored"),
        (made(prove(DOCUMENT, d_rdf=rdf_digest(DOCUMENT), signer=Key("thief"))), "not made by the key in the file"),
        (made()[:-2], "not JSON"),
        (bake(SVG, made())[:-2], "not plain XML"),
    ]:
        outcome = export(data, "--out", str(tmp_path / "path.json"))
        assert (outcome.code, outcome.out) == (1, ""), says
        assert says in outcome.err
        assert "Traceback" not in outcome.err
    assert not (tmp_path / "path.json").exists()
