"""Comprehensive Learner Records: what is in one stays as it was, and the whole verifies like any credential of ours."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.credential import clr, integrity
from registry.credential.clr import Association, Record
from registry.credential.integrity import add_proof
from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format import strictjson
from registry.format.multibase import encode_multikey
from registry.rdfc import canonizer
from tests.support import badges, contexts, pyld_oracle, specimen
from tests.support.cases import case
from tests.support.specimen import prove

ID = "urn:uuid:0e2c6b2e-6b2f-4a0b-9d5e-3f1f7f6b2a11"
METHOD = f"{specimen.DID}#{encode_multikey(specimen.KEY.multikey)}"
PROFILE = badges.PROFILE | {"id": specimen.DID}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    yield contexts.add(tmp_path / "contexts")
    canonizer.add({})


def course(number: int) -> dict[str, Any]:
    """A signed badge of its own achievement."""
    badge = copy.deepcopy(badges.unsigned())
    badge["id"] = f"urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90a{number:02}"
    badge["credentialSubject"]["achievement"]["id"] = f"https://university.example/courses/{number}"
    return add_proof(badge, badges.KEY, badges.METHOD, badges.NOW)


CERTIFICATE: dict[str, Any] = {
    "id": "https://university.example/certificate",
    "type": ["Achievement"],
    "name": "Certificate",
    "description": "All courses",
    "criteria": {"narrative": "Both courses"},
}


def record() -> Record:
    first, second = course(1), course(2)
    ids = [one["credentialSubject"]["achievement"]["id"] for one in (first, second)]
    links = [Association("isPartOf", id_, CERTIFICATE["id"]) for id_ in ids] + [Association("precedes", *ids)]
    return Record("Transcript", {"id": "did:example:learner"}, [first, second], [CERTIFICATE], links, partial=False)


def test_a_record_is_signed_anchored_and_verified_by_who_knows_its_context(folder: Path) -> None:
    held = record()
    made = clr.build(held, PROFILE, ID, "2026-04-10T00:00:00Z")
    hashed, d_rdf = integrity.sign_and_digest(made, IssuerKey(specimen.KEY.secret), METHOD, "2026-04-10T00:00:00Z")
    verified = case(hashed, proof=prove(hashed, d_rdf=d_rdf))
    report = verified.verify()
    assert (report.verdict, report.embedded_proof and report.embedded_proof.code) == ("valid", "embedded_proof.ok")
    file = json.loads(verified.data)
    inside = file["credentialSubject"]["verifiableCredential"]
    assert [strictjson.canonical(one) for one in inside] == [
        strictjson.canonical(dict(one)) for one in held.credentials
    ]
    for one in inside:
        assert integrity.verify_proof(one, one["proof"][0], badges.KEY.multikey)
    assert verified.verify(data=verified.data.replace(b"isPartOf", b"isPeerOf")).verdict == "invalid"
    forged = verified.data.replace(b'"Example University of', b'"Sample University of', 1)
    assert verified.verify(data=forged).verdict == "invalid"
    canonizer.add({})
    report = verified.verify()
    assert report.embedded_proof is not None
    assert (report.verdict, report.embedded_proof.code) == ("valid", "embedded_proof.not-readable")
    with pytest.raises(FormatError, match="not one this registry knows"):
        integrity.sign_and_digest(made, IssuerKey(specimen.KEY.secret), METHOD, "2026-04-10T00:00:00Z")


def test_its_graph_is_the_one_that_pyld_sees(folder: Path) -> None:
    made = clr.build(record(), PROFILE, ID, badges.NOW)
    known = canonizer.default().known
    assert canonizer.default().canonize(made) == pyld_oracle.canonize(made, known)
    with pytest.raises(FormatError, match="No context defines 'parital'"):
        canonizer.default().canonize({**made, "parital": True})


def test_each_achievement_stands_in_it_once() -> None:
    held = record()
    twice = clr.build(replace(held, achievements=[CERTIFICATE, dict(CERTIFICATE)]), PROFILE, ID, badges.NOW)
    found = twice["credentialSubject"]["achievement"]
    assert [one["id"].rpartition("/")[2] for one in found] == ["1", "2", "certificate"]
    assert "credentialStatus" not in twice
    assert twice["partial"] is False


def broken() -> dict[str, tuple[Record, str]]:
    held = record()
    first, second = held.credentials
    unsigned = {name: value for name, value in first.items() if name != "proof"}
    other = {**CERTIFICATE, "name": "Another certificate"}
    ids = held.associations[2]
    return {
        "no name": (replace(held, name=" "), "clr.subject"),
        "nobody": (replace(held, subject={"name": "Zoë"}), "clr.subject"),
        "nothing": (replace(held, credentials=[]), "clr.credentials"),
        "too much": (replace(held, credentials=[first] * (clr.MAX_CREDENTIALS + 1)), "clr.credentials"),
        "one twice": (replace(held, credentials=[first, second, first]), "clr.credentials"),
        "one without proof": (replace(held, credentials=[unsigned, second]), "clr.credentials"),
        "one without id": (replace(held, credentials=[{**first, "id": None}]), "clr.credentials"),
        "two under one id": (replace(held, achievements=[CERTIFICATE, other]), "clr.achievement"),
        "an achievement without id": (replace(held, achievements=[{"name": "x"}]), "clr.achievement"),
        "a stranger": (replace(held, achievements=[]), "clr.association"),
        "itself": (replace(held, associations=[replace(ids, target=ids.source)]), "clr.association"),
        "an unknown relation": (replace(held, associations=[replace(ids, kind="isPart")]), "clr.association"),
        "too many": (replace(held, associations=[ids] * (clr.MAX_ASSOCIATIONS + 1)), "clr.association"),
        "too large": (replace(held, achievements=[{**CERTIFICATE, "description": "x" * 600_000}]), "clr.too-large"),
    }


def test_a_record_that_would_mislead_is_not_built() -> None:
    codes = {}
    cases = broken()
    for name, (held, _) in cases.items():
        with pytest.raises(FormatError) as caught:
            clr.build(held, PROFILE, ID, badges.NOW)
        codes[name] = caught.value.code
    assert codes == {name: code for name, (_, code) in cases.items()}
