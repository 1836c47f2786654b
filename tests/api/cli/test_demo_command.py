"""What `credanchor demo` prints is complete, and what it tells a newcomer to type works from where they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.cli import output
from api.client import ApiUnreachable, Client
from tests.support.commandline import ROOT, credanchor, environment
from tests.support.waiting import until


def test_every_stage_of_the_demo_says_what_came_of_it() -> None:
    done = credanchor("demo", "--once", "--count", "2")
    assert done.code == 0, done.err
    stages = [line for line in done.out.splitlines() if line.startswith("  ✓ ")]
    assert len(stages) == 12
    for line in stages:
        assert re.fullmatch(r"  ✓ [a-z ,]{32} \S.*", line), line
    assert stages[-1].endswith(" anchors, 1 batch, 2 credentials, 2 status lists, 1 issuer, 1 key")


def test_a_demo_that_is_ended_from_outside_leaves_no_server_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api.cli.main", "demo", "--count", "1", "--keep", str(tmp_path / "kept")]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env=environment(), **quiet) as demo:
        try:
            known = tmp_path / "kept" / "client.json"
            until(known.exists, patience=60)
            url = json.loads(known.read_text())["url"]
            until(lambda: answers(url), patience=60)
            demo.terminate()
            demo.wait(30)
            assert not answers(url)
        finally:
            demo.kill()


def answers(url: str) -> bool:
    try:
        Client(url, "").get("/livez")
    except ApiUnreachable:
        return False
    return True


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script `credanchor` that runs now, in a directory with a space in its name, which is not on the PATH."""
    path = tmp_path / "my venv" / "bin" / "credanchor"
    path.parent.mkdir(parents=True)
    path.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setenv("PATH", "/usr/bin")
    return path


def test_the_program_is_named_by_the_way_to_it_where_the_shell_does_not_find_it(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, said in (
        (tmp_path, "'my venv/bin/credanchor'"),
        (script.parent, "./credanchor"),
        (Path("/"), f"'{os.path.relpath(script, '/')}'"),
    ):
        monkeypatch.chdir(place)
        assert output.program() == said
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin")
    assert output.program() == "credanchor"
    other = tmp_path / "credanchor"
    other.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))  # where another one is found first
    monkeypatch.chdir(script.parent.parent)
    assert output.program() == "bin/credanchor"


def test_run_as_a_module_the_program_is_named_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/api/cli/main.py", "demo"])
    monkeypatch.setattr(sys, "executable", "/opt/venv/bin/python")
    monkeypatch.chdir("/opt")
    assert output.program() == "venv/bin/python -m api.cli.main"
