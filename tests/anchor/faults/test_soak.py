"""The soak in short: worker processes under random faults; nothing lost, nothing twice, all rebuilt from the chain."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import chains

ROOT = Path(__file__).parents[3]
MINUTES = 0.15
PATIENCE = 300


@pytest.mark.parametrize("chain", ["devnode", "anvil"])
def test_a_short_soak_loses_nothing_and_anchors_nothing_twice(chain: str) -> None:
    if chain == "anvil":
        chains.anvil_program()
    path = os.pathsep.join((str(ROOT), str(ROOT / "scripts")))
    command = [sys.executable, "-m", "soaking", "--minutes", str(MINUTES), "--seed", "1", "--chain", chain]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "seed 1" in ran.stdout
    assert "lost 0, twice 0; rebuilt from the chain: equal" in ran.stdout
