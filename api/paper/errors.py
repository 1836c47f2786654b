"""What keeps a page from being made."""


class PaperError(Exception):
    """`problem` and `remedy` are sentences. `unavailable`: it is about this machine, not about credential or link."""

    def __init__(self, problem: str, remedy: str, *, unavailable: bool = False) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy
        self.unavailable = unavailable

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"
