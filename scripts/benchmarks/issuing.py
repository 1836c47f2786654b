"""From a roster file to a sealed, stored batch, beside what both cores can do in bare signatures."""

import multiprocessing
import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.least import Sizes, least
from benchmarks.sample import DID, PROFILE, SECRET, achievement, key, roster
from sqlalchemy import select, update

from registry.credential.roster import parse
from registry.store import achievements, batches, issuers, keys, setup
from registry.store.engine import Store, migrate
from registry.store.sealing import Sealer
from registry.store.tables import Credential, IssuerKey
from registry.store.vault import Vault

SIGNATURES = 20_000


def issuing(count: int, *, unsigned: bool = False) -> None:
    """Issue `count` badges with a process per core, and print where the time goes."""
    cores = os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    vault = Vault(bytes(32))
    with tempfile.TemporaryDirectory() as home, ProcessPoolExecutor(cores, mp_context=context) as pool:
        list(pool.map(_sign, [10] * cores))  # started, and everything imported
        start = time.perf_counter()
        list(pool.map(_sign, [SIGNATURES] * cores))
        bare = cores * SIGNATURES / (time.perf_counter() - start)
        store = _store(Path(home), vault)
        data, seconds = roster(count), {}
        start = time.perf_counter()
        found = parse(data, "text/csv", achievement())
        seconds["read and check the roster"] = time.perf_counter() - start
        start = time.perf_counter()
        batch = batches.open_batch(store, "uni", achievements.list_achievements(store)[0].id, unsigned=unsigned)
        batches.add_rows(store, vault, batch.id, found)
        seconds["store the rows, draw status indexes"] = time.perf_counter() - start
        batches.request_seal(store, batch.id)
        start = time.perf_counter()
        if not Sealer(store, vault, pool).seal_next() or batches.get_batch(store, batch.id).state != batches.SEALED:
            raise AssertionError("not sealed")
        seconds["build, sign, digest, store, seal"] = time.perf_counter() - start
        with store.read() as session:
            document = session.scalars(select(Credential.document).limit(1)).one() or ""
        store.close()
        sizes = Sizes.of(document, unsigned=unsigned)
        hashed, stored, best = least(pool, cores, sizes, Path(home))
    whole = sum(seconds.values())
    kind = "badges without proofs of their own" if unsigned else "badges"
    print(f"\nissuing {count:,} {kind}, {cores} processes, SQLite with durable commits")
    for stage, taken in [*seconds.items(), ("roster file to sealed, stored batch", whole)]:
        print(f"  {stage:<40} {taken:>8.2f} s {count / taken:>12,.0f}/s")
    print(f"  {f'bare Ed25519 signatures, {cores} processes':<40} {'':>10} {bare:>12,.0f}/s")
    print(f"  the least: {sizes}")
    for name, rate in (
        (f"  SHA-256{'' if unsigned else ', signatures'}, {cores} processes", hashed),
        ("  the JSON into SQLite, 1 process", stored),
        ("  both, with nothing else to do", best),
    ):
        print(f"  {name:<40} {'':>10} {rate:>12,.0f}/s")
    print(f"  the whole is {count / whole / bare:.0%} of bare signatures, {count / whole / best:.0%} of the least")
    used = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"  most memory: {used[0]} MB in this process, {used[1]} MB in the largest other one")


def _sign(times: int) -> None:
    signer, message = key(), bytes(64)
    for _ in range(times):
        signer.sign(message)


def _store(home: Path, vault: Vault) -> Store:
    store = Store(f"sqlite:///{home / 'credanchor.db'}")
    migrate(store)
    setup.bind_registry(
        store,
        chain_id=31337,
        contract=bytes(20),
        deploy_block=1,
        deploy_block_hash=bytes(32),
        code_sha256=bytes(32),
        public_url="https://registry.example",
    )
    issuers.add_issuer(store, "uni", DID, PROFILE)
    keys.add_hosted_key(store, vault, "uni", secret=SECRET)
    achievements.add_achievement(store, "uni", achievement())
    with store.begin() as session:
        session.execute(update(IssuerKey).values(chain_added_at=1))  # as if the key were on the chain
    return store
