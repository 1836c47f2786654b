"""The line about embedded proofs: a contradiction fails check 2, absence and other proofs change nothing."""

from typing import Any

from registry.credential import integrity
from registry.credential.keys import IssuerKey
from registry.format.multibase import encode_multikey
from tests.support import specimen
from tests.support.cases import case
from tests.support.specimen import document, prove

METHOD = f"{specimen.DID}#{encode_multikey(specimen.KEY.multikey)}"
CREATED = "2026-04-10T00:00:00Z"


def signed(key: specimen.Key = specimen.KEY, method: str = METHOD) -> tuple[dict[str, Any], bytes]:
    return integrity.sign_and_digest(document(), IssuerKey(key.secret), method, CREATED)


def embedded(hashed: dict[str, Any], d_rdf: bytes) -> tuple[str, str, str]:
    """Outcome and code of the line, and the verdict."""
    report = case(hashed, proof=prove(hashed, d_rdf=d_rdf)).verify()
    assert report.embedded_proof is not None
    return report.embedded_proof.outcome, report.embedded_proof.code, report.verdict


def test_a_proof_of_the_batch_s_key_says_the_same() -> None:
    hashed, d_rdf = signed()
    assert embedded(hashed, d_rdf) == ("pass", "embedded_proof.ok", "valid")


def test_another_graph_than_the_anchored_one_fails_the_signature() -> None:
    hashed, _ = signed()
    report = case(hashed, proof=prove(hashed, d_rdf=specimen.sha("another graph"))).verify()
    assert report.check("signature").code == "signature.embedded-proof"
    assert report.verdict == "invalid"
    assert report.check("issuer").outcome == "not_run"


def test_a_proof_that_names_the_batch_s_key_and_is_not_its_own_fails_the_signature() -> None:
    hashed, d_rdf = signed(specimen.Key("thief"))
    assert embedded(hashed, d_rdf) == ("fail", "embedded_proof.signature", "invalid")


def test_a_proof_by_another_key_changes_nothing() -> None:
    other = specimen.Key("other")
    hashed, d_rdf = signed(other, f"{specimen.DID}#{encode_multikey(other.multikey)}")
    assert embedded(hashed, d_rdf) == ("not_run", "embedded_proof.none", "valid")


def test_a_document_outside_json_ld_changes_nothing() -> None:
    hashed, _ = signed()
    assert embedded(hashed, bytes(32)) == ("not_run", "embedded_proof.none", "valid")


def test_a_document_that_json_ld_cannot_read_is_unknown_there_and_changes_nothing() -> None:
    hashed = document(undefinedTerm="x")
    assert embedded(hashed, specimen.sha("graph")) == ("unknown", "embedded_proof.not-readable", "valid")


def test_contents_that_failed_check_2_are_not_canonicalised() -> None:
    hashed, d_rdf = signed()
    made = case(hashed, proof=prove(hashed, d_rdf=d_rdf, signer=specimen.Key("thief")))
    assert made.verify().embedded_proof is None


def test_a_file_without_anchor_proof_has_no_such_line() -> None:
    report = case(data=specimen.to_bytes(document())).verify()
    assert report.embedded_proof is None
    assert report.verdict == "pending"
