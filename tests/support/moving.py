"""A registry on a chain of its own, ready to move: its data directory, one issuer, and credentials that are final."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from anchor.deploy import Deployment as Deployed
from anchor.succession import Registry, State
from anchor.verifier import Verifier
from anchor.worker import Worker
from api import chains, datadir, serve, signers
from api.datadir import Deployment
from api.settings import Settings
from api.status_source import OwnStatus
from registry.store import achievements, batches, credentials, issuers, jwtkeys, keys
from registry.store.engine import Store, migrate
from registry.store.registering import wanted
from registry.store.sealing import Sealer
from registry.store.setup import bind_registry
from registry.store.tables import Achievement
from registry.store.vault import Vault
from registry.verify import TrustProfile
from tests.support.chains import ETHER
from tests.support.registered import achievement, row

DID = "did:web:university.example"
AT_ONCE = {"safe_depth": 0, "finality_depth": 0}
"""Options of a development chain on which every block is final."""

ROUNDS = 40


def accounts(keystore: Path) -> dict[str, int]:
    """Makes the keys of all roles; the ether they need on a chain."""
    datadir.make_keystores(keystore, scrypt_n=2)
    return {datadir.address(keystore, role): 10 * ETHER for role in datadir.ROLES}


@dataclass
class Directory:
    """A data directory with its open database."""

    settings: Settings
    deployment: Deployment
    store: Store

    @classmethod
    def open(cls, settings: Settings) -> "Directory":
        """One that is there."""
        deployment = Deployment.load(settings.deployment)
        assert deployment is not None
        return cls(settings, deployment, Store(settings.database))

    @classmethod
    def make(cls, settings: Settings) -> "Directory":
        """Deploy, bind, and register the issuer "uni" with a hosted key and one that is revoked."""
        deployment = replace(serve.deploy(settings), public_url=settings.public_url)
        deployment.save(settings.deployment)
        vault = Vault.create(settings.master_key)
        store = Store(settings.database)
        migrate(store)
        bind_registry(store, **deployment.facts())
        made = cls(settings, deployment, store)
        issuers.add_issuer(store, "uni", DID, {"name": "Example University"})
        first = keys.add_hosted_key(store, vault, "uni").key_id
        achievements.add_achievement(store, "uni", achievement())
        made.work()
        keys.add_hosted_key(store, vault, "uni")
        made.work()
        keys.revoke_key(store, vault, first)
        jwtkeys.revoke_key(store, "uni", jwtkeys.add_hosted_key(store, vault, "uni").key_id)
        jwtkeys.add_hosted_key(store, vault, "uni")
        made.issue(1)  # also brings the lists, which are signed anew, into an anchor
        return made

    def work(self) -> None:
        """Tick until nothing changes any more."""
        operator, registrar = signers.signer(self.settings, "operator"), signers.signer(self.settings, "registrar")
        worker = Worker(self.store, chains.config(self.settings, self.deployment), operator, registrar)
        for _ in range(6):
            worker.tick()
        worker.release()

    def open_batch(self, count: int) -> tuple[str, list[str]]:
        """A batch with some learners: its id and their handles."""
        with self.store.read() as session:
            (known,) = session.scalars(select(Achievement.id))
        batch = batches.open_batch(self.store, "uni", known).id
        return batch, batches.add_rows(self.store, self.vault, batch, [row(number) for number in range(count)])

    def issue(self, count: int) -> list[bytes]:
        """Credential files, anchored for good."""
        batch, handles = self.open_batch(count)
        batches.request_seal(self.store, batch)
        assert Sealer(self.store, self.vault).seal_next()
        self.work()
        assert batches.state_of(self.store, batch)["state"] == "final"
        return [credentials.file(self.store, handle) for handle in handles]

    @property
    def vault(self) -> Vault:
        return Vault.from_file(self.settings.master_key)

    @property
    def trust(self) -> TrustProfile:
        return TrustProfile.parse(self.settings.trust.read_text("utf-8"))

    def contract(self) -> Registry:
        """The contract, for reading. Close it."""
        return Registry(
            self.settings.rpc_urls[0], self.deployment.chain_id, bytes.fromhex(self.deployment.contract[2:])
        )

    def state(self) -> State:
        """What the contract says now."""
        contract = self.contract()
        try:
            return contract.state("latest")
        finally:
            contract.close()

    def deployed(self) -> Deployed:
        made = self.deployment
        block_hash, code = bytes.fromhex(made.deploy_block_hash[2:]), bytes.fromhex(made.code_sha256[2:])
        return Deployed(made.chain_id, bytes.fromhex(made.contract[2:]), made.deploy_block, block_hash, code)

    def keys(self) -> set[bytes]:
        """Ids of the keys that this database knows to be on its chain."""
        return {key.key_id for key in wanted(self.store).keys if key.chain_added_at is not None}


def verdicts(files: list[bytes], trust: TrustProfile, *sources: Store, log: bytes | None = None) -> list[str]:
    """What a verifier says who believes this profile, asks these registries for status lists, and has this log."""
    status = None
    for store in sources:
        status = OwnStatus(store, status)
    verifier = Verifier(trust, status, logs={"log": log} if log is not None else None)
    return [verifier.check(file, now=datetime.now(UTC)).verdict for file in files]


def plain(content: bytes) -> dict[str, object]:
    """A file as JSON."""
    value: dict[str, object] = json.loads(content)
    return value
