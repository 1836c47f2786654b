"""The tables of keys that sign: issuers' and the registry's own. Secrets are encrypted at rest, see `vault.py`."""

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.worktables import Base


class RegistryKey(Base):
    """The Ed25519 keys that sign the registry's notes, from id 1 on, one after the other; `secret` is encrypted."""

    __tablename__ = "registry_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    multikey: Mapped[bytes]  # 34 bytes, 0xed01 + key
    secret: Mapped[bytes]
    created_at: Mapped[int]
    until: Mapped[int | None]  # null: it signs now, as exactly one does


class IssuerKey(Base):
    """An Ed25519 key of an issuer. `secret` is encrypted at rest; None for a key held elsewhere."""

    __tablename__ = "issuer_key"
    key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256(multikey bytes)
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    multikey: Mapped[bytes]  # 34 bytes, 0xed01 + key
    verification_method: Mapped[str]  # absolute DID URL used in proofs
    secret: Mapped[bytes | None]
    created_at: Mapped[int]
    revoke: Mapped[bool] = mapped_column(default=False)  # wanted
    compromised_since: Mapped[int | None]  # wanted
    chain_added_at: Mapped[int | None]  # the next three as last seen on the chain
    chain_revoked_at: Mapped[int | None]
    chain_compromised_at: Mapped[int | None]


class JwtKey(Base):
    """A P-256 key of an issuer, for JWTs alone: no contract knows it. `secret` as in IssuerKey."""

    __tablename__ = "jwt_key"
    key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # thumbprint of the JWK, RFC 7638
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    jwk: Mapped[str]  # the public key, canonical JSON
    verification_method: Mapped[str] = mapped_column(Text, unique=True)  # absolute DID URL, the tokens' kid
    secret: Mapped[bytes | None]
    created_at: Mapped[int]
    revoked_at: Mapped[int | None]
