"""The registry's public export, read from a directory or over HTTP, within bounds.

A file that the source answers is not there is `Missing`, which may be a finding. A source that does not answer is
`Unreachable`, which never is one.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from math import inf
from pathlib import Path
from stat import S_ISREG
from typing import IO, Protocol
from urllib.parse import urlsplit

from anchor import fetch
from anchor.errors import AnchorError, Unreachable
from anchor.jsonrpc import shown

MAX_FILE_BYTES = 256 * 1024 * 1024
"""Largest file that is read whole: the leaves of a batch of a million are 67 MB of JSON."""

MAX_LINE_BYTES = 8 * 1024 * 1024
"""Longest line of a file that is read by lines: 20,000 status lists of 400 bytes of JSON, for a billion credentials."""

MAX_STREAM_BYTES = 8 * 1024 * 1024 * 1024
"""Longest such file, for it waits on the auditor's disk: 100,000 anchors with 200 status lists each."""

MAX_BATCH_NUMBER = 99_999_999
"""Batch files are named by 8 digits."""

HTTP_TIMEOUT_SECONDS = 60.0
"""For one file that is read whole, all of it; for one that is read by lines, between two pieces of it."""

STREAM_SECONDS = 3600.0
"""For all of a file that is read by lines: MAX_STREAM_BYTES at 2.4 MB/s."""


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

    def open(self, path: str) -> IO[bytes]:
        """The same to be read by `lines`, for the caller to close."""
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
        with self.open(path) as file:
            if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                raise Unreachable(f"{self.name}/{path}", f"the file is larger than {MAX_FILE_BYTES} bytes")
            return file.read()

    def open(self, path: str) -> IO[bytes]:
        """The file itself, if it is a regular one: devices and pipes may never end."""
        place = self._root / path
        try:
            if not S_ISREG(place.stat().st_mode):
                raise Unreachable(f"{self.name}/{path}", "it is not a regular file")
            return place.open("rb")
        except FileNotFoundError:
            raise Missing(path) from None
        except OSError as problem:
            raise Unreachable(f"{self.name}/{path}", problem.strerror or str(problem)) from None

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

    def open(self, path: str) -> IO[bytes]:
        """Fetched once, into a file without a name, so that any line of it can be read again."""
        url = f"{self._base}/{path}"
        with ExitStack() as failed:
            file = failed.enter_context(tempfile.TemporaryFile())
            write = _InLines(file, f"{self.name}/{path}").write
            try:
                fetch.save(url, write, timeout=self._timeout, within=STREAM_SECONDS, max_bytes=MAX_STREAM_BYTES)
            except fetch.Absent:
                raise Missing(path) from None
            failed.pop_all()
            return file

    def batch_numbers(self) -> list[int] | None:
        """HTTP has no listing."""
        return None


class _InLines:
    """Writes on into `file` until a line is too long: one that has no end is not waited for."""

    def __init__(self, file: IO[bytes], place: str) -> None:
        self._file = file
        self._place = place
        self._size = self._begin = 0
        """Bytes so far, and where the last line begins."""

    def write(self, piece: bytes) -> None:
        """A piece shorter than a line may be. Raises Unreachable as `lines`."""
        end = piece.find(b"\n")
        if self._size + (len(piece) if end < 0 else end + 1) - self._begin > MAX_LINE_BYTES:
            raise _too_long(self._place, self._begin)
        if end >= 0:
            self._begin = self._size + piece.rindex(b"\n") + 1
        self._size += len(piece)
        self._file.write(piece)


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


def lines(file: IO[bytes], place: str, most: float = inf) -> Iterator[tuple[int, bytes]]:
    """Where each line of a JSON Lines file begins, and the line; without blank ones.

    In between, others may read the file elsewhere. Raises Unreachable about `place` for a line above MAX_LINE_BYTES,
    and for one line more than `most`, blank ones counted.
    """
    begin = count = 0
    while line := line_at(file, begin, place):
        if (count := count + 1) > most:
            raise Unreachable(place, f"it has more than {most} lines")
        if line.strip():
            yield begin, line
        begin += len(line)


def line_at(file: IO[bytes], begin: int, place: str) -> bytes:
    """The line that begins there, b"" at the end. Raises Unreachable as `lines`."""
    file.seek(begin)
    line = file.readline(MAX_LINE_BYTES + 1)
    if len(line) > MAX_LINE_BYTES:
        raise _too_long(place, begin)
    return line


def _too_long(place: str, begin: int) -> Unreachable:
    return Unreachable(place, f"its line from byte {begin} on is longer than {MAX_LINE_BYTES} bytes")


def anchor_path(number: int) -> str:
    """Where anchor `number` is by itself in an export."""
    return f"anchors/{number:08d}.json"


def batch_path(number: int) -> str:
    """Where batch `number` is in an export."""
    return f"batches/{number:08d}.json"


def list_path(digest: bytes) -> str:
    """Where the status list with this digest (32 bytes) is in an export."""
    return f"lists/{digest.hex()}.json"
