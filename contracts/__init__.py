"""The registry contract as data: its ABI and bytecode, read from the committed artifact.

Nothing of the compiler is needed to use it; README.md says how the artifact is rebuilt, byte for byte.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Artifact", "artifact"]

ARTIFACT_FILE = Path(__file__).with_name("CredentialRegistry.json")


@dataclass(frozen=True)
class Artifact:
    """What solc made of contracts/src."""

    abi: list[dict[str, Any]]
    bytecode: bytes  # to deploy; constructor arguments follow it
    runtime: bytes  # what stands at the address afterwards
    code_sha256: bytes  # 32 bytes, of `runtime`: the same at every address, for there are no immutables
    compiler: dict[str, Any]  # name, version, settings
    sources: dict[str, str]  # file, below contracts/ or of the library -> SHA-256 in hex
    storage: dict[str, int]  # variable -> slot


@cache
def artifact() -> Artifact:
    """The committed artifact."""
    content = json.loads(ARTIFACT_FILE.read_text("utf-8"))
    return Artifact(
        abi=content["abi"],
        bytecode=bytes.fromhex(content["bytecode"][2:]),
        runtime=bytes.fromhex(content["runtime"][2:]),
        code_sha256=bytes.fromhex(content["codeSha256"]),
        compiler=content["compiler"],
        sources=content["sources"],
        storage=content["storage"],
    )
