"""`credanchor jwt`, and `verify` of what it makes: the token says one thing, the anchor proof in it another."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.credential import dids
from registry.credential.es256 import Es256Key
from registry.verify import TrustProfile
from tests.support import cannednode
from tests.support.cases import case
from tests.support.commandline import Outcome, credanchor
from tests.support.pictures import SVG, png
from tests.support.specimen import DID, TRUST, default_lists, document, to_bytes

FOREVER = {name: value for name, value in document().items() if name != "validUntil"}
"""The command uses the real clock, so the credential must not expire."""


@dataclass
class Desk:
    """Files in a directory, and a node that knows about the credential in good.json."""

    directory: Path
    url: str

    def __post_init__(self) -> None:
        private = ec.derive_private_key(11, ec.SECP256R1())
        self.key = Es256Key(private)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.pem = self.write("es256.pem", pem)
        self.trust = self.write("trust.toml", TrustProfile((replace(TRUST, rpc=(self.url,)),)).to_toml().encode())
        self.status = self.write("status.json", to_bytes(default_lists().to_json()))
        known = dids.with_jwk(dids.document(DID, []), self.key.method(DID), self.key.jwk)
        self.did_document = self.write("did.json", json.dumps(known).encode())

    def write(self, name: str, content: bytes) -> Path:
        path = self.directory / name
        path.write_bytes(content)
        return path

    def token(self, content: bytes) -> Path:
        """The token that the command makes of a credential."""
        path = self.directory / "credential.jwt"
        made = credanchor("jwt", self.write("credential.json", content), "--key", self.pem, "--out", path)
        assert (made.code, made.err) == (0, "")
        return path

    def verify(self, path: Path, *words: str | Path) -> Outcome:
        return credanchor("verify", path, "--trust", self.trust, "--status", self.status, *words)


GOOD = case(FOREVER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with cannednode.serving(GOOD.chain) as url:
        yield Desk(tmp_path, url)


def test_a_token_with_its_anchor_proof_is_verified_like_the_file_it_was_made_of(desk: Desk) -> None:
    token = desk.token(GOOD.data)
    outcome = desk.verify(token, "--did-document", desk.did_document)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith(
        f"{token}: valid. This is a JWT: signature and claims are good; the credential in it: Valid"
    )
    assert sum(line.startswith("  ✓ ") for line in lines) == 9

    report = json.loads(desk.verify(token, "--json").out)
    assert (report["verdict"], report["format"]) == ("valid", "credanchor-jwt-report/1")
    assert [check["outcome"] for check in report["checks"]] == ["pass", "not_run"]
    assert "its signature was not checked" in report["sentence"]
    assert report["report"]["verdict"] == "valid"


@pytest.mark.parametrize("picture", [png(), SVG], ids=["png", "svg"])
def test_a_token_baked_into_a_picture_is_verified_like_the_token(desk: Desk, picture: bytes) -> None:
    token = desk.token(GOOD.data)
    baked = desk.directory / "holiday.txt"
    made = credanchor("bake", token, desk.write("picture", picture), "--out", baked)
    assert (made.code, made.err) == (0, "")
    outcome = desk.verify(baked, "--did-document", desk.did_document)
    assert outcome.out == desk.verify(token, "--did-document", desk.did_document).out.replace(str(token), str(baked))
    assert outcome.code == 0
    other = json.dumps(dids.with_jwk(dids.document(DID, []), desk.key.method(DID), Es256Key.generate().jwk)).encode()
    assert desk.verify(baked, "--did-document", desk.write("other.json", other)).code == 1
    assert desk.verify(desk.write("cut.txt", baked.read_bytes()[:-30])).code == 1


def test_a_token_without_an_anchor_proof_is_not_known_and_names_the_file_that_is_needed(desk: Desk) -> None:
    token = desk.token(json.dumps(FOREVER).encode())
    outcome = desk.verify(token, "--did-document", desk.did_document)
    assert outcome.code == 2
    assert ": unconfirmed. This is a JWT: signature and claims are good." in outcome.out
    assert "only the JSON file with its anchor proof" in outcome.out
    outcome = desk.verify(token)
    assert outcome.code == 2
    assert "its signature was not checked" in outcome.out
    assert "--did-document" in outcome.out


def test_a_token_of_another_key_or_with_changed_contents_is_not_valid_whatever_its_anchor_proof_says(
    desk: Desk,
) -> None:
    token = desk.token(GOOD.data)
    other = dids.with_jwk(dids.document(DID, []), desk.key.method(DID), Es256Key.generate().jwk)
    outcome = desk.verify(token, "--did-document", desk.write("other.json", json.dumps(other).encode()))
    assert outcome.code == 1
    assert ": invalid. This is a JWT: its signature is not good" in outcome.out

    _, payload, signature = token.read_text().strip().split(".")
    unsigned = "eyJhbGciOiJub25lIn0" + f".{payload}.{signature}"
    outcome = desk.verify(desk.write("none.jwt", unsigned.encode()))
    assert outcome.code == 1
    assert "The algorithm is 'none', not ES256" in outcome.out


def test_what_no_verifier_would_read_is_not_signed(desk: Desk) -> None:
    for content in (b"{}", b"[]", GOOD.data[:-1]):
        outcome = credanchor("jwt", desk.write("bad.json", content), "--key", desk.pem)
        assert (outcome.code, outcome.out) == (1, "")
    outcome = credanchor("jwt", desk.write("good.json", GOOD.data), "--key", desk.pem, "--kid", "#jwt")
    assert (outcome.code, outcome.out) == (1, "")
    assert "is not a key of the issuer" in outcome.err
    outcome = credanchor("jwt", desk.directory / "good.json", "--key", desk.directory / "good.json")
    assert outcome.code == 1
    assert "P-256" in outcome.err


def test_the_token_comes_with_its_key_as_json(desk: Desk) -> None:
    made = credanchor("jwt", "-", "--key", desk.pem, "--json", data=GOOD.data).json
    assert made["kid"] == desk.key.method(DID)
    assert made["jwt"].count(".") == 2


def test_a_did_document_that_is_none_is_said_to_be_none(desk: Desk) -> None:
    token = desk.token(GOOD.data)
    for content in (b"[]", b"{"):
        outcome = desk.verify(token, "--did-document", desk.write("no.json", content))
        assert outcome.code == 2
        assert "is not a DID document" in outcome.err
