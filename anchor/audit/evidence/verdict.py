"""What comes of checking evidence: proved, not proved, or not to be told without something from elsewhere."""

from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["proved", "not_proved", "unknown"]
EXIT_CODES: dict[Outcome, int] = {"proved": 0, "not_proved": 1, "unknown": 2}


@dataclass(frozen=True)
class Verdict:
    """`sentence` says what was shown or why not; `needed` what the reader has to bring, "" where nothing is."""

    outcome: Outcome
    sentence: str
    needed: str = ""

    @property
    def exit_code(self) -> int:
        """0 proved, 1 not proved, 2 unknown."""
        return EXIT_CODES[self.outcome]

    def to_json(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "sentence": self.sentence, "needed": self.needed}


@dataclass(frozen=True)
class Shown:
    """What the material shows: the code of the finding, and what that is in a sentence."""

    code: str
    sentence: str
