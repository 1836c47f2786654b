"""A small registry's whole life, told with the command line alone: serve, issue, verify, revoke, audit, restart."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.commandline import ROOT, Outcome, credanchor, environment

ACHIEVEMENT = ROOT / "scripts/demo_data/achievement.toml"
ROSTER = """name,email,awarded_on,grade
Ana Andromeda,ana@learner.example,2026-06-24,8
Ben Bootes,ben@learner.example,2026-06-24,7
Cas Cassiopeia,cas@learner.example,2026-06-24,9
Dev Draco,dev@learner.example,2026-06-24,6
Eva Eridanus,eva@learner.example,2026-06-24,8
"""
SECONDS = 60


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(data: Path, *words: str, watched: dict[str, str] | None = None) -> Iterator[dict[str, object]]:
    """`credanchor serve` in a process of its own; ends it with SIGTERM and sees that it ends well."""
    with (data.parent / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli.main", "serve", "--json", "--data", str(data), *words],
            cwd=ROOT,
            env=environment() | (watched or {}),
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, (data.parent / "serve.log").read_text()
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(SECONDS)
            finally:
                process.kill()
                process.wait()
            assert process.stdout
            process.stdout.close()
    assert code == 0, (data.parent / "serve.log").read_text()


def eventually(data: Path, files: list[Path], verdicts: dict[str, int]) -> dict[Path, str]:
    """Verify the files until the verdicts are as expected: a revocation is seen with the next final anchor."""
    deadline = time.monotonic() + SECONDS
    while True:
        outcome = credanchor("verify", *files, "--data", data, "--json")
        reports = [json.loads(line) for line in outcome.out.splitlines()]
        found = {Path(report["file"]): report["verdict"] for report in reports}
        counted = {verdict: list(found.values()).count(verdict) for verdict in found.values()}
        if counted == verdicts:
            return found
        assert time.monotonic() < deadline, outcome.out
        time.sleep(0.2)


def ok(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err + outcome.out
    return outcome


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "registry"


def test_a_registry_is_served_used_audited_stopped_and_is_still_there_after_a_restart(data, tmp_path):
    roster, files = tmp_path / "roster.csv", tmp_path / "files"
    roster.write_text(ROSTER)
    port = free_port()
    monitor = f"http://127.0.0.1:{(watch := free_port())}"
    watched = {"CREDANCHOR_MONITOR_PORT": str(watch), "CREDANCHOR_LOG_LEVEL": "DEBUG", "CREDANCHOR_LOG_FORMAT": "text"}
    with serving(data, "--port", str(port), watched=watched) as started:
        assert started["url"] == f"http://127.0.0.1:{port}"
        assert started["embedded"] is True
        assert started["first_start"] is True
        secrets = [data / "client.json", data / "master.key", *(data / "keystore").iterdir()]
        assert len(secrets) == 6
        assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}

        here = ("--data", data)
        ok(credanchor("issuer", "add", "north-sea", "--did", "did:web:north-sea.example", "--name", "North Sea", *here))
        key = ok(credanchor("key", "add", "north-sea", "--json", *here)).json
        assert key["custody"] == "hosted"

        issued = ok(credanchor("issue", roster, "--achievement", ACHIEVEMENT, "--out", files, "--json", *here)).json
        assert (issued["state"], issued["size"], issued["number"]) == ("final", 5, 1)
        written = sorted(files.glob("*.json"))
        assert [str(path) for path in written] == issued["files"]
        assert len(written) == 5
        found = credanchor("verify", *written, *here)
        assert found.code == 0, found.out
        assert found.out.count("valid_test") == 5

        chosen = written[2]
        ok(credanchor("revoke", chosen, "--reason", "issued-in-error", *here))
        after = eventually(data, written, {"valid_test": 4, "revoked": 1})
        assert after[chosen] == "revoked"
        assert credanchor("verify", chosen, *here).code == 1

        altered = tmp_path / "altered.json"
        altered.write_text(written[0].read_text().replace("Ana Andromeda", "Ada Andromeda"))
        assert credanchor("verify", altered, written[1], *here).code == 1

        copy = tmp_path / "copy"
        ok(credanchor("export", "--out", copy, *here))
        stands_in = credanchor("verify", chosen, written[1], "--status", copy, "--json", *here)
        assert [json.loads(line)["verdict"] for line in stands_in.out.splitlines()] == ["revoked", "valid_test"]
        report = ok(credanchor("audit", copy, "--json", *here)).json
        assert report["clean"] is True
        assert report["counts"]["credentials"] == 5
        assert report["counts"]["anchors"] >= 2
        checks = ok(credanchor("doctor", "--json", *here)).json["checks"]
        assert {check["outcome"] for check in checks} == {"ok"}
        assert [check["name"] for check in checks].count("account") == 2
        assert {"endpoint", "clock"} <= {check["name"] for check in checks}
        paid = ok(credanchor("costs", "--json", *here)).json
        assert paid["per_credential_wei"] == paid["total_wei"] // 5 > 0
        assert paid["unknown"] == []
        assert ok(credanchor("status", *here)).out.startswith(("nothing to anchor, next heartbeat at ", "anchor "))
        assert json.loads(urlopen(f"{monitor}/livez").read())["status"] == "ok"
        assert json.loads(urlopen(f"{monitor}/readyz").read())["checks"]["worker"]["ok"] is True
        metrics = urlopen(f"{monitor}/metrics").read().decode()
        assert "credanchor_worker_leader 1\n" in metrics
        assert 'credanchor_batches{state="final"} 1\n' in metrics

        second = credanchor("serve", *here)
        assert second.code == 1
        assert "being served already" in second.err

    assert credanchor("status", "--data", data).code in (0, 2)  # 2 once it has been silent for long
    log = (data.parent / "serve.log").read_text()
    assert "INFO    anchor.worker.loop: anchor final anchor=1 block=" in log
    handles = [path.stem for path in written]
    token = json.loads((data / "client.json").read_text())["api_key"].rpartition("_")[2]
    for word in ("Andromeda", "Bootes", "Cassiopeia", "Draco", "Eridanus", "learner.example", token, *handles):
        assert word not in log, word

    unreachable = credanchor("verify", written[0], "--data", data)
    assert unreachable.code == 2, "a chain that is switched off says nothing about the credential"
    assert "unconfirmed" in unreachable.out

    with serving(data, "--port", str(port)) as again:
        assert again["url"] == started["url"]
        assert again["contract"] == started["contract"]
        assert again["first_start"] is False
        eventually(data, written, {"valid_test": 4, "revoked": 1})
        issuers = ok(credanchor("issuer", "list", "--json", "--data", data)).json
        assert [issuer["id"] for issuer in issuers] == ["north-sea"]
        more = tmp_path / "more"
        issued = ok(
            credanchor("issue", roster, "--achievement", ACHIEVEMENT, "--out", more, "--json", "--data", data)
        ).json
        assert issued["number"] == 2
        audited = ok(credanchor("audit", "--data", data))  # over HTTP this time
        assert " 10 credentials" in audited.out
        assert audited.out.endswith("Clean: nothing was found.\n")
    assert not os.access(data / "serve.log", os.F_OK)
