"""Gives every reader of foreign bytes thousands of nested brackets, where the recursion limit is as libraries raise it.

Prints what each said, as JSON. A reader that recurses in C before it has looked ends this process.

    python -m tests.support.deep MIGRATED_DATABASE DIRECTORY
"""

import argparse
import base64
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anchor.audit import manifest
from anchor.jsonrpc import JsonRpc
from anchor.signer import KeystoreSigner
from api import datadir, paging
from api.app import create_app
from api.cli import options
from api.client import Client
from api.files import fetch_files
from api.settings import Settings
from registry.credential import roster
from registry.credential.achievement import Achievement
from registry.store.engine import Store
from registry.verify import evidence
from registry.verify.trust import TrustProfile
from tests.support import httpapi
from tests.support.answering import answering
from tests.support.registered import achievement, register

LIBRARIES_LIMIT = 100_000
"""Where importing py-evm puts the recursion limit."""

TEXTS = {
    "small": b"[" * 30_000 + b"]" * 30_000,  # fits the smallest limit that a body has
    "lists": b"[" * 200_000,
    "objects": b'{"a":' * 200_000,
}


def readers(directory: Path, url: str, refusing: str, deep: bytes) -> dict[str, Callable[[], Any]]:
    """Everything outside the API's routes that reads what others wrote."""
    file, settings, password = (directory / name for name in ("client.json", "settings.toml", "password"))
    file.write_bytes(deep)
    toml = b"a = " + deep[:250_000].replace(b'"a":', b"a=")  # the TOML parser is slow, and recurses in Python
    settings.write_bytes(toml)
    password.touch(0o600)
    client = Client(url)
    return {
        "node": lambda: JsonRpc(url).call("eth_chainId"),
        "audit": lambda: manifest.RegistryFile.parse(deep),
        "evidence": lambda: evidence.StatusEvidence.parse(deep),
        "trust": lambda: TrustProfile.parse(toml.decode()),
        "settings": lambda: Settings.load({"CREDANCHOR_SETTINGS": str(settings)}),
        "achievement, JSON": lambda: Achievement.parse(deep, "json"),
        "achievement, TOML": lambda: Achievement.parse(toml, "toml"),
        "roster, JSON": lambda: roster.parse(deep, "application/json", achievement()),
        "roster, lines": lambda: roster.parse(deep, "application/jsonl", achievement()),
        "answer": lambda: client.get("/v1/issuers"),
        "refusal": lambda: Client(refusing).get("/v1/issuers"),
        "files": lambda: list(fetch_files(client, "batch", directory / "out")),
        "client.json": lambda: options.known_client(options.data_dir(argparse.Namespace(data=directory))),
        "cursor": lambda: paging.decode(base64.urlsafe_b64encode(deep).decode()),
        "deployment": lambda: datadir.Deployment.load(file),
        "address": lambda: datadir.address(directory, "client"),
        "key": lambda: KeystoreSigner(file, password),
    }


def outcome(read: Callable[[], Any]) -> str:
    """What the reader says."""
    try:
        return repr(read())[:300]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def main(database: Path, directory: Path) -> None:
    """Ask all of them with all texts."""
    said: dict[str, dict[str, str]] = {"readers": {}, "bodies": {}}
    shutil.copy(database, directory / "deep.db")
    made = register(Store(f"sqlite:///{directory / 'deep.db'}"))
    app = create_app(httpapi.services_on(made, Settings(data_dir=directory)))
    with httpapi.Client(app) as client:
        api = httpapi.Api(made, app.state.services, app, client, *httpapi.fill(made))
        sys.setrecursionlimit(max(LIBRARIES_LIMIT, sys.getrecursionlimit()))
        for size, deep in TEXTS.items():
            good, bad = (lambda _, status=status, deep=deep: (status, deep, {}) for status in (200, 400))
            with answering(good) as url, answering(bad) as refusing:
                for name, read in readers(directory, url, refusing, deep).items():
                    said["readers"][f"{size}: {name}"] = outcome(read)
            for operation in httpapi.operations(app):
                for media_type in operation.description.get("requestBody", {}).get("content", ()):
                    answer = api.send(operation, api.key("admin"), (deep, media_type))
                    told = answer.json().get("verdict") or answer.json()["code"]
                    said["bodies"][f"{size}: {operation.id} {media_type}"] = f"{answer.status_code} {told}"
    made.store.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
