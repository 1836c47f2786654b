"""Credentials that the issuer signed itself are taken as they are, when they are in order."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.credential import clr
from registry.credential.badge import StatusRef, build
from registry.credential.integrity import add_proof
from registry.credential.keys import IssuerKey, generate
from registry.errors import FormatError, RowErrors, StateError
from registry.rdfc import canonizer
from registry.store import batches, credentials, issuers, keys, signed, statusactions
from registry.store.sealing import Sealer
from registry.store.signers import open_key
from registry.store.status import status_evidence
from tests.support import contexts
from tests.support.registered import DID, Registered, achievement, row

CREATED = "2026-01-01T00:00:00Z"
PROFILE = {"id": DID, "type": ["Profile"], "name": "Example University"}


def _unsigned(place: tuple[str, int], number: int = 0) -> dict[str, Any]:
    return build(row(number), achievement(), PROFILE, f"urn:uuid:{uuid.uuid4()}", StatusRef(*place), CREATED)


def _sign(document: dict[str, Any], key: IssuerKey) -> dict[str, Any]:
    return add_proof(document, key, f"{DID}#{key.multibase}", CREATED)


def test_signed_credentials_are_sealed_unchanged_and_prove(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    own = open_key(vault, registered.key)
    places = signed.suggest_places(store, "uni", 2)
    documents = [_sign(_unsigned(place, number), own) for number, place in enumerate(places)]
    without_status = _unsigned(places[0], 2)
    del without_status["credentialStatus"]
    documents.append(_sign(without_status, own))
    batch = batches.open_batch(store, "uni", None)
    handles = signed.add_signed(store, batch.id, documents)
    batches.request_seal(store, batch.id)
    assert Sealer(store, vault).seal_next()
    registered.anchor()
    evidence = json.dumps(status_evidence(store, "uni-1-revocation")).encode()
    for handle, document in zip(handles[:2], documents, strict=False):
        content = credentials.file(store, handle)
        held = json.loads(content)
        assert {**held, "proof": held["proof"][:-1]} == document
        assert registered.verify(content, evidence).verdict == "valid"
    assert json.loads(credentials.file(store, handles[2]))["id"] == documents[2]["id"]
    statusactions.revoke(store, vault, handles[0], "code", None, "admin")
    with pytest.raises(StateError, match="without a status entry"):
        statusactions.revoke(store, vault, handles[2], "code", None, "admin")


def test_a_learner_s_record_is_taken_by_the_schema_of_records(registered: Registered, tmp_path: Path) -> None:
    store, own = registered.store, open_key(registered.vault, registered.key)
    contexts.add(tmp_path / "contexts")
    try:
        (place,) = signed.suggest_places(store, "uni", 1)
        held = _sign(_unsigned(place), own)
        content = clr.Record("Transcript", held["credentialSubject"], [held])
        record = clr.build(content, PROFILE, f"urn:uuid:{uuid.uuid4()}", CREATED, StatusRef(*place))
        batch = batches.open_batch(store, "uni", None)
        for wrong in (
            {"name": ""},
            {"type": ["VerifiableCredential"]},
            {"credentialSubject": held["credentialSubject"]},
        ):
            with pytest.raises(RowErrors) as caught:
                signed.add_signed(store, batch.id, [{**record, **wrong}])
            assert caught.value.errors[0].code == "schema.invalid"
        forged = _sign(record, own)
        forged = {**forged, "partial": True}
        with pytest.raises(RowErrors, match="does not fit"):
            signed.add_signed(store, batch.id, [forged])
        assert len(signed.add_signed(store, batch.id, [_sign(record, own)])) == 1
    finally:
        canonizer.add({})


def test_a_key_held_elsewhere_may_sign_credentials(registered: Registered) -> None:
    elsewhere = generate()
    keys.add_external_key(registered.store, "uni", elsewhere.multikey)
    (place,) = signed.suggest_places(registered.store, "uni", 1)
    batch = batches.open_batch(registered.store, "uni", None)
    assert len(signed.add_signed(registered.store, batch.id, [_sign(_unsigned(place), elsewhere)])) == 1


def test_an_issuer_with_external_keys_only_is_told_to_add_a_hosted_one_to_seal(registered: Registered) -> None:
    store, elsewhere = registered.store, generate()
    keys.add_external_key(store, "uni", elsewhere.multikey)
    (place,) = signed.suggest_places(store, "uni", 1)
    batch = batches.open_batch(store, "uni", None)
    signed.add_signed(store, batch.id, [_sign(_unsigned(place), elsewhere)])
    keys.revoke_key(store, registered.vault, registered.key.key_id)
    said = (
        r"Issuer 'uni' is without a hosted key to sign its batches and status lists; "
        r"this needs it to be given a hosted key besides its own \(`credanchor key add uni`\)\."
    )
    with pytest.raises(StateError, match=said):
        batches.request_seal(store, batch.id)
    assert batches.get_batch(store, batch.id).state == "open"
    registered.put_on_chain(keys.add_hosted_key(store, registered.vault, "uni").key_id)
    batches.request_seal(store, batch.id)
    assert Sealer(store, registered.vault).seal_next()
    assert batches.get_batch(store, batch.id).state == "sealed"


def _edited(**changes: Any) -> Callable[[dict[str, Any], IssuerKey], dict[str, Any]]:
    return lambda document, key: _sign({**document, **changes}, key)


def _status(**changes: Any) -> Callable[[dict[str, Any], IssuerKey], dict[str, Any]]:
    return lambda document, key: _sign(
        {**document, "credentialStatus": {**document["credentialStatus"], **changes}}, key
    )


@pytest.mark.parametrize(
    ("make", "pointer"),
    [
        pytest.param(lambda document, _: document, "/proof", id="no proof"),
        pytest.param(lambda document, _: _sign(document, generate()), "/proof", id="a stranger's key"),
        pytest.param(
            lambda document, key: {**_sign(document, key), "name": "Other"}, "/proof", id="changed after signing"
        ),
        pytest.param(
            lambda document, key: _sign(_sign(document, key), generate()), "/proof", id="a stranger's proof too"
        ),
        pytest.param(_edited(issuer={**PROFILE, "id": "did:web:other.example"}), "/issuer", id="another issuer"),
        pytest.param(_edited(id="urn:uuid:12345678-1234-1234-8234-123456789abc"), "/id", id="an id that is not random"),
        pytest.param(_edited(validFrom="yesterday"), "/validFrom", id="not what the schema demands"),
        pytest.param(_status(statusListIndex="131072"), "/credentialStatus/statusListIndex", id="outside the list"),
        pytest.param(_status(statusListIndex="007"), "/credentialStatus/statusListIndex", id="an index with zeros"),
        pytest.param(
            _status(statusListCredential="https://registry.example/v1/status-lists/other-1-revocation"),
            "/credentialStatus/statusListCredential",
            id="another issuer's list",
        ),
    ],
)
def test_a_signed_credential_that_is_not_in_order_is_refused_with_the_place(
    registered: Registered, make: Callable[[dict[str, Any], IssuerKey], dict[str, Any]], pointer: str
) -> None:
    key = open_key(registered.vault, registered.key)
    first, second = signed.suggest_places(registered.store, "uni", 2)
    batch = batches.open_batch(registered.store, "uni", None)
    with pytest.raises(RowErrors) as caught:
        signed.add_signed(registered.store, batch.id, [_sign(_unsigned(first), key), make(_unsigned(second, 1), key)])
    (error, *others) = caught.value.errors
    assert others == []
    assert (error.row, error.pointer) == (2, pointer)
    assert batches.get_batch(registered.store, batch.id).size == 0


def test_a_place_or_an_id_is_taken_only_once(registered: Registered) -> None:
    store = registered.store
    key = open_key(registered.vault, registered.key)
    first, second = signed.suggest_places(store, "uni", 2)
    batch = batches.open_batch(store, "uni", None)
    document = _sign(_unsigned(first), key)
    signed.add_signed(store, batch.id, [document])
    again = _sign({**_unsigned(second), "id": document["id"]}, key)
    for documents, code in (([_sign(_unsigned(first), key)], "signed.place"), ([again], "signed.duplicate")):
        with pytest.raises(RowErrors) as caught:
            signed.add_signed(store, batch.id, documents)
        assert [error.code for error in caught.value.errors] == [code]
    other = _unsigned(second)
    third = _sign({**_unsigned(signed.suggest_places(store, "uni", 1)[0]), "id": other["id"]}, key)
    with pytest.raises(RowErrors) as caught:
        signed.add_signed(store, batch.id, [_sign(other, key), third])
    assert [(error.row, error.code) for error in caught.value.errors] == [(2, "signed.duplicate")]
    with pytest.raises(RowErrors) as caught:
        signed.add_signed(store, batch.id, [_sign(other, key), _sign(_unsigned(second), key)])
    assert [(error.row, error.code) for error in caught.value.errors] == [(2, "signed.place")]
    assert batches.get_batch(store, batch.id).size == 1


def test_a_revoked_key_signs_nothing_more_and_batches_are_of_one_kind(registered: Registered) -> None:
    store, vault = registered.store, registered.vault
    key = open_key(vault, registered.key)
    (place,) = signed.suggest_places(store, "uni", 1)
    document = _sign(_unsigned(place), key)
    rows, _ = registered.batch(1)
    with pytest.raises(StateError, match="for rows"):
        signed.add_signed(store, rows, [document])
    batch = batches.open_batch(store, "uni", None)
    with pytest.raises(StateError, match="signed elsewhere"):
        batches.add_rows(store, vault, batch.id, [row(1)])
    keys.revoke_key(store, vault, registered.key.key_id)
    with pytest.raises(RowErrors, match="registered and in use"):
        signed.add_signed(store, batch.id, [document])


def test_an_issuer_that_requires_complete_micro_credentials_is_sent_back_what_is_missing(
    registered: Registered,
) -> None:
    store, key = registered.store, open_key(registered.vault, registered.key)
    first, second = signed.suggest_places(store, "uni", 2)
    lacking = _unsigned(second, 1)
    wanted = lacking["credentialSubject"]["achievement"]
    wanted["alignment"] = [item for item in wanted["alignment"] if item["targetType"] != "ext:EQFLevel"]
    documents = [_sign(_unsigned(first), key), _sign(lacking, key)]
    batch = batches.open_batch(store, "uni", None)
    place = "/credentialSubject/achievement/alignment"

    assert issuers.get_issuer(store, "uni").lint == "warn"
    (good, other) = signed.check_signed(store, batch.id, documents)
    assert good.warnings == ()
    assert [(one.row, one.pointer, one.code) for one in other.warnings] == [(2, place, "lint.missing")]

    issuers.set_lint(store, "uni", "require")
    with pytest.raises(RowErrors, match="level") as caught:
        signed.add_signed(store, batch.id, documents)
    assert [(one.row, one.pointer, one.code) for one in caught.value.errors] == [(2, place, "lint.missing")]
    assert batches.get_batch(store, batch.id).size == 0

    issuers.set_lint(store, "uni", "off")
    assert [item.warnings for item in signed.check_signed(store, batch.id, documents)] == [(), ()]
    assert len(signed.add_signed(store, batch.id, documents)) == 2
    with pytest.raises(FormatError, match="off, warn, require"):
        issuers.set_lint(store, "uni", "perhaps")


def test_a_flaw_in_an_optional_element_is_mentioned_and_not_refused(registered: Registered) -> None:
    store, key = registered.store, open_key(registered.vault, registered.key)
    (place,) = signed.suggest_places(store, "uni", 1)
    document = _unsigned(place)
    document["credentialSubject"]["result"] = [{"type": ["Result"], "resultDescription": "urn:x:none", "value": "8"}]
    issuers.set_lint(store, "uni", "require")
    batch = batches.open_batch(store, "uni", None)
    (checked,) = signed.check_signed(store, batch.id, [_sign(document, key)])
    assert [one.code for one in checked.warnings] == ["lint.malformed"]
