"""Check 6: revoked, suspended, neither, or not known. FORMAT.md section 6.

The newest anchor commits to every status list, so evidence for any other anchor is worth nothing. `fail` is said only
where a signed and anchored list says so; whatever is missing or wrong is `unknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.errors import FormatError
from registry.format import bitstring, entries, merkle, signature
from registry.format.anchorproof import rfc3339
from registry.format.strictjson import whole
from registry.format.times import parse_time
from registry.limits import MIN_STATUS_LIST_BYTES
from registry.verify.checks import ASK_AGAIN, ASK_ISSUER, seen, usable
from registry.verify.document import CredentialFile, is_url
from registry.verify.evidence import ChainAnswer, ChainFacts, ListEvidence, StatusEvidence, Unreachable, WrongChain
from registry.verify.outcome import Check
from registry.verify.trust import RegistryTrust

PURPOSES = ("revocation", "suspension")
ENTRY_TYPE = "BitstringStatusListEntry"
LIST_TYPE = "BitstringStatusListCredential"
SUBJECT_TYPE = "BitstringStatusList"
_MAX_INDEX_DIGITS = 16

KeyAnswers = Mapping[bytes, ChainAnswer | Unreachable | WrongChain]
"""What the contract says about each list's key, by key id."""


@dataclass(frozen=True)
class StatusEntry:
    """Where a credential's bits are: the same index in both lists of a pair."""

    index: int
    revocation: str
    suspension: str

    def lists(self) -> dict[str, str]:
        """List URL by purpose."""
        return {"revocation": self.revocation, "suspension": self.suspension}


class _Flaw(Exception):
    """Why a status is not known; never leaves this file."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code = code


def status_entry(document: Mapping[str, Any]) -> StatusEntry | None:
    """The credential's status entry; None only if it has no `credentialStatus` at all.

    Raises FormatError status.entry for a kind of status that this registry does not keep.
    """
    if "credentialStatus" not in document:
        return None
    entry = document["credentialStatus"]
    if not isinstance(entry, dict) or entry.get("type") != ENTRY_TYPE:
        raise _entry_flaw(f"it is not one {ENTRY_TYPE}")
    if entry.get("statusPurpose") != "revocation" or whole(entry.get("statusSize", 1)) != 1:
        raise _entry_flaw("its purpose is not revocation, with one bit for each credential")
    url, index = entry.get("statusListCredential"), entry.get("statusListIndex")
    if not isinstance(url, str) or not is_url(url) or not url.endswith("-revocation"):
        raise _entry_flaw("its list is not a URL that ends in -revocation")
    if not isinstance(index, str) or not index.isascii() or not index.isdecimal() or len(index) > _MAX_INDEX_DIGITS:
        raise _entry_flaw("its index is not a decimal number in a text")
    if str(int(index)) != index:
        raise _entry_flaw("its index has leading zeros")
    return StatusEntry(int(index), url, url.removesuffix("revocation") + "suspension")


def check_status(
    found: CredentialFile,
    registry: RegistryTrust,
    answer: ChainAnswer | Unreachable | WrongChain,
    evidence: StatusEvidence | Unreachable | FormatError | None,
    *,
    keys: KeyAnswers,
    now: datetime,
) -> Check:
    """(6) Neither revoked nor suspended, as of the latest anchor. `evidence` is None when none was needed."""
    facts = usable(answer, registry, "status")
    if isinstance(facts, Check):
        return facts
    try:
        entry = status_entry(found.document)
    except FormatError as error:
        return _unknown(error.code, f"{error}", {})
    if entry is None:
        sentence = "This credential cannot be revoked: it names no status list."
        return Check("status", "pass", "status.cannot-be-revoked", sentence, "", {})
    detail = seen(facts, registry) | {"list": entry.revocation, "index": entry.index}
    if isinstance(evidence, Unreachable):
        detail |= {"endpoint": evidence.endpoint}
        return _unknown("status.unreachable", f"The status lists could not be fetched: {evidence}", detail)
    if isinstance(evidence, FormatError) or evidence is None:
        problem = f"{evidence}" if evidence else "There is none."
        return _unknown("status.evidence", f"The status evidence is not usable: {problem}", detail)
    try:
        _check_anchor(evidence, facts, registry)
    except _Flaw as flaw:
        return _unknown(flaw.code, str(flaw), detail)
    detail |= {"anchor": facts.latest_number, "as_of": rfc3339(facts.latest_time)}
    return _judge(found, _Context(found, registry, facts, evidence, keys, now), entry, detail)


@dataclass(frozen=True)
class _Context:
    found: CredentialFile
    registry: RegistryTrust
    facts: ChainFacts
    evidence: StatusEvidence
    keys: KeyAnswers
    now: datetime


def _judge(found: CredentialFile, context: _Context, entry: StatusEntry, detail: dict[str, Any]) -> Check:
    """A list that proves the bit to be set decides, whatever is wrong with the other; revocation before suspension."""
    flaws: list[_Flaw] = []
    as_of = f"as of {detail['as_of']} (anchor {detail['anchor']})"
    for purpose, url in entry.lists().items():
        try:
            proved = _find(context.evidence, url)
            _check_list(context, proved, purpose)
            is_set = _bit(proved, entry.index)
        except _Flaw as flaw:
            flaws.append(flaw)
            continue
        detail[f"{purpose}_version"] = proved.version
        if is_set:
            word = "revoked" if purpose == "revocation" else "suspended"
            sentence = f"{word.capitalize()} by {found.issuer_shown}, {as_of}."
            step = "Do not rely on it. Ask the issuer why" if word == "revoked" else "Ask the issuer how long and why"
            return Check("status", "fail", f"status.{word}", sentence, step, detail)
    if flaws:
        return _unknown(flaws[0].code, str(flaws[0]), detail)
    sentence = f"Neither revoked nor suspended, {as_of}."
    stale = context.now.timestamp() - context.facts.latest_time > context.registry.heartbeat_seconds
    if stale and not context.facts.closed:
        sentence += " That is longer ago than this registry usually lets pass: a later revocation may not show here."
    detail["stale"] = stale
    return Check("status", "pass", "status.ok", sentence, "", detail)


def _check_anchor(evidence: StatusEvidence, facts: ChainFacts, registry: RegistryTrust) -> None:
    """The evidence is what the newest anchor commits to: its status entry is leaf 0 under the newest root."""
    if facts.latest_number == 0 or evidence.anchor_number != facts.latest_number:
        found = evidence.anchor_number
        problem = f"The status lists belong to anchor {found}, the registry's latest is {facts.latest_number}."
        raise _Flaw("status.other-anchor", problem)
    entry = entries.status_entry(registry.registry_id, evidence.anchor_number, evidence.status_root)
    root = _root(entries.entry_hash(entry), 0, evidence.anchor_size, evidence.anchor_path)
    if root != facts.latest_root:
        raise _Flaw("status.root", "The status lists are not those that the registry's latest anchor commits to.")


def _find(evidence: StatusEvidence, url: str) -> ListEvidence:
    proved = [entry for entry in evidence.lists if entry.id == url]
    if len(proved) != 1:
        raise _Flaw("status.list-missing", f"The evidence has {len(proved)} lists {url} instead of one.")
    return proved[0]


def _check_list(context: _Context, proved: ListEvidence, purpose: str) -> None:
    """The list is in the status tree, signed by a valid key of the same issuer, and says what it must be."""
    entry = entries.list_entry(context.registry.registry_id, proved.id, proved.version, proved.digest)
    place = (entries.entry_hash(entry), proved.index, context.evidence.lists_size, proved.path)
    if _root(*place) != context.evidence.status_root:
        raise _Flaw("status.list-path", f"The list {proved.id} is not the one that the anchor commits to.")
    _check_key(context, proved)
    if not signature.verify_again(proved.multikey, proved.signature, entry):
        raise _Flaw("status.list-signature", f"The list {proved.id} was not signed by the key it names.")
    _check_content(context, proved, purpose)


def _check_key(context: _Context, proved: ListEvidence) -> None:
    """The key belongs to the credential's issuer and was valid at the time of the newest anchor."""
    answer = context.keys.get(entries.issuer_key_id(proved.multikey))
    if answer is None:
        raise _Flaw("status.list-key", f"The key of the list {proved.id} was not looked up.")
    facts = usable(answer, context.registry, "status")
    if isinstance(facts, Check):
        raise _Flaw(facts.code, facts.sentence)
    same_issuer = facts.key_issuer == entries.issuer_id(context.found.issuer_id)
    if not same_issuer or not facts.key_valid_at(context.facts.latest_time):
        raise _Flaw("status.list-key", f"The list {proved.id} was not signed with a valid key of this issuer.")


def _check_content(context: _Context, proved: ListEvidence, purpose: str) -> None:
    """W3C Bitstring Status List 1.0, section 3.2: identity, types, issuer, purpose and period of the list."""
    credential, url = proved.credential, proved.id
    types, issuer, subject = credential.get("type"), credential.get("issuer"), credential.get("credentialSubject")
    if credential.get("id") != url or not isinstance(types, list) or LIST_TYPE not in types:
        raise _Flaw("status.list-type", f"What stands for the list {url} is not a status list of that name.")
    if (issuer.get("id") if isinstance(issuer, dict) else issuer) != context.found.issuer_id:
        raise _Flaw("status.list-issuer", f"The list {url} names another issuer than the credential.")
    if not isinstance(subject, dict) or subject.get("type") != SUBJECT_TYPE:
        raise _Flaw("status.list-type", f"The list {url} holds no bit string.")
    if subject.get("statusPurpose") != purpose:
        raise _Flaw("status.list-purpose", f"The list {url} is not for {purpose}.")
    valid_from, valid_until = parse_time(credential.get("validFrom")), parse_time(credential.get("validUntil"))
    started = valid_from is not None and valid_from <= context.now
    ended = "validUntil" in credential and (valid_until is None or context.now >= valid_until)
    if not started or ended:
        raise _Flaw("status.list-validity", f"The list {url} is not valid now, by its own dates.")


def _bit(proved: ListEvidence, index: int) -> bool:
    try:
        bits = proved.bits
    except FormatError as error:
        raise _Flaw("status.list-bits", f"The list {proved.id} is not readable: {error}") from None
    if len(bits) < MIN_STATUS_LIST_BYTES:
        raise _Flaw("status.list-length", f"The list {proved.id} has fewer entries than the standard demands.")
    if index >= len(bits) * 8:
        raise _Flaw("status.range", f"The list {proved.id} has no entry {index}.")
    return bitstring.get(bits, index)


def _root(leaf: bytes, index: int, size: int, path: tuple[bytes, ...]) -> bytes:
    try:
        return merkle.root_from_path(leaf, index, size, path)
    except FormatError as error:
        raise _Flaw("status.path", f"A path in the status evidence does not fit: {error}") from None


def _unknown(code: str, sentence: str, detail: Mapping[str, Any]) -> Check:
    step = ASK_ISSUER if code == "status.entry" else ASK_AGAIN
    text = sentence if "revo" in sentence.lower() else f"{sentence} Whether it was revoked is not known."
    return Check("status", "unknown", code, text, step, detail)


def _entry_flaw(problem: str) -> FormatError:
    return FormatError("status.entry", "/credentialStatus", f"Its status cannot be looked up here: {problem}")
