"""Move a registry to a new contract: deploy the successor, close the old contract, begin the successor's database.

Every step is read back from the chain and done only where it is not done yet, so that the command can be run again
after any interruption. The new data directory is of its own; the old one goes on serving what was issued before.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from anchor.audit import logfile
from anchor.audit.log import fetch
from anchor.audit.pinned import Pinned
from anchor.deploy import NO_PREDECESSOR, Predecessor, chain_of
from anchor.deploy import Deployment as Deployed
from anchor.errors import Inconsistent, Reverted
from anchor.jsonrpc import JsonRpc
from anchor.succession import Registry, State
from api import chains, datadir, serve, signers, succeeding
from api.datadir import DataDirError, Deployment
from api.serve import Say
from api.settings import Settings
from registry.errors import RegistryError
from registry.store import succession
from registry.store.engine import Store
from registry.store.lease import acquire, new_owner, release
from registry.store.sealing import LEASE as SEAL_LEASE
from registry.store.situation import LEASE as ANCHOR_LEASE

LEASE_SECONDS = 900
"""No worker starts meanwhile: longer than the two transactions that change the old contract's log may take."""

OLD_LOG = "predecessor-log.jsonl"
"""Every entry of the old log, in the successor's data directory: once its chain is gone it cannot be had any more."""


@dataclass(frozen=True)
class Moved:
    """What was done. `registered` is false while issuers and keys still wait for the successor's worker."""

    deployment: Deployment
    predecessor: Predecessor
    issuers: int
    registered: bool


class Interference(RegistryError):
    """Somebody wrote to the old contract between the successor's genesis and the closing."""

    def __init__(self, committed: int, position: int) -> None:
        super().__init__(committed, position)
        self.committed = committed
        self.position = position

    def __str__(self) -> str:
        return (
            f"The registry is closed, but entries {self.committed} to {self.position - 1} of its log were written "
            f"after the successor had committed to {self.committed} entries: they stand in the old contract alone. "
            "Audit them."
        )


def move(old: Settings, new: Settings, say: Say, *, admin_delay: int) -> Moved:
    """Move the registry in `old.data_dir` to a contract on the chain of `new`; its directory becomes `new.data_dir`.

    Raises DataDirError and RegistryError (not drained, in use, a successor of its own already), AnchorError.
    """
    before = Deployment.load(old.deployment)
    _require_movable(old, new, before)
    assert before is not None  # noqa: S101  (just required)
    with ExitStack() as parts:
        parts.enter_context(datadir.locked(old.data_dir))
        store = Store(old.database)
        parts.callback(store.close)
        parts.enter_context(_alone(store))
        contract = Registry(old.rpc_urls[0], before.chain_id, bytes.fromhex(before.contract[2:]))
        parts.callback(contract.close)
        state = _drained(store, contract)
        datadir.prepare(new.data_dir)
        succeeding.copy_secrets(old, new)
        deployment, predecessor = _successor(contract, state, new, admin_delay, say)
        _await_final(new, deployment, say)
        _end(contract, old, _deployed(deployment), predecessor, say)
        _keep_log(old, before, new, predecessor)
        issuers, log_key = succeeding.begin(store, new, deployment)
        succeeding.write_trust(old, new, before, deployment, predecessor, log_key=log_key)
        return Moved(deployment, predecessor, issuers, succeeding.register(new, deployment, say))


def _require_movable(old: Settings, new: Settings, before: Deployment | None) -> None:
    if before is None:
        raise DataDirError(f"{old.data_dir} holds no registry", "Name the directory of the one to move with --data")
    if before.embedded:
        problem = "This registry lives on its own embedded chain, which ends when its process does"
        raise DataDirError(problem, "Deploy a new registry with `credanchor deploy`; nothing of a test has to move")
    if old.data_dir.resolve() == new.data_dir.resolve():
        raise DataDirError("The successor needs a directory of its own", "Name another one with --to")
    if before.public_url == new.public_url:
        problem = f"The old registry goes on answering at {before.public_url}, which is inside its credentials"
        raise DataDirError(problem, "Give the successor another address with --public-url")
    chains.require_honest(new, chain_of(new.rpc_urls))


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Hold both leases: nothing is sealed or anchored meanwhile, on whatever machine."""
    owner = new_owner()
    with ExitStack() as held:
        for name in (ANCHOR_LEASE, SEAL_LEASE):
            lease = acquire(store, name, owner, LEASE_SECONDS)
            if lease is None:
                problem = f"Another process works for this registry (lease {name!r})"
                raise DataDirError(problem, f"Stop it; after a crash its lease ends by itself within {LEASE_SECONDS} s")
            held.callback(release, store, lease)
        yield


def _drained(store: Store, contract: Registry) -> State:
    """The old contract's newest state: final, and all that the database knows of is in it."""
    anchors = succession.require_drained(store)
    final, newest = contract.state("finalized"), contract.state("latest")
    if (final.size, final.head) != (newest.size, newest.head) and not newest.closed:
        raise DataDirError("The newest entries of the old log are not final yet", "Run this again in some minutes")
    if newest.anchors != anchors:
        problem = f"The contract has {newest.anchors} anchors and the database {anchors}"
        raise DataDirError(problem, "Let the worker catch up, or run `credanchor doctor`")
    return newest


def _successor(
    contract: Registry, state: State, new: Settings, admin_delay: int, say: Say
) -> tuple[Deployment, Predecessor]:
    """The successor that is there and says what it must, else a new one. One that the old log outgrew is abandoned."""
    saved = Deployment.load(new.deployment)
    told = _genesis(new, saved) if saved else NO_PREDECESSOR
    if state.closed:
        named = (state.successor[0], "0x" + state.successor[1].hex())
        if saved is None or named != (saved.chain_id, saved.contract):
            problem = f"The registry is closed in favour of {named[1]} on chain {named[0]}"
            raise DataDirError(problem, "Run this with the directory of that successor (--to)")
        return saved, told
    wanted_one = Predecessor(contract.chain_id, contract.address, state.size, state.head)
    if saved is not None and told == wanted_one:
        return saved, told
    if saved is not None and told.contract != contract.address:
        raise DataDirError(f"{new.data_dir} belongs to another registry", "Name another directory with --to")
    say(f"deploying the successor of {state.size} log entries ...")
    deployment = serve.deploy(new, admin_delay=admin_delay, predecessor=wanted_one)
    deployment = replace(deployment, public_url=new.public_url)
    deployment.save(new.deployment)
    return deployment, _genesis(new, deployment)


def _genesis(new: Settings, deployment: Deployment) -> Predecessor:
    there = Registry(new.rpc_urls[0], deployment.chain_id, bytes.fromhex(deployment.contract[2:]))
    try:
        there.state("latest")  # raises where there is other code
        return there.genesis(deployment.deploy_block)
    finally:
        there.close()


def _deployed(deployment: Deployment) -> Deployed:
    return Deployed(
        deployment.chain_id,
        bytes.fromhex(deployment.contract[2:]),
        deployment.deploy_block,
        bytes.fromhex(deployment.deploy_block_hash[2:]),
        bytes.fromhex(deployment.code_sha256[2:]),
    )


def _end(contract: Registry, old: Settings, successor: Deployed, predecessor: Predecessor, say: Say) -> None:
    """Close the old contract and wait until that is final. `predecessor`: what the successor's genesis says."""
    if not contract.state("latest").closed:
        if contract.state("latest").size != predecessor.size:
            raise DataDirError("Somebody has just written to the old contract", "Run this again: nothing was closed")
        say("closing the old contract ...")
        try:
            contract.end(signers.signer(old, "admin"), successor)
        except Reverted as refused:
            remedy = "Only the admin of the old contract may close it; whoever holds that role must be asked"
            raise DataDirError(f"The old contract was not closed: {refused}", remedy) from None
    say("waiting until the closing is final ...")
    final = contract.until_final(lambda state: state.closed)
    if final.successor != (successor.chain_id, successor.contract):
        raise DataDirError("The old contract was closed in favour of another contract", "Look at its last log entry")
    if final.size - 1 != predecessor.size:
        raise Interference(predecessor.size, final.size - 1)


def _keep_log(old: Settings, before: Deployment, new: Settings, predecessor: Predecessor) -> None:
    """Write the whole old log to a file, read it back, and see that it leads to the head in the successor's genesis."""
    path = new.data_dir / OLD_LOG
    if not path.exists():
        pinned = Pinned(JsonRpc(old.rpc_urls[0]), before.chain_id, bytes.fromhex(before.contract[2:]))
        try:
            datadir.write(path, logfile.to_lines(fetch(pinned, before.deploy_block)))
        finally:
            pinned.rpc.close()
    if logfile.head_at(logfile.from_lines(path.read_text("ascii")), predecessor.size) != predecessor.head:
        path.unlink()
        raise Inconsistent("the events that the node tells of do not lead to the old log's head; run this again")


def _await_final(new: Settings, deployment: Deployment, say: Say) -> None:
    """A registry is closed for ever, so its successor must be there for ever: wait until it is final."""
    there = Registry(new.rpc_urls[0], deployment.chain_id, bytes.fromhex(deployment.contract[2:]))
    try:
        say("waiting until the successor is final ...")
        there.until_there()
    finally:
        there.close()
