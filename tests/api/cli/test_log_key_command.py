"""`credanchor log-key rotate`: a new key beside the database, and lines that a trust profile takes."""

import shutil
from dataclasses import replace
from pathlib import Path

from registry.store import logkey
from registry.store.engine import Store
from registry.verify import TrustProfile
from tests.support.commandline import credanchor
from tests.support.registered import register
from tests.support.specimen import TRUST


def test_a_rotation_prints_what_readers_write_into_their_profiles(tmp_path: Path, migrated_file: Path) -> None:
    store = Store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'credanchor.db')}")
    first = logkey.ensure(store, register(store).vault)
    refused = credanchor("log-key", "rotate", "--data", tmp_path)
    assert (refused.code, "master key" in refused.err) == (1, True), refused
    assert logkey.public_key(store) == first
    (tmp_path / "master.key").write_text("00" * 32)
    done = credanchor("log-key", "rotate", "--data", tmp_path, "--json")
    second = logkey.public_key(store)
    assert second is not None and second != first
    (earlier,) = done.json["earlier_log_keys"]
    assert (done.code, done.json["log_key"], earlier["key"]) == (0, second.vkey, first.vkey)
    printed = credanchor("log-key", "rotate", "--data", tmp_path).out.partition("\n\n")[0]
    (entry,) = TrustProfile.parse(TrustProfile((replace(TRUST, log_key=None),)).to_toml() + printed).registries
    assert entry.log_key == logkey.public_key(store)
    assert [one.key for one in entry.earlier_log_keys] == [second, first]
    store.close()
