"""An issuer's identity and its keys together: the DID document of a did:web, the one key of a did:key."""

import json
from typing import Any

from sqlalchemy import select

from registry.credential import dids
from registry.credential.keys import generate
from registry.errors import FormatError, NotFound
from registry.store import issuers, jwtkeys, keys
from registry.store.engine import Store
from registry.store.signers import ended
from registry.store.tables import Issuer, Registry
from registry.store.vault import Vault


def add_issuer_with_key(store: Store, vault: Vault, id: str, profile: dict[str, Any]) -> Issuer:
    """Add an issuer whose identity is a did:key of a new hosted key: for trials, and who has no website of its own.

    Its key can never be replaced. Adding the same again does nothing. Raises as `add_issuer` and `add_hosted_key` do.
    """
    with store.begin() as session:
        row = session.get(Issuer, id)
        if row is not None and row.did.startswith(dids.KEY):
            return issuers.add_issuer(store, id, row.did, profile)
        signer = generate()
        row = issuers.add_issuer(store, id, signer.did_key, profile)
        keys.add_hosted_key(store, vault, id, secret=signer.secret)
        return row


def check_place(store: Store, id: str, did: str) -> None:
    """Raise FormatError format.did for a did:web on the registry's own host whose document would not be there."""
    with store.read() as session:
        row = session.scalar(select(Registry))
    if row is None or not did.startswith(dids.WEB):
        return
    url, host = dids.web_url(did), row.public_url.lower() + "/"
    ours = f"{host}v1/issuers/{id}/did.json"
    if url.startswith(host) and url not in (ours, f"{host}.well-known/did.json"):
        raise FormatError("format.did", "/did", f"Nobody serves {url} for this issuer", f"Use {dids.web_did(ours)}")


def did_document(store: Store, issuer: Issuer) -> dict[str, Any]:
    """The DID document of an issuer with a did:web, see `dids.document`; its keys for JWTs come last.

    Raises NotFound for other methods.
    """
    if not issuer.did.startswith(dids.WEB):
        raise NotFound("DID document of issuer", issuer.id)
    history = keys.key_history(store, issuer.id)
    listed = [dids.ListedKey(key.multikey, key.verification_method, ended(key)) for key in history]
    document = dids.document(issuer.did, listed)
    for key in jwtkeys.key_history(store, issuer.id):
        revoked = key.revoked_at is not None
        document = dids.with_jwk(document, key.verification_method, json.loads(key.jwk), ended=revoked)
    return document
