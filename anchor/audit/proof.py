"""What a report says of a finding's evidence: the file that proves it, or why there is none."""

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Proof:
    """For one code of a property's findings. `file` is a name, `sha256` of its bytes in hex; both "" with a reason."""

    code: str
    subject: str = ""
    file: str = ""
    sha256: str = ""
    reason: str = ""

    @classmethod
    def of(cls, code: str, subject: str, file: str, content: bytes) -> "Proof":
        """A file that was written with these bytes."""
        return cls(code, subject, file, hashlib.sha256(content).hexdigest())

    def to_json(self) -> dict[str, Any]:
        """`evidence` is null where there is none, with the reason."""
        if self.reason:
            return {"code": self.code, "evidence": None, "reason": self.reason}
        return {
            "code": self.code,
            "evidence": {"file": self.file, "sha256": self.sha256, "subject": self.subject},
        }

    def told(self) -> str:
        """A line for people."""
        return f"no evidence file, for {self.reason}" if self.reason else f"evidence: {self.file}"
