"""Every table of the registry; those by which the worker and its watchers work are in `worktables.py`,
those of links without an account in `linktables.py`, those of keys that sign in `keytables.py`.

Times are integers, Unix seconds. Digests and roots are 32 raw bytes. JSON is text as it was written.
Personal data lives in exactly two columns, `credential.row` and `credential.document`, plus
`idempotency.response` for a bounded time: erasing a credential clears all of them.
"""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.keytables import IssuerKey, JwtKey, RegistryKey
from registry.store.linktables import Link, LinkCredential
from registry.store.worktables import Alarm, Base, Cursor, Lease, Notice, Readings

__all__ = [
    "Achievement",
    "Alarm",
    "Anchor",
    "AnchorList",
    "Anchored",
    "ApiKey",
    "Attempt",
    "Base",
    "Batch",
    "Credential",
    "Cursor",
    "Idempotency",
    "Issuer",
    "IssuerKey",
    "JwtKey",
    "Lease",
    "Link",
    "LinkCredential",
    "Notice",
    "Readings",
    "Registry",
    "RegistryKey",
    "Standing",
    "StatusEvent",
    "StatusList",
    "StatusListVersion",
]


class Registry(Base):
    """The one registry contract this database belongs to; exactly one row, id 1."""

    __tablename__ = "registry"
    id: Mapped[int] = mapped_column(primary_key=True)
    chain_id: Mapped[int]
    contract: Mapped[bytes]  # 20 bytes
    registry_id: Mapped[bytes]  # 32 bytes
    deploy_block: Mapped[int]
    deploy_block_hash: Mapped[bytes]
    code_sha256: Mapped[bytes]
    public_url: Mapped[str]  # where the status lists named in credentials live


class Issuer(Base):
    """An organisation that issues. `did` is its identity in the contract: issuer id = SHA-256(did)."""

    __tablename__ = "issuer"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # slug, chosen by the operator
    did: Mapped[str] = mapped_column(Text, unique=True)
    profile: Mapped[str]  # Open Badges 3.0 Profile, JSON
    created_at: Mapped[int]
    suspended: Mapped[bool] = mapped_column(default=False)  # wanted state; the registrar brings it to the chain
    chain_added_at: Mapped[int | None]  # block time, as last seen on the chain
    chain_suspended: Mapped[bool] = mapped_column(default=False)
    lint: Mapped[str] = mapped_column(String(8), default="warn", server_default="warn")  # off, warn, require


class ApiKey(Base):
    """A bearer key: only the hash of its secret is kept. `issuer_id` None means any issuer."""

    __tablename__ = "api_key"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_sha256: Mapped[bytes]
    name: Mapped[str]
    issuer_id: Mapped[str | None] = mapped_column(ForeignKey("issuer.id"))
    scopes: Mapped[str]  # space separated
    created_at: Mapped[int]
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]
    last_used_at: Mapped[int | None]


class Achievement(Base):
    """One version of an achievement definition; immutable once a batch uses it."""

    __tablename__ = "achievement"
    __table_args__ = (UniqueConstraint("issuer_id", "slug", "version"),)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)  # "<issuer>.<slug>.<version>"
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    slug: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    definition: Mapped[str]  # canonical JSON
    created_at: Mapped[int]
    used: Mapped[bool] = mapped_column(default=False)


class Batch(Base):
    """Credentials of one issuer, one achievement. States: open, sealing, sealed; what follows is read from the chain.

    `number`, `root`, `leaves`, `signature` appear together, in the transaction that seals it.
    """

    __tablename__ = "batch"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    achievement_id: Mapped[str | None] = mapped_column(ForeignKey("achievement.id"))  # None: signed elsewhere
    state: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[int]
    seal_requested_at: Mapped[int | None]
    sealed_at: Mapped[int | None]
    size: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)  # signed so far, for progress
    unsigned: Mapped[bool] = mapped_column(default=False, server_default=false())  # no proof in each credential
    failure: Mapped[str | None]  # why sealing stopped, for people
    number: Mapped[int | None] = mapped_column(unique=True)  # 1, 2, 3 ... without gap
    key_id: Mapped[bytes | None] = mapped_column(ForeignKey("issuer_key.key_id"))
    root: Mapped[bytes | None]
    leaves: Mapped[bytes | None]  # size * 32 bytes, in order
    signature: Mapped[bytes | None]  # 64 bytes over the batch entry
    anchor_by: Mapped[int | None]  # what its receipt promises; None: not sealed, or sealed before receipts were given
    anchor_number: Mapped[int | None] = mapped_column(ForeignKey("anchor.number"), index=True)
    anchor_index: Mapped[int | None]  # place among the anchor's entries; 0 is the status entry


class Credential(Base):
    """One credential. `handle` is its public name in URLs; its own id stays inside the document."""

    __tablename__ = "credential"
    __table_args__ = (UniqueConstraint("batch_id", "index"), UniqueConstraint("revocation_list_id", "status_index"))
    handle: Mapped[str] = mapped_column(String(32), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"))
    index: Mapped[int]  # place in the batch, from 0
    credential_id: Mapped[str | None]  # urn:uuid:..., cleared when erased
    row: Mapped[str | None]  # the roster row as JSON, until sealed
    document: Mapped[str | None]  # the credential with the issuer's proof, without the anchor proof
    d_rdf: Mapped[bytes | None]
    revocation_list_id: Mapped[str | None] = mapped_column(ForeignKey("status_list.id"))
    status_index: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(16), default="active")  # active, revoked, suspended
    erased_at: Mapped[int | None]


class StatusList(Base):
    """A Bitstring Status List as it stands now. Every issuer has pairs of them, revocation and suspension."""

    __tablename__ = "status_list"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # "<issuer>-<n>-revocation"
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    url: Mapped[str] = mapped_column(Text, unique=True)  # the list id that is hashed
    length: Mapped[int]  # entries
    version: Mapped[int]  # of the newest StatusListVersion


class StatusListVersion(Base):
    """One signed version of a list. Written once; the anchors say which versions were in force when."""

    __tablename__ = "status_list_version"
    list_id: Mapped[str] = mapped_column(ForeignKey("status_list.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    bits: Mapped[bytes]  # zlib-compressed raw bitstring
    credential: Mapped[str]  # the signed BitstringStatusListCredential, JSON
    digest: Mapped[bytes] = mapped_column(LargeBinary, index=True)  # SHA-256(JCS(credential))
    key_id: Mapped[bytes] = mapped_column(ForeignKey("issuer_key.key_id"))
    signature: Mapped[bytes]  # 64 bytes over the list entry
    created_at: Mapped[int]


class StatusEvent(Base):
    """Who changed which credential's status, when and why. The note may hold personal data and goes with erasure."""

    __tablename__ = "status_event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    handle: Mapped[str] = mapped_column(ForeignKey("credential.handle"), index=True)
    action: Mapped[str] = mapped_column(String(16))  # revoke, suspend, reinstate, erase
    reason: Mapped[str] = mapped_column(String(64))  # a code
    note: Mapped[str | None]
    actor: Mapped[str]  # API key id
    created_at: Mapped[int]


class Anchor(Base):
    """What one anchor commits to; created before anything is signed, never changed after."""

    __tablename__ = "anchor"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1, 2, 3 ... without gap
    root: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    status_root: Mapped[bytes]
    size: Mapped[int]  # entries: 1 + batches
    created_at: Mapped[int]


class AnchorList(Base):
    """Which version of which list an anchor commits to, in the order of its status tree."""

    __tablename__ = "anchor_list"
    anchor_number: Mapped[int] = mapped_column(ForeignKey("anchor.number"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("status_list.id"))
    version: Mapped[int]


class Attempt(Base):
    """A signed transaction, stored before it is sent for the first time."""

    __tablename__ = "attempt"
    __table_args__ = (Index("attempt_anchor", "anchor_number"),)
    tx_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    anchor_number: Mapped[int] = mapped_column(ForeignKey("anchor.number"))
    sender: Mapped[bytes]
    nonce: Mapped[int]
    max_fee: Mapped[str] = mapped_column(String(80))  # wei, decimal
    max_tip: Mapped[str] = mapped_column(String(80))
    raw: Mapped[bytes]
    created_at: Mapped[int]
    created_block: Mapped[int]  # head when it was signed
    sent_at: Mapped[int | None]
    last_answer: Mapped[str | None]


class Anchored(Base):
    """An anchor as seen on the canonical chain. Rows that are not final are thrown away on every tick."""

    __tablename__ = "anchored"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    position: Mapped[int]  # in the contract's log
    tx_hash: Mapped[bytes]
    block_number: Mapped[int]
    block_hash: Mapped[bytes]
    block_time: Mapped[int]
    final: Mapped[bool]
    final_at: Mapped[int | None]  # when it was first seen as final, by the worker's clock; for people


class Standing(Base):
    """Whether an issuer was suspended when the block of an anchor was made, as the contract says.

    It decides over the issuer's batches in that anchor, also long after a reinstatement. A block's hash fixes all that
    came before it, so a row never changes; rows of blocks that were orphaned mean nothing.
    """

    __tablename__ = "standing"
    block_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    issuer_id: Mapped[str] = mapped_column(ForeignKey("issuer.id"), primary_key=True)
    suspended: Mapped[bool]


class Idempotency(Base):
    """The answer to a request that must not be done twice, committed with what it did."""

    __tablename__ = "idempotency"
    caller: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_sha256: Mapped[bytes]
    status: Mapped[int]
    response: Mapped[str]
    created_at: Mapped[int]
