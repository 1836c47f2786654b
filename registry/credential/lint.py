"""The micro-credential lint: are the elements of the European Recommendation in this Open Badge, ours or a foreign one?

Standard: Council Recommendation 2022/C 243/02, Annex I: 1 to 11 are mandatory, 12 to 16 optional. Where each one stands
in an Open Badge is in README.md. It looks at what is written and fetches nothing; whether it is true is another matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from registry.credential.achievement import vocabulary
from registry.credential.lintreading import Finding, Findings, strings
from registry.credential.lintrules import MISSING, RULES
from registry.errors import FormatError

OFF, WARN, REQUIRE = "off", "warn", "require"
LEVELS = (OFF, WARN, REQUIRE)
"""What an issuer wants done about credentials that it signed elsewhere and that lack a mandatory element."""

BADGE_TYPES = frozenset({"AchievementCredential", "OpenBadgeCredential"})


@dataclass(frozen=True)
class Lint:
    """What the lint found; `present` are the elements that are there, whether well-formed or not."""

    findings: tuple[Finding, ...]
    present: frozenset[int]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings about mandatory elements."""
        return tuple(finding for finding in self.findings if finding.mandatory)

    def to_json(self) -> dict[str, Any]:
        wrong = {finding.element for finding in self.findings if finding.kind == "malformed"}
        states = {number: "malformed" if number in wrong else "present" for number in self.present}
        return {
            "complete": not self.errors,
            "elements": {
                str(number): {"name": name, "state": states.get(number, "missing")}
                for number, name in vocabulary.ELEMENTS.items()
            },
            "findings": [finding.to_json() for finding in self.findings],
        }


def applies(credential: Mapping[str, Any]) -> bool:
    """Whether this is an Open Badge about an achievement, and not an endorsement or something else."""
    return bool(BADGE_TYPES.intersection(strings(credential.get("type"))))


def lint(credential: Mapping[str, Any], now: datetime | None = None) -> Lint:
    """Look for all 16 elements, as of `now`. Raises FormatError lint.not-a-badge for what is no Open Badge."""
    if not applies(credential):
        remedy = f"It looks at credentials of type {' or '.join(sorted(BADGE_TYPES))}"
        raise FormatError("lint.not-a-badge", "/type", "This is not an Open Badge about an achievement", remedy)
    found = Findings(credential, now or datetime.now(UTC))
    present = frozenset(number for number, look in RULES.items() if look(found))
    for number in vocabulary.MANDATORY:
        if number not in present:
            place, remedy = MISSING[number]
            found.add(number, "missing", place, "it is missing", remedy)
    return Lint(tuple(sorted(found.list, key=lambda item: (item.element, item.pointer))), present)
