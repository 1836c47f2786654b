"""What was sent for a batch: a credential's handle on a line of its own, on the disk before its mail goes.

4h7k2mq9x1bz            its mail was given to the server, or a crash came while it was
-4h7k2mq9x1bz           the server did not take it: the next run tries again
revoked 4h7k2mq9x1bz    the same for the mail that says that it was revoked
"""

import os
import re
from pathlib import Path
from typing import Any, Self

from api.mail import MailError

REVOKED = "revoked"

_LINE = re.compile(rf"(-?)((?:{REVOKED} )?[0-9A-Za-z_-]{{1,64}})", re.ASCII)


class Journal:
    """Opens or makes the file. Raises MailError for one that is something else, so that it is never written over."""

    def __init__(self, path: Path) -> None:
        self.sent: set[str] = set()
        try:
            self._file = path.open("a+", encoding="utf-8")
            self._file.seek(0)
            content = self._file.read()
        except (OSError, UnicodeDecodeError) as problem:
            raise MailError(f"The journal {path} cannot be used: {problem}.") from None
        # A line that a crash cut off was not yet on the disk, so its mail was not sent.
        whole = content[: content.rfind("\n") + 1]
        self._file.truncate(len(whole.encode()))
        for number, line in enumerate(whole.splitlines(), 1):
            found = _LINE.fullmatch(line)
            if found is None:
                raise MailError(f"The journal {path} is none: line {number} names no credential.")
            (self.sent.discard if found[1] else self.sent.add)(found[2])

    def sending(self, handle: str) -> None:
        """Before its mail goes: whatever happens now, it is not sent again by itself."""
        self._write(handle)
        self.sent.add(handle)

    def failed(self, handle: str) -> None:
        """The server did not take it."""
        self._write(f"-{handle}")
        self.sent.discard(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def _write(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()
        os.fsync(self._file.fileno())
