"""A file is given out only when its anchor is final, and then it is complete."""

import json

import pytest

from registry.errors import NotFound, StateError
from registry.format import anchorproof
from registry.store import credentials
from registry.store.batches import request_seal
from registry.store.sealing import Sealer
from tests.support.registered import Registered


def test_until_the_anchor_is_final_the_state_is_told_instead(registered: Registered) -> None:
    store = registered.store
    batch_id, (handle, _) = registered.batch(2)
    states = []

    def refused() -> None:
        for ask in (credentials.file, credentials.proof):
            with pytest.raises(StateError) as caught:
                ask(store, handle)
            assert caught.value.needed == "final"
        with pytest.raises(StateError):
            next(credentials.files(store, batch_id))
        states.append(caught.value.state)

    refused()
    with pytest.raises(StateError, match="not signed yet"):
        credentials.document(store, handle)
    request_seal(store, batch_id)
    refused()
    assert Sealer(store, registered.vault).seal_next()
    refused()
    assert json.loads(credentials.document(store, handle))["proof"]
    number = registered.create_anchor()
    registered.attempt(number)
    refused()
    registered.include(number, final=False)
    refused()
    assert states == ["open", "sealing", "sealed", "submitted", "included"]
    registered.include(number, final=True)
    assert len(json.loads(credentials.file(store, handle))["proof"]) == 2


def test_a_file_holds_the_document_unchanged_and_a_proof_that_leads_to_the_anchor(registered: Registered) -> None:
    store = registered.store
    registered.sealed(1)
    batch_id, handles = registered.sealed(3, first=1)
    registered.anchor()
    files = list(credentials.files(store, batch_id))
    assert [(handle, index) for handle, index, _ in files] == [(handle, index) for index, handle in enumerate(handles)]
    for handle, index, content in files:
        assert credentials.file(store, handle) == content
        document, member = anchorproof.detach(json.loads(content))
        assert document == json.loads(credentials.document(store, handle))
        assert member is not None
        proof = anchorproof.decode(member["proofValue"])
        assert proof == credentials.proof(store, handle)
        assert (proof.batch, proof.index, proof.size, proof.anchor_index, proof.anchor_size) == (2, index, 3, 2, 3)
        assert member["created"] == "2026-01-01T00:10:00Z"
    assert credentials.owner(store, handles[0]) == "uni"
    page = credentials.list_credentials(store, batch_id, limit=1, after_index=0)
    assert [item.handle for item in page] == [handles[1]]


def test_a_name_that_nobody_has_is_not_found(registered: Registered) -> None:
    for ask in (credentials.file, credentials.get_credential, credentials.owner, credentials.document):
        with pytest.raises(NotFound):
            ask(registered.store, "nobody")
    with pytest.raises(NotFound):
        credentials.list_credentials(registered.store, "nobody")
