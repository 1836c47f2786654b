"""`credanchor verify` with many files: all cores check them, and all else is as if one did."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api import pool
from api.cli import checking, main
from registry.credential.baking import bake
from registry.verify import TrustProfile
from tests.support import cannednode
from tests.support.cases import Case, Chain, case
from tests.support.commandline import ROOT, environment
from tests.support.desk import FOREVER, Desk
from tests.support.pictures import SVG, png
from tests.support.processes import children, is_running
from tests.support.specimen import (
    LIST_URL,
    STATUS_INDEX,
    TRUST,
    credential,
    list_evidence,
    prove,
    status_evidence,
    status_list,
    to_bytes,
)
from tests.support.waiting import until

WAYS = {"one process": 1_000_000, "all cores": 1}
"""Files from which all cores are used."""

EVIDENCE = status_evidence(
    list_evidence(status_list("revocation", {STATUS_INDEX + 1})), list_evidence(status_list("suspension"))
)
SILENT = replace(TRUST, name="Silent Network", chain_id=5, rpc=("http://127.0.0.1:9",))
"""A registry whose node does not answer."""


def named(name: str, **changes: Any) -> Case:
    """A credential in order that is another one for each name."""
    return case(FOREVER | {"name": name} | changes, evidence=EVIDENCE)


REVOKED = {**FOREVER["credentialStatus"], "id": f"{LIST_URL}#1", "statusListIndex": str(STATUS_INDEX + 1)}
SOIL, WATER, AIR = named("Soil"), named("Water"), named("Air")
EXPIRED, GONE = named("Expired", validUntil="2026-05-01T00:00:00Z"), named("Gone", credentialStatus=REVOKED)
CASES = (SOIL, WATER, AIR, EXPIRED, GONE)
FILES = {
    "soil.json": SOIL.data,
    "altered.json": SOIL.data.replace(b"Can read", b"Can\tread"),
    "forged.json": SOIL.data.replace(b"Can read", b"Cannot read"),
    "expired.json": EXPIRED.data,
    "revoked.json": GONE.data,
    "baked.png": bake(png(), WATER.data),
    "silent.json": to_bytes(credential(FOREVER, prove(FOREVER, chain_id=5))),
    "stranger.json": to_bytes(credential(FOREVER, prove(FOREVER, chain_id=6))),
    "deep.json": b"[" * 100_000,
    "twice.json": SOIL.data.replace(b'{"type":"DataIntegrityProof"', b'{"type":"a","type":"DataIntegrityProof"'),
    "bytes.json": bytes(range(256)),
    "empty.json": b"",
    "token.jwt": b"eyJhbGciOiJub25lIn0.e30.",
    "none.svg": SVG,
    "air.json": AIR.data,
}


@contextmanager
def desk_at(directory: Path, heard: list[str] | None = None) -> Iterator[Desk]:
    """A desk with these cases' chain, their status lists, and trust in a registry that does not answer, too."""
    answers = {question: answer for each in CASES for question, answer in each.chain.answers.items()}
    with cannednode.serving(Chain(answers), heard) as url:
        desk = Desk(directory, url)
        profile = TrustProfile((replace(TRUST, rpc=(url,)), SILENT))
        desk.trust = desk.write("trust.toml", profile.to_toml().encode())
        desk.status = desk.write("status.json", to_bytes(EVIDENCE.to_json()))
        yield desk


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way of checking, with tasks so small that every process gets some."""
    monkeypatch.setattr(checking, "POOL_FROM", WAYS[request.param])
    monkeypatch.setattr(pool, "TASK", 3)
    return str(request.param)


def verify(desk: Desk, *words: Path | str) -> int:
    """Run the command here, so that what the test changed holds for it."""
    return main.main(["verify", *map(str, words), "--trust", str(desk.trust), "--status", str(desk.status)])


def without_clock(line: str) -> Any:
    report = json.loads(line)
    for each in (report, report.get("report") or {}):
        each.pop("checked_at", None)
        for check in each.get("checks", []):
            check["detail"].pop("now", None)
    return report


def test_all_cores_say_of_every_file_what_one_process_says_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pool, "TASK", 3)
    said = {}
    with desk_at(tmp_path) as desk:
        paths = [desk.write(name, data) for name, data in FILES.items()]
        paths[4:4] = [tmp_path / "missing.json", tmp_path]
        for way, pool_from in WAYS.items():
            monkeypatch.setattr(checking, "POOL_FROM", pool_from)
            code = verify(desk, *paths, *reversed(paths), "--json")
            out, err = capfd.readouterr()
            lines = [without_clock(line) for line in out.splitlines()]
            code_of_text = verify(desk, *paths)
            said[way] = (code, lines, err, code_of_text, *capfd.readouterr())
    assert said["all cores"] == said["one process"]
    code, lines, err, *_ = said["all cores"]
    assert code == 1
    readable = [str(path) for path in paths if path.name in FILES]
    assert [line["file"] for line in lines] == [*readable, *reversed(readable)]
    verdicts = {Path(line["file"]).name: line["verdict"] for line in lines}
    assert {name: verdicts[name] for name in ("soil.json", "expired.json", "revoked.json", "silent.json")} == {
        "soil.json": "valid", "expired.json": "expired", "revoked.json": "revoked", "silent.json": "unconfirmed",
    }  # fmt: skip
    assert {verdicts[name] for name in ("altered.json", "forged.json", "stranger.json", "deep.json")} == {"invalid"}
    assert (verdicts["air.json"], verdicts["baked.png"]) == ("valid", "valid")
    assert err.count("missing.json cannot be read") == 2


def test_each_anchor_is_read_once_whichever_process_needs_it(way: str, tmp_path: Path) -> None:
    heard: list[str] = []
    with desk_at(tmp_path, heard) as desk:
        soil, water, air = (desk.write(f"{n}.json", each.data) for n, each in enumerate((SOIL, WATER, AIR)))
        for files, reads in (([soil], 1), ([soil] * 50, 1), ([soil, water, air] * 20, 3)):
            heard.clear()
            assert verify(desk, *files, "--json") == 0
            assert heard.count("eth_call") == reads


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Commands hear Ctrl-C even where a shell started the tests in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.usefixtures("interruptible")
def test_no_process_is_left_when_the_command_is_interrupted(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        words = [str(desk.write("soil.json", SOIL.data))] * (4 * checking.POOL_FROM)
        words += ["--trust", str(desk.trust), "--status", str(desk.status)]
        with subprocess.Popen(
            [sys.executable, "-m", "api.cli.main", "verify", *words],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        ) as command:
            assert command.stdout is not None
            assert b": valid. " in command.stdout.readline()
            started = children(command.pid)
            assert len(started) >= pool.cores()
            os.killpg(command.pid, signal.SIGINT)
            _, err = command.communicate()
        assert (command.returncode, err) == (130, b"Interrupted.\n")
        until(lambda: not any(map(is_running, started)))
