"""Issuers' keys for JWTs (ES256), and the tokens they make of final files.

No contract knows these keys: whoever checks a token finds them in the issuer's DID document, and there a revoked key
may not sign, so that all its tokens fail from then on. The anchored files do not depend on them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credential import dids, vcjwt
from registry.credential.es256 import Es256Key, method_of, read_jwk, thumbprint
from registry.errors import Conflict, NotFound, StateError
from registry.format.strictjson import canonical
from registry.store import credentials, issuers
from registry.store.engine import Store
from registry.store.tables import IssuerKey, JwtKey
from registry.store.vault import Vault


def add_hosted_key(store: Store, vault: Vault, issuer_id: str, *, verification_method: str | None = None) -> JwtKey:
    """Make a key that the registry keeps encrypted; from now on it signs the issuer's tokens.

    `verification_method` is the DID URL that tokens name as kid; by default "<did>#<thumbprint>". Raises NotFound,
    Conflict, and FormatError format.verification-method.
    """
    made = Es256Key.generate()
    with store.begin() as session:
        row = _add(session, store, issuer_id, made.jwk, verification_method)
        row.secret = vault.close(made.secret, row.key_id)
        return row


def add_external_key(
    store: Store, issuer_id: str, jwk: Mapping[str, Any], *, verification_method: str | None = None
) -> JwtKey:
    """Add a key that is held elsewhere, by its public half: it is in the DID document, and signs nothing here.

    Raises as `add_hosted_key`, and FormatError jwt.key for what is no public P-256 key.
    """
    with store.begin() as session:
        return _add(session, store, issuer_id, read_jwk(jwk), verification_method)


def require_free(session: Session, method: str) -> None:
    """Raise Conflict if a key of either kind has the name `method`."""
    for table in (IssuerKey, JwtKey):
        if session.scalar(select(table).where(table.verification_method == method)) is not None:
            raise Conflict("Adding a key", f"another key has the name {method}")


def revoke_key(store: Store, issuer_id: str, key_id: bytes) -> JwtKey:
    """End a key: it stays in the DID document, and may not sign; its tokens fail from now on. Again it does nothing.

    Raises NotFound for a key that is not this issuer's.
    """
    with store.begin() as session:
        key = session.get(JwtKey, key_id, with_for_update=True)
        if key is None or key.issuer_id != issuer_id:
            raise NotFound("key", key_id.hex())
        key.revoked_at = key.revoked_at or store.now()
        return key


def key_history(store: Store, issuer_id: str) -> Sequence[JwtKey]:
    """All keys for JWTs the issuer ever had, oldest first. Raises NotFound."""
    with store.read() as session:
        issuers.load(session, issuer_id)
        query = select(JwtKey).where(JwtKey.issuer_id == issuer_id)
        return session.scalars(query.order_by(JwtKey.created_at, JwtKey.key_id)).all()


def by_verification_method(store: Store, method: str) -> JwtKey | None:
    """The key for JWTs that a DID URL of one of the registry's issuers names; None for any other."""
    with store.read() as session:
        return session.scalar(select(JwtKey).where(JwtKey.verification_method == method))


def token(store: Store, vault: Vault, handle: str) -> str:
    """The final file of a credential, with its anchor proof, as a JWT of the issuer's newest key that is kept here.

    The same file and key give the same token. Raises as `credentials.file` does, and StateError: no such key, or the
    issuer is suspended; SecretError; FormatError jwt.* for what a token cannot hold.
    """
    credential = json.loads(credentials.file(store, handle))
    with store.read() as session:
        issuer = issuers.load(session, credentials.owner(store, handle))
        issuers.require_working(issuer)
        key = _signing_key(session, issuer.id)
    secret = vault.open(key.secret or b"", key.key_id)
    return vcjwt.sign(credential, Es256Key.from_secret(secret), key.verification_method)


def _signing_key(session: Session, issuer_id: str) -> JwtKey:
    query = select(JwtKey).where(JwtKey.issuer_id == issuer_id, JwtKey.secret.is_not(None), JwtKey.revoked_at.is_(None))
    key = session.scalars(query.order_by(JwtKey.created_at.desc(), JwtKey.key_id).limit(1)).first()
    if key is None:
        needed = f"given one (`credanchor key add {issuer_id} --jwt`)"
        raise StateError(f"Issuer {issuer_id!r}", "without a hosted key for JWTs", needed)
    return key


def _add(session: Session, store: Store, issuer_id: str, jwk: dict[str, str], named: str | None) -> JwtKey:
    key_id = thumbprint(jwk)
    issuer = issuers.load(session, issuer_id, lock=True)
    if issuer.did.startswith(dids.KEY):
        only = f"{issuer.did} is one Ed25519 key for ever; an issuer with a key for JWTs needs a did:web"
        raise Conflict(f"Adding a key for JWTs to issuer {issuer.id!r}", only)
    method = named or method_of(issuer.did, jwk)
    dids.check_jwk_method(issuer.did, method)
    existing = session.get(JwtKey, key_id)
    if existing is not None:
        raise Conflict(f"Adding key {key_id.hex()}", f"issuer {existing.issuer_id!r} has it")
    require_free(session, method)
    row = JwtKey(
        key_id=key_id,
        issuer_id=issuer.id,
        jwk=canonical(jwk).decode(),
        verification_method=method,
        created_at=store.now(),
    )
    session.add(row)
    return row
