"""Run a registry in one process: the API, the worker and, where no chain is named, an embedded development chain.

The first start makes everything that is missing (keys, contract, database, an API key); a later one finds it all. Ports
are chosen once and kept, because the address of the status lists is inside every credential.
"""

import contextlib
import json
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from api import background, chains, datadir, monitor, ports, signers, supervisor
from api.datadir import DataDirError, Deployment
from api.settings import Settings
from registry.format.nesting import loads

if TYPE_CHECKING:
    from anchor.deploy import Predecessor

log = logging.getLogger("credanchor.serve")

LOCAL = "127.0.0.1"
CHAIN_PORT = 8545
"""Where the embedded chain listens if nobody else does; only ever on the loopback address."""

PREFUND_WEI = 1000 * 10**18
"""Each role's worthless ether on the embedded chain: more than it can use up."""

EMBEDDED_TICK_SECONDS = 0.25
"""The embedded chain makes a block at once, so its worker need not wait seconds."""

START_SECONDS = 30.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Running:
    """A registry that answers. `first` is true when this start made it; `token` is the administrator's API key."""

    url: str
    token: str
    deployment: Deployment
    rpc: str
    first: bool


def serve(settings: Settings, say: Say, *, ready: Callable[[Running], None] = lambda _: None) -> None:
    """Serve until SIGTERM or SIGINT, then stop cleanly. Raises DataDirError, AnchorError, RegistryError."""
    stop = threading.Event()
    with signals(stop), running(settings, say) as registry:
        ready(registry)
        stop.wait()
        say("Stopping ...")


@contextmanager
def running(settings: Settings, say: Say) -> Iterator[Running]:
    """The same as a context: everything runs inside it and has ended after it."""
    directory = settings.data_dir
    datadir.prepare(directory)
    with contextlib.ExitStack() as parts:
        parts.enter_context(datadir.locked(directory))
        before = Deployment.load(settings.deployment)
        embedded = before.embedded if before else settings.rpc_urls == Settings().rpc_urls
        listener = _listen(settings, before, say)
        parts.callback(listener.close)
        url = public_url(settings, listener, before)
        if embedded:
            settings, deployment = _embedded(parts, settings, before, url, say)
        elif before is None:
            remedy = "Run `credanchor deploy` first: it writes the deployment into the data directory"
            raise DataDirError("There is no contract on the chain yet", remedy)
        else:
            deployment = before
        port = int(listener.getsockname()[1])
        settings = replace(settings, public_url=url, port=port)
        deployment = replace(deployment, public_url=url, port=port)
        if deployment != before:
            deployment.save(settings.deployment)
        token = _bind(settings, deployment, say)
        parts.enter_context(_processes(settings, listener))
        yield Running(url, token, deployment, settings.rpc_urls[0], before is None)


def _embedded(
    parts: contextlib.ExitStack, settings: Settings, before: Deployment | None, url: str, say: Say
) -> tuple[Settings, Deployment]:
    """Start the embedded chain and, once, put the contract on it."""
    from anchor.devnode import DEVELOPMENT_CHAIN_ID, DevNode
    from anchor.devnode import serve as serve_chain

    if signers.make_keystores(settings, scrypt_n=datadir.DEVELOPMENT_SCRYPT_N):
        say("Made keys for an embedded test chain (lightly protected: they are worth nothing elsewhere).")
    wanted = before.chain_port if before else CHAIN_PORT
    port = ports.free(LOCAL, wanted, fixed=before is not None)
    if port != wanted:
        say(f"Port {wanted} is taken; the embedded chain uses {port}.")
    prefund = {signers.address(settings, role): PREFUND_WEI for role in datadir.ROLES}
    node = DevNode(settings.chain_database, prefund=prefund)
    parts.callback(node.close)
    server = serve_chain(node, LOCAL, port)
    parts.callback(server.stop)
    tick = EMBEDDED_TICK_SECONDS if settings.tick_seconds == Settings().tick_seconds else settings.tick_seconds
    settings = replace(settings, rpc_urls=(server.url,), tick_seconds=tick, test_network=True)
    if before is not None:
        return settings, before
    say("Putting the contract on the embedded chain ...")
    deployment = deploy(settings, embedded=True)
    assert deployment.chain_id == DEVELOPMENT_CHAIN_ID  # noqa: S101 (the node we just started)
    return settings, replace(deployment, public_url=url, chain_port=port)


def deploy(
    settings: Settings, *, embedded: bool = False, admin_delay: int = 0, predecessor: "Predecessor | None" = None
) -> Deployment:
    """Deploy the contract with the key stores of the data directory, and wait until it is there.

    `predecessor`: the registry that this one continues.
    Raises what `anchor.deploy.deploy` does, WrongChain when the endpoints serve different chains, SettingsError when
    credentials on a test network would be taken for real ones.
    """
    from anchor.deploy import NO_PREDECESSOR, chain_of
    from anchor.deploy import deploy as deploy_contract

    chains.require_honest(settings, chain_of(settings.rpc_urls))
    done = deploy_contract(
        settings.rpc_urls[0],
        signers.signer(settings, "admin"),
        operator=bytes.fromhex(signers.address(settings, "operator")[2:]),
        registrar=bytes.fromhex(signers.address(settings, "registrar")[2:]),
        admin_delay=admin_delay,
        predecessor=predecessor or NO_PREDECESSOR,
    )
    return Deployment(
        chain_id=done.chain_id,
        contract="0x" + done.contract.hex(),
        deploy_block=done.deploy_block,
        deploy_block_hash="0x" + done.deploy_block_hash.hex(),
        code_sha256="0x" + done.code_sha256.hex(),
        embedded=embedded,
    )


def _bind(settings: Settings, deployment: Deployment, say: Say) -> str:
    """Database, master key, API key, trust profile: made where missing. Returns the administrator's token."""
    from registry.store import logkey
    from registry.store.apikeys import BadToken, authenticate, create_api_key
    from registry.store.engine import Store, migrate
    from registry.store.setup import bind_registry
    from registry.store.signers import require_master_key
    from registry.store.vault import Vault

    def make_master_key() -> None:
        # With the database, and never again: a second machine that made its own could not open the issuers' keys.
        if not settings.master_key.exists():
            Vault.create(settings.master_key)
            say(f"Made the master key {settings.master_key}. Back it up: without it hosted keys are lost.")

    test = chains.is_test(settings, deployment.chain_id)
    store = Store(settings.database)
    try:
        migrate(store)
        bind_registry(store, **deployment.facts(), first=make_master_key)
        vault = Vault.from_file(settings.master_key)
        require_master_key(store, vault)
        log_key = logkey.ensure(store, vault)
        token = _known_token(settings.client)
        try:
            authenticate(store, token)
        except BadToken:
            _, token = create_api_key(store, "administrator", ["admin"], live=not test)
        datadir.write(settings.client, json.dumps({"url": settings.public_url, "api_key": token}) + "\n", 0o600)
    finally:
        store.close()
    profile = partial(
        deployment.trust,
        settings.rpc_urls,
        test=test,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    # Written by `deploy` or an older version and never touched since: then the log's key may be added.
    if not settings.trust.exists() or settings.trust.read_text("utf-8") == profile().to_toml():
        datadir.write(settings.trust, profile(log_key=log_key).to_toml())
    return token


@contextmanager
def _processes(settings: Settings, listener: socket.socket) -> Iterator[None]:
    """The API in one thread, the work behind it in others; waits until the API answers."""
    import uvicorn

    from api.app import create_app
    from api.services import Services

    services = Services.build(settings)
    config = uvicorn.Config(create_app(services), access_log=False, log_config=None, lifespan="on", server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="api", daemon=True)
    work = services.work = background.start(settings)
    try:
        thread.start()
        _wait_until(lambda: server.started, thread)
        with monitor.monitoring(settings, work):
            yield
    finally:
        # First nobody can ask for more, then the worker finishes its tick.
        server.should_exit = True
        thread.join(supervisor.STOP_SECONDS)
        work.stop()


def _listen(settings: Settings, before: Deployment | None, say: Say) -> socket.socket:
    """The API's socket: the port of the first start, or else the wanted one or the next that is free."""
    chosen = settings.port != Settings().port
    wanted = before.port if before and before.port and not chosen else settings.port
    listener = ports.bind(settings.host, wanted, fixed=chosen or bool(before and before.port))
    port = listener.getsockname()[1]
    if port != wanted:
        say(f"Port {wanted} is taken; using {port}.")
    return listener


def public_url(settings: Settings, listener: socket.socket, before: Deployment | None) -> str:
    """Where the world finds this registry: as configured, or else where it listens. Kept for ever."""
    chosen = settings.public_url != Settings().public_url
    host = LOCAL if settings.host in ("0.0.0.0", "::", LOCAL) else settings.host  # noqa: S104 (compared, not bound)
    here = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    wanted = settings.public_url if chosen else here
    if before and before.public_url and before.public_url != wanted:
        remedy = f"Serve under {before.public_url} again, or start anew in another data directory"
        problem = f"Credentials of this registry name {before.public_url}, and it would now be at {wanted}"
        raise DataDirError(problem, remedy)
    return wanted


def _known_token(path: Path) -> str:
    try:
        return str(loads(path.read_bytes())["api_key"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _wait_until(holds: Callable[[], bool], thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(START_SECONDS / 0.02)):
        if holds():
            return
        if not thread.is_alive():
            break
        pause.wait(0.02)
    raise DataDirError("The API did not start", "Its log, above, says why")


@contextmanager
def signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT ask for the end; a second one ends at once."""

    def asked(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    old = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
