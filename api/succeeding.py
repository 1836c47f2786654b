"""The data directory of a registry's successor: its secrets, its database, what both directories believe from then on.

Every step is done only where it is not done yet, as in `api.migrating`, which calls them.
"""

import json
import time
from dataclasses import replace

from anchor.deploy import Predecessor
from anchor.worker.loop import Worker
from api import chains, datadir, signers
from api.datadir import Deployment
from api.serve import Say
from api.settings import Settings
from registry.format.note import NoteKey
from registry.store import logkey, succession
from registry.store.engine import Store, migrate
from registry.store.registering import wanted
from registry.store.setup import bind_registry
from registry.store.vault import Vault
from registry.verify.trust import TrustProfile

REGISTER_SECONDS = 120.0
"""How long the command itself brings issuers and keys to the new contract; afterwards the successor's worker does."""


def copy_secrets(old: Settings, new: Settings) -> None:
    """The same accounts and the same master key: hosted keys stay what they are. Remote signers have no key stores."""
    new.keystore.mkdir(exist_ok=True, mode=0o700)
    files = [(old.keystore / f"{role}.json", new.keystore / f"{role}.json") for role in datadir.ROLES]
    files.append((old.keystore / datadir.PASSWORD_FILE, new.keystore / datadir.PASSWORD_FILE))
    for source, target in (*files, (old.master_key, new.master_key)):
        if source.exists() and not target.exists():
            datadir.write(target, source.read_text("utf-8"), 0o600)


def begin(store: Store, new: Settings, deployment: Deployment) -> tuple[int, NoteKey]:
    """The successor's database: bound, with a log key of its own and everything that goes on.

    Returns the number of issuers, and the log's key.
    """
    fresh = Store(new.database)
    try:
        migrate(fresh)
        bind_registry(fresh, **deployment.facts())
        vault = Vault.from_file(new.master_key)
        return succession.carry_over(store, fresh, vault), logkey.ensure(fresh, vault)
    finally:
        fresh.close()


def write_trust(
    old: Settings,
    new: Settings,
    before: Deployment,
    deployment: Deployment,
    predecessor: Predecessor,
    *,
    log_key: NoteKey,
) -> None:
    """Both directories believe both: the successor first, then all that the old profile believed.

    The old registry's entry pins where its log ends: with a copy of the log it can be verified without its chain.
    """
    kept = TrustProfile.parse(old.trust.read_text("utf-8")) if old.trust.exists() else None
    if kept is None:
        kept = before.trust(
            old.rpc_urls, test=chains.is_test(old, before.chain_id), heartbeat_seconds=old.heartbeat_seconds
        )
    own = deployment.trust(
        new.rpc_urls,
        test=chains.is_test(new, deployment.chain_id),
        heartbeat_seconds=new.heartbeat_seconds,
        log_key=log_key,
    )
    (entry,) = own.registries
    entry = replace(entry, name=f"{entry.name}, from block {deployment.deploy_block} on")
    closed = (predecessor.chain_id, predecessor.contract)
    others = tuple(
        replace(one, closed_size=predecessor.size, closed_head=predecessor.head)
        if (one.chain_id, one.contract) == closed
        else one
        for one in kept.registries
        if one.registry_id != entry.registry_id
    )
    for settings in (new, old):
        datadir.write(settings.trust, TrustProfile((entry, *others)).to_toml())
    client = old.client
    if client.exists() and not new.client.exists():  # API keys were carried over, so this one opens both
        known = json.loads(client.read_text("utf-8"))
        datadir.write(new.client, json.dumps(known | {"url": deployment.public_url}) + "\n", 0o600)


def register(new: Settings, deployment: Deployment, say: Say) -> bool:
    """Let the worker bring issuers and keys to the new contract; false when that takes longer than REGISTER_SECONDS."""
    store = Store(new.database)
    operator, registrar = signers.signer(new, "operator"), signers.signer(new, "registrar")
    worker = Worker(store, chains.config(new, deployment), operator, registrar)
    deadline = time.monotonic() + REGISTER_SECONDS
    try:
        say("registering issuers and keys in the new contract ...")
        while not (done := _registered(store)) and time.monotonic() < deadline:
            worker.tick()
            if not (done := _registered(store)):
                time.sleep(min(new.tick_seconds, 1.0))
        return done
    finally:
        worker.release()
        store.close()


def _registered(store: Store) -> bool:
    found = wanted(store)
    there = [issuer.chain_added_at for issuer in found.issuers] + [key.chain_added_at for key in found.keys]
    return None not in there
