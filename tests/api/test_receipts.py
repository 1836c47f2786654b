"""Receipts over HTTP: there from sealing on, the same for ever, and for whom the batch is."""

from typing import Any

from registry.format.receipt import Receipt
from registry.format.strictjson import canonical
from registry.store import logkey
from registry.store.sealing import Sealer
from tests.support.httpapi import Api


def get(api: Api, path: str, *scopes: str, issuer: str | None = None) -> Any:
    return api.client.get(path, headers=api.key(*scopes, issuer=issuer))


def test_a_receipt_is_there_when_the_batch_is_sealed_and_not_before(api: Api) -> None:
    made = api.registered
    batch_id, handles = made.batch(3, first=500)
    path = f"/v1/batches/{batch_id}"
    post = {**api.key("batches:write"), "Content-Type": "application/json"}
    assert get(api, path, "batches:write").json()["receipt"] is None
    assert get(api, f"{path}/receipt", "batches:write").json()["code"] == "wrong-state"
    assert api.client.post(f"{path}/seal", content=b"{}", headers=post).json()["receipt"] is None
    assert Sealer(made.store, made.vault).seal_next()

    batch = get(api, path, "batches:write").json()
    assert batch["state"] == "sealed"  # in no anchor yet: that is the point
    found = get(api, batch["receipt"], "batches:write")
    receipt, key = Receipt.parse(canonical(found.json())), logkey.public_key(made.store)
    assert key and receipt.verify(key)
    assert (receipt.duty.batch, receipt.duty.root.hex(), receipt.duty.size) == (batch["number"], batch["root"], 3)
    one = get(api, f"/v1/credentials/{handles[2]}/receipt", "credentials:read")
    assert Receipt.parse(canonical(one.json())).duty == receipt.duty
    assert one.json()["index"] == 2
    made.anchor()
    assert get(api, batch["receipt"], "credentials:read").content == found.content
    assert "immutable" in found.headers["cache-control"]


def test_receipts_of_another_issuer_are_not_found(api: Api) -> None:
    for path in (f"/v1/batches/{api.final}/receipt", f"/v1/credentials/{api.handles[0]}/receipt"):
        assert get(api, path, "credentials:read", issuer="other").status_code == 404
        assert get(api, path, "credentials:read", issuer="uni").status_code == 200
