"""What the API answers about itself: its health, its worker, its contract."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Address, Answer, Hash, Hash0x, State, Time


class Alive(Answer):
    """The process answers."""

    status: Literal["ok"]


class Check(Answer):
    """One thing that was looked at. `ok` null: looked at, worth a warning, no reason to stop serving."""

    ok: bool | None
    detail: str


class Ready(Answer):
    """All parts answer as they should."""

    status: Literal["ok"]
    checks: dict[str, Check]


class HealthRegistry(Answer):
    """The contract that this registry writes to."""

    chain_id: int
    contract: Address
    registry_id: Hash
    test_network: bool


class HealthAnchor(Answer):
    """An anchor and when its block was made."""

    number: int
    block_time: Time


class HealthWorker(Answer):
    """When the anchoring worker last looked at the chain."""

    tick_at: Time
    age_seconds: int


class StandingAlarm(Answer):
    """Something an operator must look at, since when, and what to do. `stops`: nothing is anchored meanwhile."""

    code: str
    title: str
    detail: str
    since: Time
    remedy: str
    stops: bool


class WorkerProcess(Answer):
    """The process that holds the lease, by the name it gave itself, and its last good look at the chain."""

    alive: bool
    process: str | None
    last_good_look_at: Time | None
    age_seconds: int | None


class WorkerChain(Answer):
    """What the last good look showed. Wei as decimal texts; balance and nonce are the operator's."""

    latest_block: int
    final_block: int
    final_block_time: Time
    base_fee_wei: str
    max_fee_wei: str
    balance_wei: str
    nonce: int


class Notices(Answer):
    """Notices about alarms that are still to be delivered, and that were given up."""

    waiting: int
    given_up: int
    oldest_due_at: Time | None


class WorkerStatus(Answer):
    """What the worker waits for: in one sentence, by the name of the state, and the sentence's numbers in `facts`."""

    at: Time
    state: str
    sentence: str
    act: bool
    anchor: int | None
    since: Time | None
    facts: dict[str, Any]
    alarms: list[StandingAlarm]
    worker: WorkerProcess
    chain: WorkerChain | None
    notices: Notices


class Health(Answer):
    """How the registry does, for people and for monitoring; nothing about learners or issuers."""

    status: Literal["ok", "attention"]
    version: str
    registry: HealthRegistry | None
    batches: dict[State, int]
    last_final_anchor: HealthAnchor | None
    worker: HealthWorker | None
    alarms: list[str]


class AnchoringKey(Answer):
    """An address that has anchored, as Blockcerts profiles write it, and from when on."""

    id: str
    created: Time


class LogKey(Answer):
    """The key that signs the registry's notes: as the text of a signed note's key (C2SP), and as a multikey."""

    vkey: str
    multikey: str


class EarlierLogKey(Answer):
    """A key before it, as a signed note's key; `until` says which receipts are its own, by `accepted_at`."""

    key: str
    until: int


class Registry(HealthRegistry):
    """All public facts about the contract. Do not take them from here to trust them: that is what a profile is for.

    It is a Blockcerts profile, too, because anchor proofs name this address as their verification method's.
    """

    context: list[str] = Field(alias="@context")
    id: str
    type: list[str]
    name: str
    code_sha256: Hash
    deploy_block: int
    deploy_block_hash: Hash0x
    public_url: str
    log_key: LogKey | None
    earlier_log_keys: list[EarlierLogKey]
    publicKey: list[AnchoringKey]
