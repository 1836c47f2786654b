"""`credanchor audit --evidence`, `credanchor verify-evidence`: a file convinces with a hash, or with one's own node."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from anchor.devnode import DevNode, serve
from registry.format.receipt import MAX_RECEIPT_BYTES
from registry.verify import TrustProfile
from tests.support.commandline import Outcome, credanchor
from tests.support.evidencing import block_hash_at
from tests.support.history import PREFUND, STRANGER, History, Sender, leaves
from tests.support.receipts import LOG_KEY, receipt


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    path = tmp_path / "chain.db"
    with DevNode(path, prefund=PREFUND, finality_depth=0, safe_depth=0) as node, serve(node) as server:
        yield Sender(server.url)


def test_evidence_is_written_by_an_audit_and_checked_by_command(sender: Sender, tmp_path: Path) -> None:
    history, trust, folder = History.begin(sender), tmp_path / "trust.toml", tmp_path / "evidence"
    trust.write_text(TrustProfile((history.trust,)).to_toml())
    history.anchor([], [history.batch(1, leaves("a", 3), STRANGER)])
    export = history.write(tmp_path / "export")
    done = credanchor("audit", export, "--trust", trust, "--rpc", sender.url, "--evidence", folder, "--json")
    assert done.code == 1, done.err
    (file,) = folder.iterdir()
    told = next(item["evidence"] for item in done.json["properties"] if item["outcome"] == "broken")
    assert [one["evidence"]["file"] for one in told] == [file.name]
    known = json.loads(file.read_bytes())
    assert (known["property"], known["code"]) == ("A10", "batch.unknown-key")

    check = ("verify-evidence", file, "--trust", trust)
    alone = credanchor(*check, "--json")
    assert (alone.code, alone.json["outcome"]) == (2, "unknown")
    assert "--block-hash" in alone.json["needed"]
    asked = credanchor(*check, "--rpc", sender.url)
    assert (asked.code, asked.out[:8]) == (0, "✓ Proved")
    named = "0x" + block_hash_at(history)(done.json["head"]["block_number"]).hex()
    assert credanchor(*check, "--block-hash", named).code == 0
    assert credanchor(*check, "--block-hash", "0x" + "00" * 32).code == 1
    assert credanchor(*check, "--block-hash", "0x12").code == 64
    assert credanchor(*check, "--block-hash", named, "--rpc", sender.url).code == 64
    assert credanchor(*check, "--rpc", "http://127.0.0.1:9").code == 2
    file.write_bytes(b"{}\n")
    assert credanchor(*check, "--rpc", sender.url).code == 1
    file.unlink()
    assert credanchor(*check).code == 2


def test_receipts_are_held_against_the_history_by_command(sender: Sender, tmp_path: Path) -> None:
    history, trust, given = History.begin(sender), tmp_path / "trust.toml", tmp_path / "receipts"
    trust.write_text(TrustProfile((replace(history.trust, log_key=LOG_KEY),)).to_toml())
    history.anchor([], [history.batch(1, leaves("a", 3))])
    export = history.write(tmp_path / "export")
    command = ("audit", export, "--trust", trust, "--rpc", sender.url, "--receipts", given)
    given.mkdir()
    none = credanchor(*command)
    assert (none.code, "has 0 files *.receipt" in none.err) == (2, True)
    (given / "kept.receipt").write_bytes(receipt(history, 1, leaves("a", 3), 10**10).to_bytes())
    (given / "notes.txt").write_text("not looked at")
    kept = credanchor(*command, "--json")
    assert (kept.code, admission(kept)) == (0, ("holds", [], ""))
    (given / "gone.receipt").write_bytes(receipt(history, 2, leaves("b", 1), 2000).to_bytes())
    (given / "other.receipt").write_text("{}")
    broken = credanchor(*command, "--json", "--evidence", tmp_path / "evidence")
    assert (broken.code, admission(broken)) == (
        1, ("broken", ["admission.dropped"], "of 3 receipts: 1 not in the form of a receipt")
    )  # fmt: skip
    (file,) = (tmp_path / "evidence").iterdir()
    assert credanchor("verify-evidence", file, "--trust", trust, "--rpc", sender.url).code == 0
    (given / "large.receipt").write_bytes(b" " * (MAX_RECEIPT_BYTES + 1))
    assert credanchor(*command).code == 2
    one = credanchor(*command[:-1], given / "kept.receipt", "--receipts", given / "gone.receipt", "--json")
    assert (one.code, admission(one)[1]) == (1, ["admission.dropped"])


def admission(done: Outcome) -> tuple[str, list[str], str]:
    """What a report says of A8: outcome, codes, what was not looked at."""
    told = next(one for one in done.json["properties"] if one["id"] == "A8")
    return told["outcome"], [one["code"] for one in told["invariants"][0]["findings"]], told["reason"]
