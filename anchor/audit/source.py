"""The registry's public export, read from a directory or over HTTP, within bounds.

A file that the source answers is not there is `Missing`, which may be a finding. A source that does not answer is
`Unreachable`, which never is one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from anchor import fetch
from anchor.errors import AnchorError, Unreachable
from anchor.jsonrpc import shown

MAX_FILE_BYTES = 256 * 1024 * 1024
"""Largest file: the leaves of a batch of a million are 67 MB of JSON; anchors of decades stay below this, too."""

MAX_BATCH_NUMBER = 99_999_999
"""Batch files are named by 8 digits."""

HTTP_TIMEOUT_SECONDS = 60.0
"""For one file, all of it."""


class Missing(AnchorError):
    """The source is there and says that it has no such file."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"The export has no file {self.path}."


API_PATH = "/v1/export"
"""Where a registry's API serves its export."""


class ExportSource(Protocol):
    """Where the public files come from; `name` is for people, `api` the registry's API beside them, "" if none is."""

    name: str
    api: str

    def read(self, path: str) -> bytes:
        """The file at a relative path. Raises Missing or Unreachable."""
        ...

    def batch_numbers(self) -> list[int] | None:
        """Numbers of all batch files, or None when the source cannot list them."""
        ...


class DirectorySource:
    """An export written by `credanchor export`, or a copy of one."""

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self.api = ""
        self._root = root
        if not root.is_dir():
            raise Unreachable(self.name, "it is not a directory; `credanchor export --out DIR` writes one")

    def read(self, path: str) -> bytes:
        """The file, at most MAX_FILE_BYTES. Raises Missing, or Unreachable when it cannot be read."""
        try:
            with (self._root / path).open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            raise Missing(path) from None
        except OSError as problem:
            raise Unreachable(f"{self.name}/{path}", problem.strerror or str(problem)) from None
        _bounded(content, f"{self.name}/{path}")
        return content

    def batch_numbers(self) -> list[int] | None:
        """From the names in `batches/`; other names there are no batches and not looked at."""
        names = (file.stem for file in (self._root / "batches").glob("*.json"))
        return sorted(int(name) for name in names if len(name) == 8 and name.isascii() and name.isdigit())


class HttpSource:
    """An export served by a registry below `base`, as in https://registry.example/v1/export. Redirects are refused."""

    def __init__(self, base: str, *, timeout: float = HTTP_TIMEOUT_SECONDS) -> None:
        self.name = shown(base) + urlsplit(base).path.rstrip("/")
        self._base = base.rstrip("/")
        self.api = self._base.removesuffix(API_PATH) if self._base.endswith(API_PATH) else ""
        self._timeout = timeout

    def read(self, path: str) -> bytes:
        """The file, at most MAX_FILE_BYTES. 404 is Missing, any other trouble Unreachable."""
        try:
            return fetch.get(f"{self._base}/{path}", timeout=self._timeout, max_bytes=MAX_FILE_BYTES)
        except fetch.Absent:
            raise Missing(path) from None

    def batch_numbers(self) -> list[int] | None:
        """HTTP has no listing."""
        return None


def open_source(place: str) -> ExportSource:
    """A directory's path or a URL. Raises Unreachable when there is no such directory."""
    return HttpSource(place) if place.startswith(("http://", "https://")) else DirectorySource(Path(place))


def open_export(place: str) -> ExportSource:
    """The same for what may be a plain file server with a copy: there the files are at the address itself."""
    source = open_source(place)
    if isinstance(source, HttpSource) and source.api:
        try:
            source.read("registry.json")
        except Missing:
            return HttpSource(source.api)
    return source


def lines(content: bytes) -> Iterator[bytes]:
    """The lines of a JSON Lines file, one by one, without blank ones."""
    return (line for line in content.split(b"\n") if line.strip())


def anchor_path(number: int) -> str:
    """Where anchor `number` is by itself in an export."""
    return f"anchors/{number:08d}.json"


def batch_path(number: int) -> str:
    """Where batch `number` is in an export."""
    return f"batches/{number:08d}.json"


def list_path(digest: bytes) -> str:
    """Where the status list with this digest (32 bytes) is in an export."""
    return f"lists/{digest.hex()}.json"


def _bounded(content: bytes | bytearray, place: str) -> None:
    if len(content) > MAX_FILE_BYTES:
        raise Unreachable(place, f"the file is larger than {MAX_FILE_BYTES} bytes")
