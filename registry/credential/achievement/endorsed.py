"""Endorsements inside a definition: signed before the achievement that they speak of is awarded to anybody."""

from collections.abc import Mapping
from typing import Any

from registry.credential import schema
from registry.errors import FormatError
from registry.rdfc.canonizer import default
from registry.rdfc.contexts import BADGE_CONTEXTS

TYPE = "EndorsementCredential"

MAX_EMBEDDED = 20
"""Endorsements in one definition: each is copied into every credential, and a verifier checks each."""


def check_embeddable(embedded: Mapping[str, Any], achievement_url: str) -> None:
    """Whether an endorsement may go into the achievement with this id. Raises FormatError; its pointer begins there.

    It must be signed, speak of this achievement, and be of the form that a credential around it can be signed with.
    """
    if TYPE not in embedded.get("type", []):
        raise FormatError("endorsement.type", "/type", f"This is not an {TYPE}", "Give the file that `endorse` wrote")
    schema.validate({name: value for name, value in embedded.items() if name != "proof"})
    if embedded["credentialSubject"]["id"] != achievement_url:
        remedy = f"An endorsement of this achievement names {achievement_url}"
        raise FormatError("endorsement.subject", "/credentialSubject/id", "It endorses something else", remedy)
    if not embedded.get("proof"):
        raise FormatError("endorsement.proof", "/proof", "It is not signed", "Give the file as it is after anchoring")
    carrier = {
        "@context": BADGE_CONTEXTS,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {"id": achievement_url, "type": ["Achievement"], "endorsement": [embedded]},
        },
    }
    try:
        default().canonize(carrier)
    except FormatError as error:
        pointer = error.pointer.removeprefix("/credentialSubject/achievement/endorsement/0")
        raise FormatError(error.code, pointer, error.problem, error.remedy) from None
