"""Write the plain Merkle path of a final credential, as other tools read it: merkletools, or a Chainpoint 2 receipt.

The path leads from the digest of the document's RDF graph to the root in the contract. Two steps are longer than a
hash: 104 and 96 bytes on the left, which say whose place in which batch this is. merkletools takes them as they are, in
Python (1.0.3) and JavaScript (merkle-tools 1.4.1); chainpoint-validate insists on 32 bytes a step, and refuses.

Such a tool proves the path and nothing else: no signature, issuer, chain or revocation. For those: credanchor verify.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import options
from api.cli.failures import REFUSED, CliError
from api.cli.output import emit

if TYPE_CHECKING:
    from registry.format.anchorproof import AnchorProof

MERKLETOOLS, CHAINPOINT = "merkletools", "chainpoint"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor export-proof`."""
    parser.add_argument("credential", type=Path, metavar="CREDENTIAL", help="a credential file, or a baked picture")
    parser.add_argument("--format", choices=[MERKLETOOLS, CHAINPOINT], default=MERKLETOOLS, help="default: %(default)s")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the path goes (else the standard output)")
    options.with_contexts(parser)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor export-proof diploma.json --out path.json",
        "credanchor export-proof diploma.json --format chainpoint",
        """python -c 'import json, merkletools as m; \\
    print(m.MerkleTools().validate_proof(**json.load(open("path.json"))))'""",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write one JSON object. Raises CliError where the file's own proof does not hold."""
    from registry.credential.baking import MAX_IMAGE_BYTES

    options.use_contexts(arguments, REFUSED)
    proof = _proof(options.read(arguments.credential, MAX_IMAGE_BYTES))
    path = chainpoint(proof) if arguments.format == CHAINPOINT else merkletools(proof)
    if arguments.out is None:
        emit(True, path, "")
        return 0
    options.write(arguments.out, json.dumps(path, indent=2).encode() + b"\n")
    root = proof.anchor_root.hex()
    written = {"file": str(arguments.out), "format": arguments.format, "merkle_root": root}
    emit(arguments.json, written, f"{arguments.out}: the path to root {root} of anchor {proof.anchor_number}")
    return 0


def merkletools(proof: "AnchorProof") -> dict[str, Any]:
    """The arguments of merkletools' `validate_proof`, by their names."""
    from registry.format.anchorproof import plain_path

    return {
        "target_hash": proof.d_rdf.hex(),
        "merkle_root": proof.anchor_root.hex(),
        "proof": plain_path(proof),
    }


def chainpoint(proof: "AnchorProof") -> dict[str, Any]:
    """A receipt in the form of Chainpoint 2, which Blockcerts 2 took over; the transaction is a hint."""
    path = merkletools(proof)
    return {
        "@context": "https://w3id.org/chainpoint/v2",
        "type": "ChainpointSHA256v2",
        "targetHash": path["target_hash"],
        "merkleRoot": path["merkle_root"],
        "proof": path["proof"],
        "anchors": [{"type": "ETHData", "sourceId": "0x" + proof.tx_hash.hex()}],
    }


def _proof(data: bytes) -> "AnchorProof":
    """The anchor proof, if it is one of these contents: a path from some other document would be worth nothing."""
    from registry.errors import FormatError
    from registry.format.entries import ZERO32
    from registry.rdfc.canonizer import rdf_digest
    from registry.verify import checks

    format_check, found = checks.check_format(data)
    if found is None:
        raise CliError(format_check.sentence)
    proof = checks.prove(found)
    if proof is None:
        remedy = "Fetch the file again when its batch is final: only then does it have a path."
        raise CliError("The credential has no anchor proof.", remedy)
    if isinstance(proof, FormatError):
        raise CliError(f"Its proof does not lead to a root: {proof}", f"{checks.ASK_ISSUER}.")
    signature = checks.check_signature(found, proof)
    if signature.outcome != "pass":
        raise CliError(signature.sentence, f"{signature.next_step}.")
    if proof.d_rdf == ZERO32:
        raise CliError(
            "The issuer anchored this document without an RDF digest: there is no hash to begin a path with."
        )
    if rdf_digest(found.document) != proof.d_rdf:
        raise CliError("The contents as JSON-LD are not those that were anchored.", f"{checks.ASK_ISSUER}.")
    return proof
