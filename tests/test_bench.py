"""The benchmarks run from end to end, on so few that no figure says anything: what nobody runs is broken unseen."""

import subprocess
from pathlib import Path

BENCH = Path(__file__).parents[1] / "scripts/bench"


def test_every_benchmark_comes_to_its_end() -> None:
    asked = [str(BENCH), "--count", "20", "--anchors", "2", "--lists", "1"]
    run = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    for title in (
        "canonical N-Quads",
        "auditing",
        "issuing 20 badges,",
        "without proofs",
        "demo --count 20",
        "verifying 19",
    ):
        assert title in run.stdout, title
