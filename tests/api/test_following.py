"""Following a registry: what changes is told once, what was found is kept, and who rewrites history stays found."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.audit import audit
from anchor.audit.evidence.verify import verify_evidence
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.audit.view import Given
from anchor.devnode import DevNode, serve
from api import auditmetrics
from api.following import CHECKPOINTS, EVIDENCE, LATEST, PATIENCE, Follower
from api.seen import Seen
from api.webhook import post
from registry.format.note import Checkpoint, sign
from registry.verify import TrustProfile
from tests.support.auditing import change, other
from tests.support.history import PREFUND, History, Sender, leaves
from tests.support.receipts import LOG, LOG_KEY
from tests.support.receiver import Receiver, receiving
from tests.support.specimen import sha

SECRET = "a secret of the auditor"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[History, Path]]:
    """A history of one anchor with one batch, and its export."""
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    with DevNode(path, prefund=PREFUND, finality_depth=0, safe_depth=0) as node, serve(node) as server:
        history = History.begin(Sender(server.url))
        history.anchor([history.status_list("revocation", 1, [])], [history.batch(1, leaves("a", 3))])
        yield history, history.write(tmp_path_factory.mktemp("honest"))


@dataclass
class Auditor:
    """Follows a copy of the export, which can be tampered with, and tells a receiver."""

    history: History
    export: Path
    folder: Path
    receiver: Receiver
    url: str

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.follower = Follower(self.look, self.folder, self.tell)

    def look(self, previous: bytes | None, seen: Seen) -> AuditReport:
        source, given = open_source(str(self.export)), Given(previous=previous, checkpoints=seen.read(), keep=seen.keep)
        return audit(source, [self.history.sender.url], self.history.trust, given=given)

    def tell(self, uid: str, now: int, content: dict[str, Any]) -> None:
        post(self.url, SECRET, uid, now, content)

    def round(self) -> str:
        return self.follower.round().outcome

    @property
    def told(self) -> list[str]:
        return [message["type"] for message in self.receiver.taken]

    @property
    def latest(self) -> bytes:
        return (self.folder / LATEST).read_bytes()

    @property
    def kept(self) -> list[Path]:
        return sorted(self.folder.glob("found-*.json"))


@pytest.fixture
def auditor(told: tuple[History, Path], tmp_path: Path) -> Iterator[Auditor]:
    export = Path(shutil.copytree(told[1], tmp_path / "export"))
    with receiving() as (receiver, url):
        yield Auditor(told[0], export, tmp_path / "audits", receiver, url)


def swap_leaf(auditor: Auditor) -> None:
    change(auditor.export / "batches/00000001.json", lambda batch: batch["leaves"].__setitem__(0, "ab" * 32))


def test_a_clean_registry_is_no_news_and_each_report_names_the_one_before(auditor: Auditor) -> None:
    assert auditor.round() == "clean"
    first = auditor.latest
    assert auditor.round() == "clean"
    assert json.loads(auditor.latest)["previous"]["log_head"] == json.loads(first)["head"]["log_head"]
    assert (auditor.told, auditor.kept) == ([], [])


def test_a_finding_is_told_once_and_kept_and_its_return_is_news_again(auditor: Auditor) -> None:
    auditor.round()
    honest = (auditor.export / "batches/00000001.json").read_bytes()
    swap_leaf(auditor)
    assert [auditor.round(), auditor.round()] == ["broken", "broken"]
    assert auditor.told == ["audit.broken"]
    message = auditor.receiver.taken[0]
    assert "batch 1" in {one["subject"] for one in message["data"]["first"]}
    assert message["data"]["findings"] == len(json_findings(auditor.kept[0]))
    (auditor.export / "batches/00000001.json").write_bytes(honest)
    assert auditor.round() == "clean"
    swap_leaf(auditor)
    assert auditor.round() == "broken"
    assert auditor.told == ["audit.broken", "audit.clean", "audit.broken"]
    assert len({one["id"] for one in auditor.receiver.taken}) == 3
    assert auditor.receiver.signed(0, SECRET.encode())
    assert auditor.kept


def json_findings(path: Path) -> list[dict[str, Any]]:
    properties = json.loads(path.read_bytes())["properties"]
    return [one for each in properties for invariant in each["invariants"] for one in invariant["findings"]]


def test_who_rewrites_the_log_is_found_in_every_later_audit_after_a_restart_too(auditor: Auditor) -> None:
    auditor.round()
    change(auditor.folder / LATEST, lambda report: report["head"].update(log_head=other(report["head"]["log_head"])))
    seen = auditor.latest
    for _ in range(2):
        assert [auditor.round(), auditor.round()] == ["broken", "broken"]
        assert "previous.other-head" in {one["code"] for one in json_findings(auditor.kept[-1])}
        assert auditor.latest == seen  # the audits go on from the log that was seen, not from the one shown now
        auditor.start()


def test_no_answer_is_told_after_a_while_and_never_as_a_finding(auditor: Auditor) -> None:
    auditor.round()
    away = auditor.export.rename(auditor.export.with_name("away"))
    assert {auditor.round() for _ in range(PATIENCE - 1)} == {"unreachable"}
    assert auditor.told == []
    auditor.receiver.mode = "500"
    auditor.round()
    assert auditor.follower.untold
    auditor.receiver.mode = "ok"
    auditor.round()
    assert (auditor.told, auditor.follower.untold) == (["audit.unreachable"], False)
    assert len({headers["webhook-id"] for headers in auditor.receiver.headers}) == 1
    away.rename(auditor.export)
    assert auditor.round() == "clean"
    assert auditor.told == ["audit.unreachable", "audit.clean"]
    assert auditor.kept == []


def test_metrics_tell_findings_by_property_and_what_was_looked_at(auditor: Auditor) -> None:
    assert "credanchor_audit_findings" not in auditmetrics.render(auditor.follower)  # nothing known is not zero
    auditor.round()
    swap_leaf(auditor)
    auditor.round()
    shown = auditmetrics.render(auditor.follower).splitlines()
    assert 'credanchor_audit_rounds_total{outcome="broken"} 1' in shown
    assert 'credanchor_audit_findings{property="A1"} 0' in shown
    assert 'credanchor_audit_findings{property="A5"} 0' not in shown
    assert 'credanchor_audit_looked_at{what="log_entries"} ' in "\n".join(shown)


def test_the_command_follows_until_it_is_asked_to_end_and_files_the_proof_of_two_histories(
    told: tuple[History, Path], tmp_path: Path
) -> None:
    trust, reports, export = tmp_path / "trust.toml", tmp_path / "audits", tmp_path / "export"
    profile = TrustProfile((replace(told[0].trust, rpc=(told[0].sender.url,), log_key=LOG_KEY),))
    trust.write_text(profile.to_toml())
    shutil.copytree(told[1], export)
    (export / "log").mkdir()
    sign_checkpoint(export, "one history")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli.main", "audit", str(export), "--trust", str(trust)]
    process = subprocess.Popen(
        [*command, "--follow", "1", "--reports", str(reports), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"CREDANCHOR_MONITOR_PORT": str(port)},
    )
    assert process.stdout
    lines = [json.loads(process.stdout.readline()) for _ in range(2)]
    assert [line["outcome"] for line in lines] == ["clean", "clean"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert "credanchor_audit_last_ok_timestamp" in answer.read().decode()
    assert json.loads((reports / LATEST).read_bytes())["clean"]
    assert len(list((reports / CHECKPOINTS).iterdir())) == 1
    sign_checkpoint(export, "another")
    assert [json.loads(process.stdout.readline())["outcome"] for _ in range(2)][-1] == "broken"
    (export / "log/checkpoint").unlink()  # taken back, which helps nobody
    assert json.loads(process.stdout.readline())["outcome"] == "broken"
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 1, rest
    assert len(list((reports / CHECKPOINTS).iterdir())) == 2
    (file,) = (reports / EVIDENCE).iterdir()
    assert (verify_evidence(file.read_bytes(), profile).outcome, file.name[:18]) == ("proved", "A4-checkpoint.fork")


def sign_checkpoint(export: Path, history: str) -> None:
    """Of more entries than there are: a log that the chain says nothing of yet."""
    body = Checkpoint(LOG_KEY.name, 1000, sha(history)).body()
    part = export / "log/part"
    part.write_bytes(sign(body, LOG_KEY, LOG.sign).to_bytes())
    part.rename(export / "log/checkpoint")
