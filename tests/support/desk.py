"""A verifier's desk: files in a directory, a trust profile and status evidence beside them, for `credanchor verify`."""

from dataclasses import replace
from pathlib import Path

from registry.verify import TrustProfile
from tests.support.commandline import Outcome, credanchor
from tests.support.specimen import TRUST, default_lists, document, to_bytes

FOREVER = {name: value for name, value in document().items() if name != "validUntil"}
"""The command uses the real clock, so the credential must not expire."""


class Desk:
    """Files in a directory, and a node that knows about them."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        self.trust = self.write("trust.toml", TrustProfile((replace(TRUST, rpc=(url,)),)).to_toml().encode())
        self.status = self.write("status.json", to_bytes(default_lists().to_json()))

    def write(self, name: str, content: bytes) -> Path:
        path = self.directory / name
        path.write_bytes(content)
        return path

    def verify(self, *words: str | Path, **more: bytes) -> Outcome:
        return credanchor("verify", *words, "--trust", self.trust, "--status", self.status, **more)
