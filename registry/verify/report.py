"""The result of one verification, for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.verify.document import CredentialFile, show_time, shown
from registry.verify.outcome import CHECK_IDS, NAMES, Check, Component, Endorsement
from registry.verify.trust import RegistryTrust
from registry.verify.verdict import EXIT_CODES, Verdict, verdict

AUTHENTIC = ("format", "signature", "inclusion", "anchor", "issuer")
"""The checks that say who issued it, and that nothing was changed."""

REPORT_FORMAT = "credanchor-report/1"


@dataclass(frozen=True)
class Report:
    """Verdict, its sentence, the seven checks in reading order, and what the file says it is."""

    verdict: Verdict
    sentence: str
    checks: tuple[Check, ...]
    embedded_proof: Check | None  # None: RDF was not asked for, or there was nothing to compare
    credential: Mapping[str, Any] | None  # None: the file could not be read
    network: str | None  # name in the trust profile; None: not a registry that the verifier knows
    test_network: bool
    checked_at: str
    endorsements: tuple[Endorsement, ...] | None = None  # None: not looked at
    components: tuple[Component, ...] | None = None  # None: not looked at
    found: CredentialFile | None = field(default=None, repr=False, compare=False)  # the file, where it can be read

    @property
    def exit_code(self) -> int:
        """0 valid, 1 not valid, 2 not known or not yet."""
        return EXIT_CODES[self.verdict]

    @property
    def ok(self) -> bool:
        """Whether the credential is valid and has standing; never true on a test network."""
        return self.verdict == "valid"

    @property
    def components_exit_code(self) -> int:
        """For who demands the components: 0 each was given and counts, 1 one does not, 2 one is not confirmed."""
        outcomes = {line.outcome for line in self.components or () if line.required}
        if outcomes <= {"pass"}:
            return 0
        return 2 if outcomes <= {"pass", "unknown"} else 1

    @property
    def authentic(self) -> bool:
        """Whether the issuer is known to have issued it: checks 1 to 5 pass. Only then is it looked into."""
        return all(self.check(id).outcome == "pass" for id in AUTHENTIC)

    def check(self, id: str) -> Check:
        """The check with this id. Raises KeyError for a name that is none of the seven."""
        return {check.id: check for check in self.checks}[id]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": REPORT_FORMAT,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "exit_code": self.exit_code,
            "checks": [check.to_json() for check in self.checks],
            "embedded_proof": self.embedded_proof.to_json() if self.embedded_proof else None,
            "credential": dict(self.credential) if self.credential is not None else None,
            "network": self.network,
            "test_network": self.test_network,
            "checked_at": self.checked_at,
            "components": None if self.components is None else [line.to_json() for line in self.components],
            "endorsements": None if self.endorsements is None else [line.to_json() for line in self.endorsements],
        }


def report(
    checks: Mapping[str, Check],
    *,
    embedded_proof: Check | None,
    found: CredentialFile | None,
    registry: RegistryTrust | None,
    checked_at: str,
) -> Report:
    """Decide and phrase. A registry that the trust profile does not know counts as a test network."""
    test_network = registry.test if registry is not None else True
    decided = verdict(checks, test_network=test_network)
    ordered = tuple(checks[id] for id in CHECK_IDS if id in checks)
    return Report(
        verdict=decided,
        sentence=_sentence(decided, ordered, found, registry),
        checks=ordered,
        embedded_proof=embedded_proof,
        credential=found.summary() if found is not None else None,
        network=registry.name if registry is not None else None,
        test_network=test_network,
        checked_at=checked_at,
        found=found,
    )


def _sentence(
    decided: Verdict, checks: Sequence[Check], found: CredentialFile | None, registry: RegistryTrust | None
) -> str:
    failed = next((check for check in checks if check.outcome == "fail"), None)
    if decided == "invalid" and failed is not None:
        return f"Not valid: {failed.sentence}"
    if decided in ("revoked", "suspended"):
        return next((check.sentence for check in checks if check.id == "status"), f"{decided.capitalize()}.")
    if decided == "unconfirmed":
        unknown = [check for check in checks if check.outcome == "unknown"]
        missing = [NAMES[check.id] for check in unknown] or ["not every check was made"]
        # The cause, not the checks that only wait for it.
        why = next((check.sentence for check in unknown if not check.waits), "")
        text = f"Could not be checked completely: {', '.join(missing)}. {why}".rstrip()
        return f"{text} This says nothing about the credential."
    if found is None:
        return "Not valid: the file could not be read."
    network = registry.name if registry is not None else "its registry"
    if decided == "pending":
        if failed is not None:
            return f"Genuine, but not valid yet: {failed.sentence}"
        if found.wire is None:
            return f"Not anchored yet: nothing confirms so far that {found.issuer_shown} issued it."
        return f"Signed by the key that it names for {found.issuer_shown}, but not yet final on {network}."
    if decided == "expired":
        until = show_time(found.valid_until) if found.valid_until else "its end date"
        return f"Genuine, but its validity ended on {until}."
    about = f"Issued by {found.issuer_shown} to {found.learner_name or 'its holder'} on {found.awarded}."
    if "EndorsementCredential" in found.document["type"]:
        about = f"Said by {found.issuer_shown} of {shown(found.document['credentialSubject'].get('id'))}."
    if decided == "valid_test":
        return f"Genuine on a test network, {network}: it has no standing. {about}"
    return f"Valid. {about}"
