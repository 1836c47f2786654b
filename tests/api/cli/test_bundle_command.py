"""`credanchor bundle`, and `credanchor verify --offline`: a file, a hash, and no network."""

import json
from pathlib import Path

from registry.credential.baking import bake
from tests.support.bundling import StoreStatus, settled
from tests.support.commandline import credanchor
from tests.support.pictures import png


def test_a_bundle_is_made_and_checked_by_command(tmp_path: Path, migrated_file: Path) -> None:
    file, trust, status = tmp_path / "badge.json", tmp_path / "trust.toml", tmp_path / "status.json"
    with settled(tmp_path, migrated_file) as place:
        file.write_bytes(place.files["valid"])
        list_id = json.loads(place.files["valid"])["credentialStatus"]["statusListCredential"]
        latest = place.online("valid").check("status").detail["anchor"]
        status.write_bytes(StoreStatus(place.store).fetch(list_id, latest))
        trust.write_text(place.trust.to_toml())
        made = credanchor("bundle", file, "--trust", trust, "--status", status, "--json")
        assert made.code == 0, made.err
        bundle, known = tmp_path / "badge.bundle.json", made.json
        assert (known["file"], known["bytes"]) == (str(bundle), bundle.stat().st_size)
        (tmp_path / "badge.png").write_bytes(bake(png(), file.read_bytes()))
        pictured = credanchor("bundle", tmp_path / "badge.png", "--trust", trust, "--status", status, "--json")
        assert pictured.json["file"] == str(tmp_path / "badge.png.bundle.json"), pictured.err
        assert bundle.stat().st_size == known["bytes"]  # not written over
        online = credanchor("verify", bundle, "--trust", trust, "--status", status, "--json")
        assert (online.code, online.json["verdict"], online.json["bundle"]["confirmed"]) == (0, "valid_test", False)
    # The node is gone.
    offline = ("verify", "--offline", "--trust", trust)
    good = credanchor(*offline, "--block-hash", known["block_hash"], bundle, "--json")
    assert (good.code, good.json["verdict"]) == (0, "valid_test")
    assert good.json["bundle"]["confirmed"] is True
    assert good.json["bundle"]["block_number"] == known["block_number"]
    shown = credanchor(*offline, "--block-hash", known["block_hash"], bundle)
    assert f"As of block {known['block_number']} at {known['block_time']}" in shown.out
    unnamed = credanchor(*offline, bundle)
    assert (unnamed.code, "unconfirmed" in unnamed.out, known["block_hash"] in unnamed.out) == (2, True, True)
    assert credanchor(*offline, "--block-hash", "0x" + "00" * 32, bundle).code == 2
    assert credanchor(*offline, "--block-hash", "0x12", bundle).code == 64
    assert credanchor("verify", "--trust", trust, "--block-hash", known["block_hash"], bundle).code == 64
    plain = credanchor(*offline, "--block-hash", known["block_hash"], file)
    assert (plain.code, "is not a bundle" in plain.err) == (2, True)
    page = tmp_path / "page.pdf"
    assert credanchor("pdf", bundle, "--out", page).code == 0
    assert credanchor("unbake", page).out.encode() == file.read_bytes()
    bundle.write_bytes(bundle.read_bytes().replace(b'"account":[', b'"account":["00",', 1)[:-9])
    damaged = credanchor(*offline, "--block-hash", known["block_hash"], bundle)
    assert (damaged.code, "is damaged" in damaged.err) == (2, True)
