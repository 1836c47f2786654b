"""A credential with a context that the operator added: taken, sealed, and verified by who has added it, too."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import contexts
from api.services import Services
from api.settings import Settings
from registry.credential.badge import StatusRef, build
from registry.credential.integrity import add_proof
from registry.errors import FormatError, RowErrors
from registry.format.anchorproof import rfc3339
from registry.rdfc import canonizer
from registry.store import batches, credentials, signed
from registry.store.engine import Store
from registry.store.sealing import Sealer
from registry.store.signers import open_key
from registry.store.status import status_evidence
from tests.support import badges
from tests.support.contexts import URL, folder_of
from tests.support.registered import DID, START, Registered, achievement, register, row

CONTEXT = {"@context": {"@protected": True, "colour": "https://colours.example/vocab#colour"}}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    canonizer.add({})


@pytest.fixture
def registered(sqlite_store: Store) -> Registered:
    return register(sqlite_store)


def made_with(registered: Registered) -> dict[str, Any]:
    (place,) = signed.suggest_places(registered.store, "uni", 1)
    created = rfc3339(START)
    profile = badges.PROFILE | {"id": DID}
    document = build(row(0), achievement(), profile, f"urn:uuid:{uuid.uuid4()}", StatusRef(*place), created)
    document = {**document, "@context": [*document["@context"], URL], "colour": "red"}
    key = open_key(registered.vault, registered.key)
    return add_proof(document, key, f"{DID}#{key.multibase}", created)


def test_the_server_takes_and_proves_it_and_a_verifier_without_the_context_does_not_say_more_than_it_knows(
    registered: Registered, tmp_path: Path
) -> None:
    folder_of(tmp_path / "contexts", {URL: CONTEXT})
    contexts.use(Settings(data_dir=tmp_path, contexts_dir="contexts"))
    document = made_with(registered)
    batch = batches.open_batch(registered.store, "uni", None)
    (handle,) = signed.add_signed(registered.store, batch.id, [document])
    batches.request_seal(registered.store, batch.id)
    assert Sealer(registered.store, registered.vault).seal_next()
    registered.anchor()
    file = credentials.file(registered.store, handle)
    evidence = json.dumps(status_evidence(registered.store, "uni-1-revocation")).encode()
    report = registered.verify(file, evidence)
    assert (report.verdict, report.embedded_proof and report.embedded_proof.outcome) == ("valid", "pass")
    contexts.use(Settings())
    report = registered.verify(file, evidence)
    assert (report.verdict, report.embedded_proof and report.embedded_proof.outcome) == ("valid", "unknown")
    changed = file.replace(b'"red"', b'"blue"')
    assert registered.verify(changed, evidence).verdict == "invalid"
    again = batches.open_batch(registered.store, "uni", None)
    with pytest.raises(RowErrors, match="not one this registry knows"):
        signed.add_signed(registered.store, again.id, [document])


def test_a_context_that_is_not_what_its_pin_says_stops_the_start(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "contexts", {URL: CONTEXT})
    (folder / "0.json").write_text(json.dumps({"@context": {"colour": "https://elsewhere.example/"}}))
    settings = Settings(data_dir=tmp_path, contexts_dir="contexts", database_url="sqlite://")
    with pytest.raises(FormatError, match=r"0\.json is not the one that index\.json pins"):
        Services.build(settings)
    assert canonizer.added() == {}
