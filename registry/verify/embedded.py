"""The line about proofs that need RDF: the issuer's own `eddsa-rdfc-2022` proofs, and D_rdf in the leaf.

It is not one of the seven checks, because not every verifier can make it. A contradiction makes check 2 fail; that it
could not be made changes nothing.
"""

from registry.credential.integrity import is_supported, issuer_proofs, verify_proof
from registry.errors import RegistryError
from registry.format.anchorproof import AnchorProof
from registry.format.entries import ZERO32
from registry.format.multibase import encode_multikey
from registry.verify.document import CredentialFile
from registry.verify.outcome import Check

ID = "embedded_proof"


def check_embedded(found: CredentialFile, proof: AnchorProof) -> Check:
    """Recompute D_rdf and verify the issuer's proofs with the batch's key.

    Call it only for contents that passed check 2: canonicalising what anybody may send costs more than a signature.
    """
    if proof.d_rdf == ZERO32:
        return Check(
            ID, "not_run", "embedded_proof.none", "The issuer anchored this document without a JSON-LD digest."
        )
    try:
        return _compare(found, proof)
    except RegistryError as error:
        return Check(ID, "unknown", "embedded_proof.not-readable", f"The embedded proof could not be checked: {error}")


def _compare(found: CredentialFile, proof: AnchorProof) -> Check:
    digests = found.digests()
    if digests.whole != proof.d_rdf:
        return _contradiction("digest", "The contents as JSON-LD are not those that were anchored.")
    key = encode_multikey(proof.multikey)
    proofs = [member for member in issuer_proofs(found.document) if is_supported(member)]
    verified = [
        member for member in proofs if verify_proof(found.document, member, proof.multikey, contents=digests.unsecured)
    ]
    named = [member for member in proofs if str(member.get("verificationMethod", "")).endswith(f"#{key}")]
    detail = {"proofs": len(proofs), "verified": len(verified), "key": key}
    if any(member not in verified for member in named):
        return _contradiction("signature", "The embedded proof was not made by the key that it names.")
    if not verified:
        sentence = "There is no embedded proof by the key that signed the batch."
        return Check(ID, "not_run", "embedded_proof.none", sentence, "", detail)
    return Check(ID, "pass", "embedded_proof.ok", "The embedded proof says the same.", "", detail)


def _contradiction(code: str, sentence: str) -> Check:
    return Check(ID, "fail", f"embedded_proof.{code}", sentence, "Do not rely on it. Ask the issuer")
