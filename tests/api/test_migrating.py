"""A registry moves to a new contract: on another chain or the same, interrupted, and with somebody in the way."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from anchor.audit import logfile
from anchor.contract import RegistryContract, role
from anchor.deploy import Account, Predecessor
from anchor.devnode import DevNode, serve
from anchor.jsonrpc import JsonRpc
from api import migrating, signers
from api.datadir import DataDirError
from api.migrating import Interference, move
from api.settings import Settings
from registry.errors import StateError
from registry.store import batches, jwtkeys, statusactions
from registry.store.lease import acquire, release
from registry.store.sealing import Sealer
from registry.verify.trust import TrustProfile
from tests.support.commandline import credanchor
from tests.support.moving import AT_ONCE, Directory, accounts, verdicts

OLD_CHAIN, NEW_CHAIN = 31337, 17000
NEW_URL = "https://registry-2.example"


class World:
    """Two chains and a registry on the first; `new` is where it is going to."""

    def __init__(self, home: Path, parts: ExitStack) -> None:
        self.parts = parts
        plain = Settings(data_dir=home / "old", public_url="https://registry.example", tick_seconds=0.05)
        fresh = not plain.data_dir.exists()
        plain.data_dir.mkdir(exist_ok=True)
        funds = accounts(plain.keystore) if fresh else None
        self.servers = []
        for chain_id in (OLD_CHAIN, NEW_CHAIN):
            node = DevNode(home / f"{chain_id}.db", chain_id, funds, block_interval=0, **AT_ONCE)
            parts.callback(node.close)
            self.servers.append(serve(node))
            parts.callback(self.servers[-1].stop)
        self.urls = [server.url for server in self.servers]
        settings = replace(plain, rpc_urls=(self.urls[0],))
        self.old = Directory.make(settings) if fresh else Directory.open(settings)
        parts.callback(self.old.store.close)
        self.new = replace(plain, data_dir=home / "new", public_url=NEW_URL, rpc_urls=(self.urls[1],))

    def move(self, say=lambda _line: None):
        return move(self.old.settings, self.new, say, admin_delay=0)

    def moved(self) -> Directory:
        """The successor."""
        made = Directory.open(self.new)
        self.parts.callback(made.store.close)
        return made

    def sent(self, url: str) -> int:
        """Transactions of the admin so far."""
        address = signers.address(self.old.settings, "admin")
        return int(self.rpc(url).call("eth_getTransactionCount", address, "latest"), 16)

    def rpc(self, url: str) -> JsonRpc:
        rpc = JsonRpc(url)
        self.parts.callback(rpc.close)
        return rpc

    def meddle(self) -> None:
        """The admin gives somebody a role: one more entry in the old log."""
        contract = RegistryContract(bytes.fromhex(self.old.deployment.contract[2:]))
        call = contract.calldata(
            "grantRole", role("ACCREDITOR_ROLE"), to_checksum_address(f"0x{self.old.state().size:040x}")
        )
        Account(self.rpc(self.urls[0]), signers.signer(self.old.settings, "admin"), 5).transact(contract.address, call)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that worlds are copied from."""
    home = tmp_path_factory.mktemp("worlds") / "template"
    home.mkdir()
    with ExitStack() as parts:
        World(home, parts)
    return home


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(template, tmp_path / "world")
    with ExitStack() as parts:
        yield World(tmp_path / "world", parts)


class Stop(Exception):
    """The process dies."""


def test_a_registry_moves_to_another_chain_and_the_credentials_of_both_verify(world: World) -> None:
    old_files = world.old.issue(2)
    before = world.old.state()
    outcome = credanchor(
        "migrate-registry", "--data", world.old.settings.data_dir, "--rpc", world.urls[0],
        "--to", world.new.data_dir, "--to-rpc", world.urls[1], "--public-url", NEW_URL, "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.json["predecessor"] == {
        "chain_id": OLD_CHAIN,
        "contract": world.old.deployment.contract,
        "size": before.size,
        "head": before.head.hex(),
    }
    new = world.moved()
    after = world.old.state()
    assert (after.closed, after.size, after.anchors) == (True, before.size + 1, before.anchors)
    assert after.successor == (NEW_CHAIN, bytes.fromhex(new.deployment.contract[2:]))
    contract = new.contract()
    genesis = contract.genesis(new.deployment.deploy_block)
    contract.close()
    assert genesis == Predecessor(OLD_CHAIN, bytes.fromhex(world.old.deployment.contract[2:]), before.size, before.head)
    kept = (world.new.data_dir / migrating.OLD_LOG).read_text()
    assert logfile.head_at(logfile.from_lines(kept), genesis.size) == genesis.head
    for changed in (kept.replace('"kind": 1,', '"kind": 2,', 1), kept.replace('"time": 1', '"time": 2', 1)):
        assert changed != kept
        assert logfile.head_at(logfile.from_lines(changed), genesis.size) != genesis.head
    assert len(logfile.from_lines(kept)) == genesis.size + 1  # and the entry that closes it
    assert outcome.json["registered"] is True
    assert len(new.keys()) == 1 < len(world.old.keys())  # the revoked key stays behind
    had, has = (jwtkeys.key_history(one.store, "uni") for one in (world.old, new))
    assert [(key.jwk, key.revoked_at) for key in had] == [(key.jwk, key.revoked_at) for key in has]
    assert len(has) == 2

    new_files = new.issue(2)
    stores = (world.old.store, new.store)
    for directory in (world.old, new):
        assert verdicts(old_files + new_files, directory.trust, *stores) == ["valid_test"] * 4
    only_new = TrustProfile(new.trust.registries[:1])
    assert verdicts(old_files, only_new, *stores) == ["invalid"] * 2  # who names the successor alone believes it alone
    world.servers[0].stop()
    assert verdicts(old_files + new_files, new.trust, *stores) == ["unconfirmed"] * 2 + ["valid_test"] * 2
    for directory in (world.old, new):  # the old chain is gone: a copy of its log, whose end the profile pins, suffices
        assert verdicts(old_files, directory.trust, *stores, log=kept.encode()) == ["valid_test"] * 2
        assert verdicts(old_files, directory.trust, *stores, log=changed.encode()) == ["unconfirmed"] * 2
    file, log = world.new.data_dir / "old.json", world.new.data_dir / migrating.OLD_LOG
    file.write_bytes(old_files[0])
    outcome = credanchor("verify", file, "--trust", world.new.trust, "--log", log, "--json")
    found = {check["id"]: check["outcome"] for check in outcome.json["checks"]}
    assert (found["anchor"], found["issuer"], found["status"]) == ("pass", "pass", "unknown")  # nobody serves the lists
    unpinned = TrustProfile(tuple(replace(one, closed_size=0, closed_head=b"") for one in new.trust.registries))
    assert verdicts(old_files, unpinned, *stores, log=kept.encode()) == ["unconfirmed"] * 2


def test_a_move_that_is_interrupted_after_any_step_goes_on_where_it_was(world: World) -> None:
    same_chain = replace(world.new, rpc_urls=(world.urls[0],))
    world.new = same_chain
    (file,) = world.old.issue(1)
    seen: list[str] = []
    deployments = set()

    def say(line: str) -> None:
        if line not in seen:
            seen.append(line)
            raise Stop

    while True:
        try:
            moved = world.move(say)
        except Stop:
            if same_chain.deployment.exists():
                deployments.add(same_chain.deployment.read_text())
        else:
            break
    assert [line.split()[0] for line in seen] == ["deploying", "waiting", "closing", "waiting", "registering"]
    assert len(deployments) == 1  # what was deployed once is found again
    assert moved.registered
    assert world.move() == moved  # and once more does nothing
    new = world.moved()
    assert world.old.state().successor == (OLD_CHAIN, bytes.fromhex(new.deployment.contract[2:]))
    assert new.deployment.contract != world.old.deployment.contract
    (fresh,) = new.issue(1)
    assert verdicts([file, fresh], new.trust, world.old.store, new.store) == ["valid_test"] * 2
    assert len({one.name for one in new.trust.registries}) == 2


def test_a_registry_that_has_something_to_anchor_or_a_worker_or_no_place_to_go_is_not_closed(world: World) -> None:
    before = world.sent(world.urls[1])
    named = world.new
    for changes, says in (
        ({"public_url": "https://registry.example"}, "another address with --public-url"),
        ({"data_dir": world.old.settings.data_dir}, "a directory of its own"),
    ):
        world.new = replace(named, **changes)
        with pytest.raises(DataDirError, match=says):
            world.move()
    world.new = named
    elsewhere = acquire(world.old.store, migrating.ANCHOR_LEASE, "another machine", 60)
    assert elsewhere
    with pytest.raises(DataDirError, match="Another process works"):
        world.move()
    release(world.old.store, elsewhere)
    batch, handles = world.old.open_batch(1)
    with pytest.raises(StateError, match="1 batches that are not anchored"):
        world.move()
    batches.request_seal(world.old.store, batch)
    assert Sealer(world.old.store, world.old.vault).seal_next()
    with pytest.raises(StateError, match="1 batches that are not anchored"):
        world.move()
    world.old.work()
    change = statusactions.Change(handles[0], "revoke", "error")
    statusactions.change_status(world.old.store, world.old.vault, [change], "test")
    with pytest.raises(StateError, match="1 changed status lists"):
        world.move()
    assert not world.old.state().closed
    assert world.sent(world.urls[1]) == before  # nothing was deployed either
    world.old.work()
    world.move()
    assert world.old.state().closed


def test_what_is_written_to_the_old_log_after_the_genesis_is_not_passed_over(world: World) -> None:
    def meddle(line: str) -> None:
        if "until the successor is final" in line:
            world.meddle()

    with pytest.raises(DataDirError, match="Somebody has just written"):
        world.move(meddle)
    abandoned = world.moved().deployment.contract
    assert not world.old.state().closed
    world.move()  # deploys one that commits to what was written
    assert world.moved().deployment.contract != abandoned
    assert world.old.state().closed


def test_what_slips_in_between_the_last_look_and_the_closing_is_told(world: World) -> None:
    before = world.old.state().size

    def meddle(line: str) -> None:
        if line.startswith("closing"):
            world.meddle()

    with pytest.raises(Interference) as told:
        world.move(meddle)
    assert (told.value.committed, told.value.position) == (before, before + 1)


def test_a_registry_that_was_closed_in_favour_of_another_contract_does_not_move(world: World) -> None:
    contract = world.old.contract()
    elsewhere = replace(world.old.deployed(), contract=b"\x07" * 20)
    contract.end(signers.signer(world.old.settings, "admin"), elsewhere)
    contract.close()
    with pytest.raises(DataDirError, match="closed in favour of 0x07070707"):
        world.move()
    assert not world.new.deployment.exists()
