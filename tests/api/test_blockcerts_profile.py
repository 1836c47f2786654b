"""GET /v1/registry is a Blockcerts profile, too: who has anchored, and from when on."""

import json

from sqlalchemy import update

from registry.format.anchorproof import rfc3339
from registry.store import anchors, credentials
from registry.store.tables import Attempt
from tests.support.httpapi import Api

URL = "https://registry.example/v1/registry"


def test_the_profile_names_every_address_that_has_sent_a_final_anchor_just_before_its_first(api: Api) -> None:
    made = api.registered
    profile = api.client.get("/v1/registry").json()
    assert (profile["id"], profile["type"], profile["name"]) == (URL, ["BlockcertsIssuerProfile"], "registry.example")
    assert [key["id"] for key in profile["publicKey"]] == [f"ecdsa-koblitz-pubkey:0x{'00' * 20}"]
    ((_, time),) = anchors.senders(made.store)
    made.anchor()
    later = made.anchor()
    with made.store.begin() as session:
        session.execute(update(Attempt).where(Attempt.anchor_number == later).values(sender=b"\x11" * 20))
    last = made.now
    made.anchor(final=False)
    with made.store.begin() as session:
        session.execute(update(Attempt).where(Attempt.anchor_number == later + 1).values(sender=b"\x22" * 20))
    assert anchors.senders(made.store) == [(b"\x11" * 20, last), (bytes(20), time)]
    keys = api.client.get("/v1/registry").json()["publicKey"]
    assert [key["id"] for key in keys] == [f"ecdsa-koblitz-pubkey:0x{'11' * 20}", f"ecdsa-koblitz-pubkey:0x{'00' * 20}"]
    assert keys[1]["created"] == rfc3339(time - 1) == profile["publicKey"][0]["created"]


def test_it_is_where_an_anchor_proofs_verification_method_points(api: Api) -> None:
    file = json.loads(credentials.file(api.registered.store, api.handles[0]))
    method = file["proof"][-1]["verificationMethod"]
    assert method.partition("#")[0] == api.client.get("/v1/registry").json()["id"] == URL
