"""Builds a stack: a credential awarded for others, as a certificate that names them or a record that holds them.

The rule is in the achievement's definition (`achievement/components.py`). A certificate is a badge that commits to each
component by its digest, in `relatedResource` (Verifiable Credentials Data Model 2.0, section 5.3); a record is a
ClrCredential (`clr.py`). FORMAT.md, "Components", says what verifiers make of either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from registry.credential import badge, clr, schema
from registry.credential.achievement import Achievement
from registry.credential.achievement.components import MAX_COMPONENTS, Rule
from registry.credential.achievement.problems import MAX_ECTS
from registry.credential.learner import issuer_of, same_learner
from registry.credential.roster import RosterRow
from registry.credential.rowcheck import COLUMNS, RowChecker
from registry.credential.words import did_you_mean
from registry.errors import RowError, RowErrors
from registry.format import anchorproof, strictjson
from registry.format.digests import MEDIA_TYPE, sri

Form = Literal["certificate", "clr"]
"""What a stack is issued as: an Open Badge that names its components, or a record that holds them."""

_IN_A_RECORD = ("name", "email", "learner_id", "awarded_on", "valid_until", "language")
"""Columns that a record has a place for; the others are about an award, and it has none of its own."""


@dataclass(frozen=True)
class Component:
    """A smaller credential. Whoever makes one has verified the file: nothing here asks whether it is genuine."""

    document: Mapping[str, Any]  # without the anchor proof
    d_jcs: bytes  # SHA-256 of its canonical form, 32 bytes
    anchor_proof: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, credential: Mapping[str, Any]) -> "Component":
        """From a credential file's JSON value, with or without anchor proof. Raises FormatError format.proof."""
        document, member = anchorproof.detach(dict(credential))
        return cls(document, strictjson.digest(document), member)

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def achievement_id(self) -> str | None:
        achievement = self.document["credentialSubject"].get("achievement")
        found = achievement.get("id") if isinstance(achievement, dict) else None
        return found if isinstance(found, str) else None

    @property
    def credits(self) -> int | float:
        """ECTS credits earned; 0 where it says none that can be counted."""
        value = self.document["credentialSubject"].get("creditsEarned")
        counts = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_ECTS
        return value if counts else 0

    def whole(self) -> dict[str, Any]:
        """The credential with all its proofs, as it was given."""
        if self.anchor_proof is None:
            return dict(self.document)
        return {**self.document, "proof": [*self.document.get("proof", []), self.anchor_proof]}

    def related(self) -> dict[str, Any]:
        """The entry of `relatedResource` that commits to it."""
        return {"id": self.id, "digestSRI": sri(self.d_jcs), "mediaType": MEDIA_TYPE}


def build(
    achievement: Achievement,
    components: Sequence[Component],
    learner: Mapping[str, Any],
    issuer_profile: Mapping[str, Any],
    *,
    credential_id: str,
    status: badge.StatusRef,
    now: str,
    achievement_url: str,
    form: Form = "certificate",
) -> dict[str, Any]:
    """The unsigned credential: a badge for `achievement` that names its components, or a record that holds them.

    `learner` holds cells of a roster's row; what is missing is taken from the components, and awarded_on from `now`
    (RFC 3339). The other parameters are as for `badge.build`.
    Raises RowErrors with all that is wrong; `row` counts the components from 1. FormatError schema.invalid, clr.*,
    and rdf.context where a record's context is not known.
    """
    if form == "clr":
        clr.require_context()
        _require_places(learner)
    check_rule(achievement, components, achievement_url, issuer_profile["id"])
    row = _row(achievement, components, learner, issuer_profile["id"], now)
    made = badge.build(
        row, achievement, issuer_profile, credential_id, status, now, achievement_url=achievement_url
    )  # fmt: skip
    if form == "clr":
        made = _record(made, components, status)
    else:
        made["relatedResource"] = [component.related() for component in components]
    schema.validate(made)
    return made


def _record(certificate: Mapping[str, Any], components: Sequence[Component], status: badge.StatusRef) -> dict[str, Any]:
    """The record that stands for this certificate: its achievement, and the components as parts of it."""
    subject = certificate["credentialSubject"]
    whole = subject["achievement"]
    record = clr.Record(
        name=certificate["name"],
        subject=subject,
        credentials=[component.whole() for component in components],
        achievements=[whole],
        associations=[clr.Association("isPartOf", str(each.achievement_id), whole["id"]) for each in components],
        awarded=certificate["awardedDate"],
        valid_until=certificate.get("validUntil"),
    )
    return clr.build(record, certificate["issuer"], certificate["id"], certificate["validFrom"], status)


def _require_places(learner: Mapping[str, Any]) -> None:
    """Refuses what a record could only leave out."""
    remedy = "Leave it out, or issue the certificate"
    errors = [
        RowError(None, column, f"/learner/{column}", "stack.no-place", f"A record has no place for {column}", remedy)
        for column, cell in learner.items()
        if column in COLUMNS and column not in _IN_A_RECORD and cell not in (None, "")
    ]
    if errors:
        raise RowErrors(errors)


def check_rule(achievement: Achievement, components: Sequence[Component], url: str, issuer_id: str) -> None:
    """Whether the components are what the definition asks for. `url` is its id, `issuer_id` who issues the whole.

    Raises RowErrors stack.*.
    """
    requires = achievement.data.get("stacking", {}).get("requires")
    if requires is None:
        problem, remedy = "The definition does not say of what it is made", "Add [stacking.requires] to a new version"
        raise _refused("stack.no-rule", problem, remedy)
    rule = Rule.of(requires)
    if url in rule.ids:
        problem, remedy = "The definition names itself as a component", "Add a version that names others"
        raise _refused("stack.itself", problem, remedy)
    if not 1 <= len(components) <= MAX_COMPONENTS:
        problem = f"There are {len(components)} components where 1 to {MAX_COMPONENTS} can be"
        raise _refused("stack.too-many", problem, "Give those that the definition names")
    errors = _unfit(rule, components, issuer_id)
    if not errors and (problem := _unmet(rule, components)):
        remedy = "Add what is missing; a component counts once, by its achievement's id and version"
        errors.append(RowError(None, None, "/components", "stack.rule", problem, remedy))
    if errors:
        raise RowErrors(errors)


def _unfit(rule: Rule, components: Sequence[Component], issuer_id: str) -> list[RowError]:
    """Components that cannot count, whatever the others are."""
    issuers = {issuer_id, *rule.issuers}
    ids: dict[str, int] = {}
    achievements: dict[str, int] = {}
    errors = []

    def refuse(row: int, code: str, problem: str, remedy: str = "Leave it out") -> None:
        errors.append(RowError(row, None, f"/components/{row - 1}", code, problem, remedy))

    for row, component in enumerate(components, 1):
        name = component.achievement_id
        if (first := ids.setdefault(component.id, row)) != row:
            refuse(row, "stack.twice", f"This is the same credential as component {first}")
        elif name is None or name not in rule.ids:
            refuse(row, "stack.not-listed", "The definition does not name this component's achievement")
        elif issuer_of(component.document) not in issuers:
            remedy = "Leave it out, or name its issuer in [stacking.requires] issuers of a new version"
            refuse(
                row, "stack.issuer", "This component was issued by somebody whom the definition does not name", remedy
            )
        elif (first := achievements.setdefault(name, row)) != row:
            refuse(row, "stack.same-achievement", f"Component {first} is for the same achievement, which counts once")
    return errors


def _unmet(rule: Rule, components: Sequence[Component]) -> str:
    """What the components lack together; empty if nothing."""
    have = {component.achievement_id for component in components}
    if rule.form == "min_credits":
        earned = sum((Decimal(str(component.credits)) for component in components), Decimal(0))
        needed = Decimal(str(rule.amount))
        return f"The components bring {earned:f} credits of the {needed:f} that are required" if earned < needed else ""
    missing = [name for name in rule.ids if name not in have]
    if rule.form == "all_of" and missing:
        return f"{len(missing)} of {len(rule.ids)} components are missing, the first for {missing[0]}"
    if len(have) < rule.amount:
        return f"There are {len(have)} components of the {rule.amount} that are required"
    return ""


def _row(
    achievement: Achievement, components: Sequence[Component], learner: Mapping[str, Any], issuer_id: str, now: str
) -> RosterRow:
    unknown = [name for name in learner if name not in COLUMNS]
    if unknown:
        remedy = did_you_mean(unknown[0], COLUMNS)
        raise _refused("roster.column", f"{unknown[0][:60]!r} is not a field of a roster", remedy, "/learner")
    cells = same_learner(learner, [component.document for component in components], issuer_id)
    today = date.fromisoformat(now[:10])
    values, flaws = RowChecker(achievement, today).check({"awarded_on": today.isoformat(), **cells})
    if flaws:
        raise RowErrors(
            [RowError(None, column, f"/learner/{column}", code, text, do) for column, code, text, do in flaws]
        )
    return RosterRow(**values)


def _refused(code: str, problem: str, remedy: str, place: str = "") -> RowErrors:
    return RowErrors([RowError(None, None, place or None, code, problem, remedy)])
