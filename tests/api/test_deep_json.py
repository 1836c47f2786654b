"""Deep nesting is an error like others, also where a library raised the recursion limit beyond what the stack holds."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

Said = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def said(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What each reader said to each text; that the process ended well is the first thing tested."""
    program = [sys.executable, "-m", "tests.support.deep", migrated_file, tmp_path_factory.mktemp("deep")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    found: Said = json.loads(done.stdout)
    return found


def test_every_reader_refuses_deep_nesting_and_says_what_is_wrong(said: Said) -> None:
    kind = r"(Format|Settings|Signer|DataDir|Cli|Api)Error|RowErrors|Unreachable|ApiBroken|Problem"
    reason = r"nested|not JSON|recursion depth|bytes|not a key store|next_cursor|HTTP 400|no setting a|nothing else"
    assert len(said["readers"]) == 3 * 17
    unlike = [line for line in said["readers"].items() if not re.match(f"({kind}): .*({reason})", line[1], re.DOTALL)]
    assert unlike == []


def test_every_body_with_deep_nesting_is_refused(said: Said) -> None:
    bodies = said["bodies"]
    small = {answer for name, answer in bodies.items() if name.startswith("small") and name.endswith("/json")}
    assert small == {"400 invalid-json", "422 invalid-rows", "200 invalid"}
    refused = {"413 body-too-large", "422 invalid-document", *small}
    assert [line for line in bodies.items() if line[1] not in refused] == []
