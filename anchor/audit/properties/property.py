"""What a property is: a promise in one sentence, the invariants that make it up, and how it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass

from anchor.audit.view import View

NOT_TRUSTED = "the contract at this address, or the export, is not the one that the trust profile names"
INCOMPLETE = "the log is not complete, and nothing is concluded from a part of it"


@dataclass(frozen=True)
class Property:
    """A numbered promise. `check` looks at the view and says in words what it could not look at, else ""."""

    number: int
    name: str
    sentence: str
    invariants: tuple[str, ...]
    check: Callable[[View], str]

    @property
    def id(self) -> str:
        """Like "A5"."""
        return f"A{self.number}"


def missing(view: View) -> str:
    """Why what needs the whole log cannot be looked at; "" when it can."""
    if not view.trusted:
        return NOT_TRUSTED
    return "" if view.complete else INCOMPLETE
