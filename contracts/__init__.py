"""The registry contract as data: its ABI and bytecode, read from the committed artifact."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Artifact", "artifact"]

ARTIFACT_FILE = Path(__file__).with_name("CredentialRegistry.json")


@dataclass(frozen=True)
class Artifact:
    """What solc made of contracts/src. `code_sha256` is 32 bytes: the same at every address, there are no immutables."""

    abi: list[dict[str, Any]]
    bytecode: bytes  # to deploy; constructor arguments follow it
    runtime: bytes  # what stands at the address afterwards
    code_sha256: bytes
    compiler: dict[str, Any]
    storage: dict[str, int]  # variable -> slot


@cache
def artifact() -> Artifact:
    """The committed artifact. A test rebuilds it byte for byte."""
    content = json.loads(ARTIFACT_FILE.read_text("utf-8"))
    return Artifact(
        abi=content["abi"],
        bytecode=bytes.fromhex(content["bytecode"][2:]),
        runtime=bytes.fromhex(content["runtime"][2:]),
        code_sha256=bytes.fromhex(content["codeSha256"]),
        compiler=content["compiler"],
        storage=content["storage"],
    )
