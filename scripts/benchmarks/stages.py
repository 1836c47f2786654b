"""The stages of `credanchor demo --count N`, as the demo itself measured them; and its files, verified in bulk."""

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from benchmarks.verifying import verifying

END_SECONDS = 60  # for the demo's server to end


def stages(count: int) -> int:
    """Run and print them; the demo's exit code."""
    command = [sys.executable, "-m", "api.cli.main", "demo", "--json", "--count", str(count), "--keep"]
    # In the background shells have it ignored, and so would the demo, which could not be ended then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as kept:
        run = subprocess.Popen([*command, kept], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        try:
            result = _result(run.stdout)
            if result is None:
                print(f"the demo ended with exit code {run.wait()}")
                return run.returncode or 1
            print(f"\ndemo --count {count}")
            for stage, seconds in result["seconds"].items():
                print(f"  {stage:<32} {seconds:>8.2f} s {count / seconds if seconds else 0:>12,.0f} credentials/s")
            # The first was revoked.
            verifying(sorted(Path(kept, "credentials").glob("*.json"))[1:], Path(kept, "trust.toml"))
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(END_SECONDS)
    return 0


def _result(output: IO[str] | None) -> Any:
    """What the demo prints before it waits for Ctrl-C; None if it ended without."""
    lines: list[str] = []
    for line in output or ():
        lines.append(line)
        if line == "}\n":
            return json.loads("".join(lines))
    return None
