"""Every error the registry raises on purpose; each holds data and builds its sentence from it.

    RegistryError
    ├── FormatError   bytes or a document that do not follow the format (code, pointer)
    ├── RowErrors     an upload with bad rows, all of them at once
    ├── StateError    an action that the present state does not allow
    ├── NotFound      nothing has that name
    ├── Conflict      the name is taken, or the same request came with other content
    └── SecretError   a master key, key store or encrypted secret that cannot be used

They know nothing of HTTP or of a command line. Bad input found while *verifying* is an outcome, not an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class RegistryError(Exception):
    """Parent of all errors of this package; catch it to catch what the registry reports about its input."""


class FormatError(RegistryError):
    """Input does not follow the format.

    `code` is stable, like "format.too-deep"; `pointer` is a JSON Pointer (RFC 6901).
    """

    def __init__(self, code: str, pointer: str, problem: str, remedy: str = "") -> None:
        super().__init__(code, pointer, problem, remedy)
        self.code = code
        self.pointer = pointer
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        where = f" (at {self.pointer})" if self.pointer else ""
        return f"{self.problem}{where}." + (f" {self.remedy}." if self.remedy else "")


@dataclass(frozen=True)
class RowError:
    """One thing that is wrong with an upload.

    `row` is the number a spreadsheet shows, the header being 1; None means the whole file.
    """

    row: int | None
    column: str | None
    pointer: str | None
    code: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        places = (
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column}" if self.column else "",
            self.pointer or "",
        )
        where = ", ".join(place for place in places if place)
        text = f"{where}: {self.problem}" if where else self.problem
        return f"{text}." + (f" {self.remedy}." if self.remedy else "")


class RowErrors(RegistryError):
    """An upload was refused as a whole; `errors` lists every bad row, not only the first."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__(tuple(errors))
        self.errors = list(errors)

    def __str__(self) -> str:
        count = len(self.errors)
        head = "1 problem in the upload" if count == 1 else f"{count} problems in the upload"
        return "\n".join([f"{head}:", *(f"  {error}" for error in self.errors)])


class StateError(RegistryError):
    """`what` is in state `state`; the action is possible only in `needed`."""

    def __init__(self, what: str, state: str, needed: str) -> None:
        super().__init__(what, state, needed)
        self.what = what
        self.state = state
        self.needed = needed

    def __str__(self) -> str:
        return f"{self.what} is {self.state}; this needs it to be {self.needed}."


class NotFound(RegistryError):
    """No `kind` has the identifier `id`."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(kind, id)
        self.kind = kind
        self.id = id

    def __str__(self) -> str:
        return f"There is no {self.kind} {self.id!r}."


class Conflict(RegistryError):
    """`what` cannot be done because of `existing`, which is already there and differs."""

    def __init__(self, what: str, existing: str) -> None:
        super().__init__(what, existing)
        self.what = what
        self.existing = existing

    def __str__(self) -> str:
        return f"{self.what} conflicts with what exists: {self.existing}."


class SecretError(RegistryError):
    """A secret is missing, malformed or does not open what it should. Never carries the secret."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}." + (f" {self.remedy}." if self.remedy else "")
