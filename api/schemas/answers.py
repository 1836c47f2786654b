"""What the API answers, for OpenAPI and for the tests, which hold every answer against it. Times are RFC 3339 UTC."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", examples=["2026-11-25T10:00:00Z"])]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="32 bytes in hex")]
Hash0x = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$", description="32 bytes, as chain explorers write them")]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$", description="20 bytes in hex")]
State = Literal["open", "sealing", "sealed", "submitted", "included", "final"]

_T = TypeVar("_T")


class Answer(BaseModel):
    """Parent of all: exactly these members."""

    model_config = ConfigDict(extra="forbid")


class Items(Answer, Generic[_T]):
    """One page of a list, newest first."""

    items: list[_T]
    next_cursor: str | None


class IssuerChain(Answer):
    """The issuer as last seen in the contract."""

    added_at: Time | None
    suspended: bool


class Issuer(Answer):
    """An organisation that issues; `issuer_id` is its name in the contract, SHA-256 of the DID."""

    id: str
    did: str
    issuer_id: Hash
    profile: dict[str, Any]
    created_at: Time
    suspended: bool
    lint: Literal["off", "warn", "require"]
    chain: IssuerChain


class KeyChain(Answer):
    """The key's window as last seen in the contract."""

    added_at: Time | None
    revoked_at: Time | None
    compromised_at: Time | None


class Key(Answer):
    """A signing key; `active` is the one that signs the issuer's batches and lists now."""

    key_id: Hash
    multibase: str
    verification_method: str
    custody: Literal["hosted", "external"]
    created_at: Time
    active: bool
    revoke_requested: bool
    compromised_since: Time | None
    chain: KeyChain


class JwtKey(Answer):
    """A P-256 key of an issuer for JWTs, as its DID document has it; a revoked one may not sign."""

    key_id: Hash
    jwk: dict[str, str]
    verification_method: str
    custody: Literal["hosted", "external"]
    created_at: Time
    revoked_at: Time | None


class Achievement(Answer):
    """One version of a definition; immutable once `used`."""

    id: str
    issuer: str
    slug: str
    version: str
    definition: dict[str, Any]
    used: bool
    created_at: Time


class Progress(Answer):
    """How many credentials of the batch are signed."""

    done: int
    total: int


class BatchAnchor(Answer):
    """The anchor that a batch is in. All but `number` and `index` are null until it is seen on the chain."""

    number: int
    index: int
    root: Hash | None
    position: int | None
    tx_hash: Hash0x | None
    block_number: int | None
    block_hash: Hash0x | None
    block_time: Time | None
    final: bool


class Batch(Answer):
    """Credentials that are sealed and anchored together.

    `failure`: why sealing stopped. `problem`: why the sealed credentials are not valid, or will not be. `receipt`:
    where the signed promise to anchor it is, from the moment on when it is sealed.
    """

    id: str
    issuer: str
    achievement: str | None
    state: State
    size: int
    progress: Progress
    failure: str | None
    problem: str | None
    number: int | None
    root: Hash | None
    key_id: Hash | None
    created_at: Time
    seal_requested_at: Time | None
    sealed_at: Time | None
    receipt: str | None
    anchor: BatchAnchor | None


class Receipt(Answer):
    """The registry's signed promise to anchor a batch, `credanchor-receipt/1` (FORMAT.md). Times are Unix seconds."""

    format: Literal["credanchor-receipt/1"]
    registry_id: Hash
    batch: int
    size: int
    key_id: Hash
    root: Hash
    accepted_at: int
    anchor_by: int
    signature: str


class CredentialReceipt(Receipt):
    """The same with one credential's leaf, and the hashes beside its way to the batch's root."""

    index: int
    leaf: Hash
    path: list[Hash]


class Warned(Answer):
    """What the micro-credential lint says about one document of an upload; `row` counts from 1."""

    row: int
    code: str
    pointer: str
    detail: str
    remedy: str


class Added(Answer):
    """What an upload did: `added` credentials, `size` of the batch after it; at most 100 `warnings`."""

    batch: str
    added: int
    size: int
    warnings: list[Warned]


class Links(Answer):
    """Where the file, a page with it in, the file as a JWT, and its proof are, once the batch is final."""

    file: str
    pdf: str
    jwt: str
    proof: str


class Credential(Answer):
    """A credential without its content."""

    handle: str
    batch: str
    index: int
    state: State
    status: Literal["active", "revoked", "suspended"]
    erased_at: Time | None
    links: Links


class ClaimLink(Answer):
    """A claim link without its secret, of which only a hash is kept."""

    id: str
    credential: str
    created_at: Time


class NewClaimLink(ClaimLink):
    """A claim link just made. `url` is given now and never again, also not in a replay of this answer."""

    url: str | None = None


class BatchLink(Answer):
    """A claim link of a batch. `index` is the credential's place in it."""

    id: str
    credential: str
    index: int
    url: str


class BatchLinks(Answer):
    """The claim links just made for a batch. `items` are given now and never again, also not in a replay."""

    batch: str
    count: int
    items: list[BatchLink] | None = None


class EndedLinks(Answer):
    """How many claim links of a batch were ended."""

    batch: str
    ended: int


class ClaimLinks(Answer):
    """The claim links of a credential that have not ended, oldest first."""

    items: list[ClaimLink]


class AnchorChain(Answer):
    """The anchor as last seen on the chain."""

    position: int
    tx_hash: Hash0x
    block_number: int
    block_hash: Hash0x
    block_time: Time
    final: bool


class Anchor(Answer):
    """One root on the chain, and the numbers of the batches below it."""

    number: int
    root: Hash
    status_root: Hash
    size: int
    created_at: Time
    batches: list[int]
    chain: AnchorChain | None


class ApiKey(Answer):
    """An API key without its secret."""

    id: str
    name: str
    issuer: str | None
    scopes: list[str]
    created_at: Time
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None


class NewApiKey(ApiKey):
    """A key just made. `token` is shown now and never again, also not in a replay of this answer."""

    token: str | None = None


class ProblemTypeAnswer(Answer):
    """What one type of problem means."""

    type: str
    code: str
    status: int
    title: str
    explanation: str
    remedy: str
