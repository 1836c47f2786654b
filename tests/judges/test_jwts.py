"""A JWT that the registry makes is taken by `jose` with the key that the DID document names, and by no other."""

from pathlib import Path

import pytest

from registry.credential import es256, vcjwt
from tests.judges.conftest import unavailable
from tests.support.judged import Ask, Issued
from tests.support.worksite import DID

SIGNATURE = "signature verification failed"


@pytest.fixture
def jose(ask: Ask) -> Ask:
    if not (Path(__file__).parent / "node_modules" / "jose").exists():
        unavailable("the judges are older than their lock file (run npm ci in tests/judges/)")
    return ask


def test_the_did_document_leads_from_a_token_to_its_key_until_the_key_is_revoked(jose: Ask, issued: Issued) -> None:
    head, payload, signature = issued.tokens["valid"].split(".")
    changed = es256.encode(es256.decode(payload).replace(b"Soil", b"Soul"))
    stranger = vcjwt.sign(issued.files["valid"], es256.Es256Key.generate(), vcjwt.read(issued.tokens["valid"]).kid)
    tokens = issued.tokens | {"changed": f"{head}.{changed}.{signature}", "stranger": stranger}
    verdicts = jose("jose", {name: {"token": token} for name, token in tokens.items()}, issued.documents)
    good = verdicts.pop("valid")
    assert (good["accepted"], good["steps"]) == (True, ["key", "ES256", issued.files["valid"]["id"]]), good
    assert good["loaded"] == [DID]
    assert {name: (verdict["accepted"], verdict["error"]) for name, verdict in verdicts.items()} == {
        "revoked key": (False, "the DID document names no such key that may assert"),
        "changed": (False, SIGNATURE),
        "stranger": (False, SIGNATURE),
    }
