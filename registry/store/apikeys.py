"""API keys: bearer tokens `credanchor_live_<id>_<secret>`, of which only the SHA-256 is kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from registry.errors import FormatError, NotFound, RegistryError
from registry.store import issuers
from registry.store.engine import Store, StoreUnavailable
from registry.store.ids import new_id
from registry.store.paging import Position, page
from registry.store.tables import ApiKey

SCOPES = frozenset({"admin", "batches:write", "credentials:read", "credentials:revoke", "operations:read"})
"""What a key may do; `admin` includes all others."""

USE_STEP = 60
"""Seconds: `last_used_at` is not written more often, since every request would else be a write."""

_TOKEN = re.compile(r"credanchor_(?:live|test)_([0-9a-z]{16})_([0-9a-f]{64})")


class BadToken(RegistryError):
    """A bearer token that is not accepted."""

    def __init__(self, reason: Literal["malformed", "unknown", "expired", "revoked"]) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"The API key is {self.reason}."


@dataclass(frozen=True)
class Caller:
    """Who asks: `issuer_id` None means that the key may act for every issuer."""

    id: str
    issuer_id: str | None
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Does the key carry this scope, by itself or through admin?"""
        return scope in self.scopes or "admin" in self.scopes


def create_api_key(
    store: Store,
    name: str,
    scopes: Iterable[str],
    *,
    issuer_id: str | None = None,
    live: bool = False,
    expires_at: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; its token is returned here and never again. Raises FormatError for an unknown scope, NotFound."""
    wanted = frozenset(scopes)
    if not wanted or not wanted <= SCOPES:
        problem = f"Unknown scopes: {' '.join(sorted(wanted - SCOPES)) or '(none given)'}"
        raise FormatError("format.scopes", "/scopes", problem, f"Use some of: {' '.join(sorted(SCOPES))}")
    if "admin" in wanted and issuer_id is not None:
        problem = "A key of one issuer cannot be an admin key"
        raise FormatError("format.scopes", "/scopes", problem, "Leave out the issuer or the scope")
    secret = secrets.token_hex(32)
    with store.begin() as session:
        if issuer_id is not None:
            issuers.load(session, issuer_id)
        row = ApiKey(
            id=new_id(),
            secret_sha256=hashlib.sha256(secret.encode()).digest(),
            name=name,
            issuer_id=issuer_id,
            scopes=" ".join(sorted(wanted)),
            created_at=store.now(),
            expires_at=expires_at,
        )
        session.add(row)
    return row, f"credanchor_{'live' if live else 'test'}_{row.id}_{secret}"


def authenticate(store: Store, token: str) -> Caller:
    """Who holds this token. Raises BadToken."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise BadToken("malformed")
    id_, secret = match.groups()
    with store.read() as session:
        row = session.get(ApiKey, id_)
    given = hashlib.sha256(secret.encode()).digest()
    if row is None or not hmac.compare_digest(row.secret_sha256, given):
        raise BadToken("unknown")
    now = store.now()
    if row.revoked_at is not None:
        raise BadToken("revoked")
    if row.expires_at is not None and row.expires_at <= now:
        raise BadToken("expired")
    if row.last_used_at is None or row.last_used_at + USE_STEP <= now:
        # A full disk must not lock out those who only read.
        with suppress(StoreUnavailable), store.begin() as session:
            session.get_one(ApiKey, id_).last_used_at = now
    return Caller(row.id, row.issuer_id, frozenset(row.scopes.split()))


def list_api_keys(
    store: Store, *, issuer_id: str | None = None, limit: int = 100, after: Position | None = None
) -> Sequence[ApiKey]:
    """Keys, newest first, of one issuer or all."""
    query = select(ApiKey)
    if issuer_id is not None:
        query = query.where(ApiKey.issuer_id == issuer_id)
    with store.read() as session:
        return session.scalars(page(query, ApiKey.created_at, ApiKey.id, limit, after)).all()


def revoke_api_key(store: Store, id: str) -> ApiKey:
    """End a key at once; again it does nothing. Raises NotFound."""
    with store.begin() as session:
        row = session.get(ApiKey, id)
        if row is None:
            raise NotFound("API key", id)
        row.revoked_at = row.revoked_at or store.now()
        return row
