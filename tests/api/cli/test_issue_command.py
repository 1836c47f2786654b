"""`credanchor issue`: a refused roster leaves nothing, and final is not enough, the credentials must be valid, too."""

import json
import shutil
from pathlib import Path

from registry.format.receipt import Receipt
from registry.store import batches, keys
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api


def test_waiting_for_a_batch_that_was_anchored_in_vain_says_so_fails_and_writes_no_files(
    listening: tuple[Api, str], tmp_path: Path
) -> None:
    filled, url = listening
    made, files = filled.registered, tmp_path / "files"
    token = filled.key("credentials:read")["Authorization"].removeprefix("Bearer ")

    def resume(*words: str | Path) -> Outcome:
        return credanchor("issue", "--resume", filled.final, *words, "--url", url, env={"CREDANCHOR_API_KEY": token})

    good = resume("--out", files, "--json")
    assert good.code == 0, good.err
    assert (good.json["state"], good.json["problem"]) == ("final", None)
    assert len(list(files.glob("*.json"))) == 3
    (receipt,) = files.glob("*.receipt")
    assert good.json["receipts"] == [str(receipt)]
    assert Receipt.parse(receipt.read_bytes()).duty.batch == good.json["number"]
    shutil.rmtree(files)

    keys.mark_compromised(made.store, made.vault, made.key.key_id, made.now)
    for words in (("--wait",), ("--out", files)):
        bad = resume(*words)
        assert (bad.code, bad.out) == (1, "")
        assert "is final. The key that signed the batch counts as compromised from" in bad.err
        assert "Issue them again" in bad.err
        assert "Traceback" not in bad.err
    # What was promised is told all the same: the batch was anchored.
    assert [path.suffix for path in files.iterdir()] == [".receipt"]
    assert "compromised" in json.loads(resume("--json").out)["problem"]  # without waiting: told, not refused


def test_a_refused_roster_leaves_no_batch_behind(listening: tuple[Api, str], tmp_path: Path) -> None:
    filled, url = listening
    token = filled.key("batches:write")["Authorization"].removeprefix("Bearer ")
    roster = tmp_path / "roster.csv"

    def issue(rows: str) -> Outcome:
        roster.write_text("name,awarded_on\n" + rows)
        words = ("issue", roster, "--issuer", "uni", "--achievement", "uni.soil-science.1", "--url", url, "--json")
        return credanchor(*words, env={"CREDANCHOR_API_KEY": token})

    before = len(batches.list_batches(filled.registered.store))
    bad = issue("Ana Andromeda,2026-01-01\n,yesterday\n")
    assert bad.code == 1
    assert "row 3" in bad.err
    assert len(batches.list_batches(filled.registered.store)) == before
    assert issue("Ana Andromeda,2026-01-01\n").json["size"] == 1
    assert len(batches.list_batches(filled.registered.store)) == before + 1
