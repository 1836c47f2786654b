"""Credential files as they are written on disk: one file each, named by its place in the roster and its handle."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.client import Client


def file_bytes(credential: Mapping[str, Any]) -> bytes:
    """A credential as the text of its file: the same bytes that the registry serves for it."""
    return json.dumps(credential, ensure_ascii=False, indent=2).encode() + b"\n"


def fetch_files(client: Client, batch_id: str, directory: Path) -> Iterator[tuple[Path, str]]:
    """Write the files of a final batch into `directory`, one by one; yields each path with its handle.

    Raises ApiError, and ApiUnreachable also when the stream breaks off.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for item in client.lines(f"/v1/batches/{batch_id}/files"):
        path = directory / f"{item['index'] + 1:05d}-{item['handle']}.json"
        path.write_bytes(file_bytes(item["credential"]))
        yield path, item["handle"]
