"""The data directory keeps secrets to its owner, and one process at a time serves it, always under the same address."""

import json
import stat
import threading
from dataclasses import replace

import pytest

from api import background, datadir, ports, serve, supervisor
from api.datadir import DataDirError, Deployment
from api.settings import Settings
from registry.verify import TrustProfile

DEPLOYMENT = Deployment(
    chain_id=7,
    contract="0x" + "ab" * 20,
    deploy_block=3,
    deploy_block_hash="0x" + "cd" * 32,
    code_sha256="0x" + "ef" * 32,
    embedded=True,
    public_url="http://127.0.0.1:8000",
    port=8000,
    chain_port=8545,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path):
    directory = tmp_path / "keystore"
    assert datadir.make_keystores(directory, scrypt_n=2) == list(datadir.ROLES)
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert set(before) == {"admin.json", "registrar.json", "operator.json", "password"}
    assert {mode(path) for path in directory.iterdir()} == {0o600}
    assert mode(directory) == 0o700
    assert datadir.make_keystores(directory, scrypt_n=2) == []
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    assert len({datadir.address(directory, role) for role in datadir.ROLES}) == 3


def test_a_deployment_is_read_back_as_it_was_saved_and_a_damaged_one_is_refused(tmp_path):
    path = tmp_path / "deployment.json"
    assert Deployment.load(path) is None
    DEPLOYMENT.save(path)
    assert Deployment.load(path) == DEPLOYMENT
    path.write_text(json.dumps({"chain_id": 7}))
    with pytest.raises(DataDirError, match="backup"):
        Deployment.load(path)


def test_the_trust_profile_of_a_deployment_is_one_that_verifiers_can_read():
    profile = DEPLOYMENT.trust(("http://127.0.0.1:8545",), test=True, heartbeat_seconds=60)
    assert TrustProfile.parse(profile.to_toml()) == profile
    assert profile.find(7, b"\xab" * 20) is not None
    assert profile.registries[0].test


def test_two_processes_cannot_serve_one_directory(tmp_path):
    with datadir.locked(tmp_path), pytest.raises(DataDirError, match="served already"), datadir.locked(tmp_path):
        pass
    with datadir.locked(tmp_path):
        pass


def test_a_replaced_secret_is_never_readable_by_others_not_even_for_a_moment(tmp_path):
    path = tmp_path / "client.json"
    path.write_text("old")
    path.chmod(0o644)
    datadir.write(path, "new", 0o600)
    assert (path.read_text(), mode(path)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_taken_port_gives_the_next_free_one_unless_it_was_fixed():
    with ports.bind("127.0.0.1", 20_000, fixed=False) as first:
        taken = first.getsockname()[1]
        with ports.bind("127.0.0.1", taken, fixed=False) as second:
            assert second.getsockname()[1] > taken
        with pytest.raises(DataDirError, match=f"Port {taken} on 127.0.0.1 is taken"):
            ports.bind("127.0.0.1", taken, fixed=True)


def test_an_address_that_is_inside_credentials_cannot_change(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with ports.bind("127.0.0.1", 20_000, fixed=False) as listener:
        here = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert serve.public_url(settings, listener, None) == here
        assert serve.public_url(settings, listener, replace(DEPLOYMENT, public_url=here)) == here
        with pytest.raises(DataDirError, match="Credentials of this registry name"):
            serve.public_url(settings, listener, DEPLOYMENT)
        behind_a_proxy = replace(settings, public_url="https://registry.example")
        assert serve.public_url(behind_a_proxy, listener, None) == "https://registry.example"


def test_work_that_fails_is_started_again_and_ends_when_it_is_asked_to(monkeypatch):
    monkeypatch.setattr(supervisor, "RETRY_SECONDS", 0.01)
    tries, third, ended = [], threading.Event(), threading.Event()

    def job(stop):
        tries.append(1)
        if len(tries) < 3:
            raise OSError("the node is down")
        third.set()
        stop.wait()

    work = background.Background(at_end=ended.set)
    work.start("stubborn", job)
    assert third.wait(10)
    work.stop()
    assert ended.is_set()
    assert len(tries) == 3
