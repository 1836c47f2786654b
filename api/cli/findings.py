"""What `credanchor doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One check: `outcome` is ok, wrong or unknown."""

    name: str
    outcome: str
    detail: str
    remedy: str = ""


class Wrong(Exception):
    """A check failed: what is wrong, and what to do."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
