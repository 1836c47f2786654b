"""The walk from a credential to the chain with tools that know nothing of us: pyld, cbor2, merkletools, web3."""

import warnings
from hashlib import sha256

import base58
import cbor2
import pytest

from registry.format.entries import ZERO32
from tests.support import chains, pyld_oracle
from tests.support.changes import changed
from tests.support.judged import Document, Issued

with warnings.catch_warnings():
    # merkletools 1.0.3 has an invalid escape in its source and offers SHA-3 by a package that hashlib made needless.
    warnings.simplefilter("ignore")
    from merkletools import MerkleTools

ROOT, PATH = 0, 3  # keys of MerkleProof2019
SIDES = ("left", "right")


def walk(file: Document) -> bytes | None:
    """The root to which the file's own path leads from what pyld makes of its document; None if it leads nowhere."""
    *proofs, anchor = file["proof"]
    document = pyld_oracle.canonize({**file, "proof": proofs})
    assert document is not None
    pairs = dict(cbor2.loads(base58.b58decode(anchor["proofValue"][1:])))
    path = [{SIDES[side]: cbor2.loads(value).hex()} for side, value in pairs[PATH]]
    root: bytes = cbor2.loads(pairs[ROOT])
    tools = MerkleTools(hash_type="sha256")
    return root if tools.validate_proof(path, sha256(document).hexdigest(), root.hex()) else None


def roots_in_the_contract(issued: Issued) -> set[bytes]:
    """Subjects of the log's entries of kind 1, anchors: event Entry(position, kind, subject, ...)."""
    client = chains.web3(issued.config.rpc_urls[0])
    logs = client.eth.get_logs({"address": client.to_checksum_address(issued.config.contract), "fromBlock": 0})
    return {bytes(log["topics"][3]) for log in logs if int.from_bytes(log["topics"][2]) == 1}


@pytest.mark.parametrize("name", ["valid", "revoked", "without schema", "plain"])
def test_stock_tools_walk_from_the_document_to_a_root_in_the_contract(issued: Issued, name: str) -> None:
    root = walk(issued.files[name])
    assert root not in {None, ZERO32}
    assert root in roots_in_the_contract(issued)


def test_stock_tools_get_nowhere_from_an_altered_document(issued: Issued) -> None:
    name = "/credentialSubject/identifier/0/identityHash"
    assert walk(changed(issued.files["valid"], name, "Somebody Else")) is None
    index = str(int(issued.files["valid"]["credentialStatus"]["statusListIndex"]) ^ 1)
    assert walk(changed(issued.files["valid"], "/credentialStatus/statusListIndex", index)) is None
    other = issued.files["plain"]["proof"]
    assert walk(changed(issued.files["valid"], "/proof/0/proofValue", other[0]["proofValue"])) is None
    assert walk(changed(issued.files["valid"], "/proof/1", other[1])) is None
