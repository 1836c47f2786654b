"""Errors of the development chain.

    AnchorError
    ├── ChainFileError
    │   ├── FileInUse        another process (or another DevNode) has the file open
    │   ├── ForeignFile      the file holds another chain, another format, or no chain at all
    │   └── AlreadyFounded   accounts can be funded only when a chain is created
    └── Fault                what a JSON-RPC caller is told: code, message, data

The first three mean that no node can start; a fault is one request's own.
"""

from pathlib import Path
from typing import Any

from anchor.errors import AnchorError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
"""geth's code for everything its pool and its state refuse."""
RESPONSE_TOO_LARGE = -32003
LIMIT_EXCEEDED = -32005
REVERTED = 3
"""Code of a revert that carries data."""


class ChainFileError(AnchorError):
    """`path` cannot be used as the file of this chain: `problem`, and what to do (`remedy`)."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        super().__init__(path, problem, remedy)
        self.path = path
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"The development chain cannot use {self.path}: {self.problem}. {self.remedy}."


class FileInUse(ChainFileError):
    """Somebody else has the file open."""


class ForeignFile(ChainFileError):
    """The file is not one of this chain."""


class AlreadyFounded(ChainFileError):
    """Money was asked for after the chain's first block."""


class Fault(AnchorError):
    """The error object of a JSON-RPC answer."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(code, message, data)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return f"{self.message} (code {self.code})"

    def to_json(self) -> dict[str, Any]:
        """The `error` member of the answer."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        return body if self.data is None else body | {"data": self.data}


def refused(message: str) -> Fault:
    """geth's way to say no: code -32000 and a text that clients match."""
    return Fault(SERVER_ERROR, message)


def invalid(message: str) -> Fault:
    """A parameter that cannot be used."""
    return Fault(INVALID_PARAMS, message)
