"""Reading a credential's file: what every credential must have before anything in it can be checked."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from registry.errors import FormatError
from registry.format import anchorproof, strictjson, wire
from registry.format.times import parse_time
from registry.limits import MAX_URL_CHARS
from registry.verify.forms import Digests, Filled, Forms, digests_of

CONTEXT_V2 = "https://www.w3.org/ns/credentials/v2"
CREDENTIAL_TYPE = "VerifiableCredential"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|\\^`]+")
_CREATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SHOWN_CHARS = 120


@dataclass(frozen=True)
class CredentialFile:
    """A well-formed credential, split into what was hashed and the anchor proof. Nothing in it is proved yet."""

    document: dict[str, Any]  # without the anchor proof
    d_jcs: bytes  # SHA-256 of its canonical form
    issuer_id: str
    valid_from: datetime
    valid_until: datetime | None
    wire: wire.Wire | None  # None: there is no anchor proof yet
    created: str  # of the anchor proof; empty without one
    filled: Filled | None = field(default=None, repr=False, compare=False)  # the form that it fits

    def digests(self) -> Digests:
        """SHA-256 of the document's canonical N-Quads. Raises FormatError rdf.*."""
        return (self.filled.digests if self.filled else None) or digests_of(self.document)

    @property
    def issuer_name(self) -> str:
        """What the issuer calls itself, for people; the proved identity is `issuer_id`."""
        issuer = self.document["issuer"]
        return shown(issuer.get("name")) if isinstance(issuer, dict) else ""

    @property
    def issuer_shown(self) -> str:
        """Name and identity together: a name alone is a claim."""
        return f"{self.issuer_name} ({shown(self.issuer_id)})" if self.issuer_name else shown(self.issuer_id)

    @property
    def title(self) -> str:
        achievement = self.document["credentialSubject"].get("achievement")
        name = achievement.get("name") if isinstance(achievement, dict) else None
        return shown(name) or shown(self.document.get("name"))

    @property
    def learner_name(self) -> str:
        """The first plain name among the subject's identifiers (Open Badges 3.0, IdentityObject), or its `name`."""
        subject = self.document["credentialSubject"]
        found = subject.get("identifier")
        for item in found if isinstance(found, list) else [found]:  # JSON-LD writes a list of one without brackets
            if isinstance(item, dict) and item.get("identityType") == "name" and item.get("hashed") is False:
                return shown(item.get("identityHash"))
        return shown(subject.get("name"))

    @property
    def awarded(self) -> str:
        """The date of the award, YYYY-MM-DD: `awardedDate`, else the start of validity."""
        awarded = self.document.get("awardedDate")
        if isinstance(awarded, str) and parse_time(awarded) is not None:
            return awarded[:10]
        return self.valid_from.date().isoformat()

    def summary(self) -> dict[str, Any]:
        """What the file says it is, for the top of a report."""
        return {
            "id": shown(self.document["id"]),
            "issuer": {"id": shown(self.issuer_id), "name": self.issuer_name},
            "title": self.title,
            "learner": self.learner_name,
            "awarded": self.awarded,
            "valid_until": show_time(self.valid_until) if self.valid_until else None,
        }


def read(data: bytes, forms: Forms | None = None) -> CredentialFile:
    """Read a file, quickly if it fits one of the `forms`.

    Raises FormatError format.* for all that makes it no complete credential (FORMAT.md section 1).
    """
    filled = forms.find(data) if forms else None
    credential = filled.credential if filled else strictjson.parse(data)
    if not isinstance(credential, dict):
        raise FormatError("format.not-a-credential", "", "The file is not a JSON object")
    _check_types(credential)
    issuer = credential["issuer"]
    issuer_id = _url(issuer.get("id") if isinstance(issuer, dict) else issuer, "/issuer")
    _url(credential["id"], "/id")
    if not isinstance(credential["credentialSubject"], dict):
        raise FormatError("format.member", "/credentialSubject", "credentialSubject is not an object")
    valid_from = _time(credential["validFrom"], "/validFrom")
    valid_until = _time(credential["validUntil"], "/validUntil") if "validUntil" in credential else None
    if valid_until is not None and valid_until < valid_from:
        raise FormatError("format.date", "/validUntil", "The validity ends before it begins")
    document, member = anchorproof.detach(credential)
    if not all(isinstance(proof, dict) for proof in document.get("proof", [])):
        raise FormatError("format.proof", "/proof", "A proof is not an object")
    return CredentialFile(
        document=document,
        d_jcs=sha256(filled.document).digest() if filled else strictjson.digest(document),
        issuer_id=issuer_id,
        valid_from=valid_from,
        valid_until=valid_until,
        wire=_read_anchor_proof(member) if member is not None else None,
        created=member["created"] if member is not None else "",
        filled=filled,
    )


def show_time(time: datetime) -> str:
    """The time in the offset it was given in, with Z for UTC."""
    text = time.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def is_url(value: Any) -> bool:
    """Whether this is an absolute URL or DID as signed data may hold: no space, no controls, not too long."""
    return isinstance(value, str) and len(value) <= MAX_URL_CHARS and bool(_URL.fullmatch(value))


def shown(value: Any, most: int = _SHOWN_CHARS) -> str:
    """A text from a file as it may stand in a sentence: one line of at most `most` characters, without controls or
    direction marks."""
    if not isinstance(value, str):
        return ""
    if len(value) <= most and value.isascii() and value.isprintable():
        return " ".join(value.split())
    kept = "".join(" " if unicodedata.category(letter) in _UNSHOWN else letter for letter in value[: 4 * most])
    line = " ".join(kept.split())
    return line if len(line) <= most else line[: most - 1] + "…"


_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _check_types(credential: dict[str, Any]) -> None:
    for name in ("@context", "id", "type", "issuer", "validFrom", "credentialSubject"):
        if name not in credential:
            raise FormatError("format.member", strictjson.pointer(name), "This member is missing")
    contexts, types = credential["@context"], credential["type"]
    if not isinstance(contexts, list) or not contexts or contexts[0] != CONTEXT_V2:
        raise FormatError("format.context", "/@context", f"The context does not begin with {CONTEXT_V2}")
    if not isinstance(types, list) or CREDENTIAL_TYPE not in types:
        raise FormatError("format.type", "/type", f"The types do not include {CREDENTIAL_TYPE}")


def _read_anchor_proof(member: dict[str, Any]) -> wire.Wire:
    place = "/proof"
    if member.keys() != anchorproof.MEMBERS:
        wrong = sorted(member.keys() ^ anchorproof.MEMBERS)[0]
        state = "is missing from" if wrong in anchorproof.MEMBERS else "is not known in"
        raise FormatError("format.proof-member", place, f"The member {wrong[:40]!a} {state} the anchor proof")
    fixed = {"type": anchorproof.PROOF_TYPE, "proofPurpose": anchorproof.PURPOSE}
    for name, value in fixed.items():
        if member[name] != value:
            raise FormatError("format.proof-member", place, f"{name} of the anchor proof is not {value}")
    created, method, value = member["created"], member["verificationMethod"], member["proofValue"]
    if not isinstance(created, str) or not _CREATED.fullmatch(created) or parse_time(created) is None:
        raise FormatError("format.proof-member", place, "created of the anchor proof is not like 2026-01-31T12:00:00Z")
    if not is_url(method) or "#" not in method:
        raise FormatError("format.proof-member", place, "verificationMethod of the anchor proof is not a URL with #")
    if not isinstance(value, str):
        raise FormatError("format.proof-member", place, "proofValue of the anchor proof is not a text")
    return wire.read(value)


def _url(value: Any, place: str) -> str:
    if not isinstance(value, str) or not is_url(value):
        raise FormatError("format.identifier", place, "This is not an absolute URL or DID")
    return value


def _time(value: Any, place: str) -> datetime:
    time = parse_time(value)
    if time is None:
        raise FormatError("format.date", place, "This is not a time with offset, like 2026-01-31T12:00:00Z")
    return time
