"""The verifier stays small: importing it loads no database, web, chain or JSON-LD library."""

import json
import subprocess
import sys

HEAVY = [
    "web3",
    "eth_account",
    "sqlalchemy",
    "fastapi",
    "pydantic",
    "pyld",
    "jsonschema_rs",
    "merkletools",
    "registry.store",
]
PROGRAM = """
import json, sys
import registry.verify, registry.format.anchorproof
loaded = sorted(sys.modules)
from tests.support.cases import case
assert case().verify().verdict == "valid"
print(json.dumps([loaded, sorted(sys.modules)]))
"""


def test_a_fresh_interpreter_verifies_without_any_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    at_import, after_verifying = json.loads(done.stdout)
    assert "registry.verify.verify" in at_import
    assert "cryptography" in at_import
    for name in HEAVY:
        assert name not in at_import
        assert name not in after_verifying
