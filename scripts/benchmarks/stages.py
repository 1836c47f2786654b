"""The stages of `credanchor demo --once --count N`, as the demo itself measured them."""

import json
import subprocess
import sys
from pathlib import Path


def stages(count: int) -> int:
    """Run and print them; the demo's exit code."""
    command = [sys.executable, "-m", "api.cli.main", "demo", "--once", "--json", "--count", str(count)]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True, cwd=Path(__file__).parents[2])
    if run.returncode != 0:
        print(f"the demo ended with exit code {run.returncode}")
        return run.returncode
    result = json.loads(run.stdout)
    print(f"\ndemo --once --count {count}")
    for stage, seconds in result["seconds"].items():
        print(f"  {stage:<28} {seconds:>8.2f} s {count / seconds if seconds else 0:>12.0f} credentials/s")
    return 0
