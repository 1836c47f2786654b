"""Run `credanchor` in a process of its own, as people do."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The standard output as JSON."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CREDANCHOR_", "COLUMNS"))}
    return clean | {"COLUMNS": "80"} | more


def credanchor(*words: str | Path, env: Mapping[str, str] | None = None, data: bytes | None = None) -> Outcome:
    """Run the command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli.main", *map(str, words)],
        cwd=ROOT,
        env=environment(**(env or {})),
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
