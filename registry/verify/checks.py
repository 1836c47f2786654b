"""Seven checks, each a pure function of what has been gathered: six here, `check_status` in status.py.

Each has the number and the rules of a section of FORMAT.md. None asks a network or reads a clock: `verify.py` does, and
runs a check only after those it needs have passed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from registry.credential.baking import credential_in
from registry.errors import FormatError
from registry.format import entries, signature
from registry.format.anchorproof import AnchorProof, confirm, rfc3339
from registry.format.multibase import encode_multikey
from registry.limits import MAX_TIME
from registry.verify import document
from registry.verify.document import CredentialFile, show_time
from registry.verify.evidence import ChainAnswer, ChainFacts, Unproved, Unreachable, WrongChain
from registry.verify.forms import Forms
from registry.verify.outcome import Check, Outcome
from registry.verify.trust import RegistryTrust

ASK_ISSUER = "Do not rely on it. Ask the holder for the original file, or the issuer whether it knows this credential"
ASK_AGAIN = "Try again later; this says nothing about the credential"
NO_ANCHOR_PROOF = "no-anchor-proof"
NOT_FINAL = "not-final"

Answer = ChainAnswer | Unreachable | WrongChain
"""What came of asking the contract."""


def check_format(data: bytes, forms: Forms | None = None) -> tuple[Check, CredentialFile | None]:
    """(1) The file is one complete credential, or an image with one baked into it, read in one way only."""
    try:
        found = document.read(credential_in(data), forms)
    except FormatError as error:
        detail = {"pointer": error.pointer, "bytes": len(data)}
        if error.code == "baking.jws":  # which may be a good credential: nothing is said against it
            return Check("format", "unknown", error.code, f"{error.problem}.", error.remedy, detail), None
        sentence = f"The file is damaged or not a credential: {error}"
        return Check("format", "fail", error.code, sentence, "Ask the holder for the original file", detail), None
    detail = {"bytes": len(data), "d_jcs": found.d_jcs.hex(), "anchor_proof": found.wire is not None}
    return Check("format", "pass", "format.ok", "The file is a complete credential.", "", detail), found


def prove(found: CredentialFile) -> AnchorProof | FormatError | None:
    """The input of checks 2 and 4: the proof, if every byte follows from its fields; or its flaw; or nothing."""
    if found.wire is None:
        return None
    try:
        return confirm(found.wire)
    except FormatError as error:
        return error


def check_signature(found: CredentialFile, proof: AnchorProof | FormatError | None) -> Check:
    """(2) The contents are those in the leaf, and the key in the proof signed the batch above it."""
    if found.wire is None or proof is None:
        return no_anchor_proof("signature")
    detail = {"key": encode_multikey(found.wire.multikey), "batch": found.wire.batch}
    if found.d_jcs != found.wire.d_jcs:
        sentence = "The contents do not match what the issuer signed: the file was changed."
        detail |= {"expected": found.wire.d_jcs.hex(), "found": found.d_jcs.hex()}
        return Check("signature", "fail", "signature.mismatch", sentence, ASK_ISSUER, detail)
    if isinstance(proof, FormatError):
        sentence = "Not checked, because check 4 (its place in the batch) did not pass."
        return Check("signature", "not_run", "signature.needs-inclusion", sentence, "", {"needs": "inclusion"})
    if not signature.verify_again(proof.multikey, proof.signature, proof.batch_entry):
        sentence = "The signature over the batch was not made by the key in the file."
        return Check("signature", "fail", "signature.wrong", sentence, ASK_ISSUER, detail)
    return Check("signature", "pass", "signature.ok", "Nothing was changed since the issuer signed it.", "", detail)


def check_inclusion(found: CredentialFile, proof: AnchorProof | FormatError | None) -> Check:
    """(4) The leaf of this file lies in its batch, and the batch in its anchor, each at the place it names."""
    if found.wire is None or proof is None:
        return no_anchor_proof("inclusion")
    if isinstance(proof, FormatError):
        sentence = f"Its proof does not lead to the batch's root: {proof}"
        return Check("inclusion", "fail", proof.code, sentence, ASK_ISSUER)
    if found.d_jcs != proof.d_jcs:
        sentence = (
            "Not checked, because check 2 (the issuer's signature) did not pass: the proof speaks of other contents."
        )
        return Check("inclusion", "not_run", "inclusion.needs-signature", sentence, "", {"needs": "signature"})
    sentence = f"It is number {proof.index + 1} of {proof.size} in batch {proof.batch}."
    detail = {
        "batch": proof.batch,
        "index": proof.index,
        "size": proof.size,
        "leaf": proof.leaf.hex(),
        "batch_root": proof.batch_root.hex(),
        "anchor_root": proof.anchor_root.hex(),
    }
    return Check("inclusion", "pass", "inclusion.ok", sentence, "", detail)


def check_anchor(
    found: CredentialFile, proof: AnchorProof, registry: RegistryTrust | None, answer: Answer | None
) -> Check:
    """(5) The contract that the verifier trusts recorded the root, under the number and at the time the file names."""
    where = {"chain_id": proof.chain_id, "contract": "0x" + proof.contract.hex(), "root": proof.anchor_root.hex()}
    if registry is None or answer is None:
        sentence = "Your trust profile does not know this registry."
        step = "Add the registry to your trust profile only if you learn its address from someone you trust"
        return Check("anchor", "fail", "anchor.unknown-registry", sentence, step, where)
    facts = usable(answer, registry, "anchor")
    if isinstance(facts, Check):
        return facts
    detail = where | seen(facts, registry)
    if facts.anchor_number == 0:
        if isinstance(answer, ChainAnswer) and answer.pending:
            sentence = f"The batch is on {registry.name}, but not yet final there."
            step = "Check it again when the block is final, usually within half an hour"
            return Check("anchor", "not_run", f"anchor.{NOT_FINAL}", sentence, step, detail)
        sentence = "The registry contract has no record of this batch."
        return Check("anchor", "fail", "anchor.unknown-root", sentence, ASK_ISSUER, detail)
    detail |= {"number": facts.anchor_number, "time": rfc3339(facts.anchor_time), "block": facts.anchor_block}
    if facts.anchor_number != proof.anchor_number:
        sentence = f"The file names anchor {proof.anchor_number}, the chain says it is {facts.anchor_number}."
        return Check("anchor", "fail", "anchor.number", sentence, ASK_ISSUER, detail)
    if found.created != rfc3339(facts.anchor_time):
        sentence = f"The file dates its anchor {found.created}, the chain {rfc3339(facts.anchor_time)}."
        return Check("anchor", "fail", "anchor.time", sentence, ASK_ISSUER, detail)
    sentence = (
        f"The batch was recorded on {registry.name} on {rfc3339(facts.anchor_time)} (block {facts.anchor_block})."
    )
    return Check("anchor", "pass", "anchor.ok", sentence, "", detail)


def check_issuer(found: CredentialFile, proof: AnchorProof, registry: RegistryTrust, answer: Answer) -> Check:
    """(3) When the batch was anchored, the contract held this key for the issuer that the file names."""
    facts = usable(answer, registry, "issuer")
    if isinstance(facts, Check):
        return facts
    who = found.issuer_shown
    at = rfc3339(facts.anchor_time)
    detail: dict[str, Any] = {
        "issuer": found.issuer_id,
        "key": encode_multikey(proof.multikey),
        "added": _time(facts.key_added_at),
        "revoked": _time(facts.key_revoked_at),
        "compromised": _time(facts.key_compromised_at),
        "anchored": at,
    }

    def fail(code: str, sentence: str) -> Check:
        return Check("issuer", "fail", f"issuer.{code}", sentence, ASK_ISSUER, detail)

    if facts.key_issuer == entries.ZERO32:
        return fail("key-not-registered", f"The registry does not know the key; it is not a key of {who}.")
    if facts.key_issuer != entries.issuer_id(found.issuer_id):
        return fail("key-of-another", f"The key belongs to another issuer than {who}.")
    if not facts.key_valid_at(facts.anchor_time):
        return fail("key-not-valid-then", f"The key of {who} was not valid at {at}. {_window(facts)}")
    if not facts.issuer_added_at or facts.anchor_time < facts.issuer_added_at:
        return fail("not-registered-then", f"{who} was not registered at {at}.")
    if facts.issuer_suspended:
        return fail("suspended-then", f"{who} was suspended at {at}.")
    sentence = f"The key belonged to {who} when this was anchored."
    return Check("issuer", "pass", "issuer.ok", sentence, "", detail)


def check_validity(found: CredentialFile, now: datetime) -> Check:
    """(7) The moment of checking lies in the credential's own period: validFrom <= now < validUntil."""
    detail = {
        "valid_from": show_time(found.valid_from),
        "valid_until": show_time(found.valid_until) if found.valid_until else None,
        "now": show_time(now),
    }
    if now < found.valid_from:
        sentence = f"It is not valid before {show_time(found.valid_from)}."
        return Check("validity", "fail", "validity.not-yet", sentence, "Check it again then", detail)
    if found.valid_until is None:
        return Check("validity", "pass", "validity.ok", "It has no end date.", "", detail)
    until = show_time(found.valid_until)
    if now >= found.valid_until:
        step = "Ask the holder whether there is a newer one"
        return Check("validity", "fail", "validity.expired", f"Its validity ended on {until}.", step, detail)
    return Check("validity", "pass", "validity.ok", f"Valid until {until}.", "", detail)


def no_anchor_proof(id: str) -> Check:
    """The result of checks 2 to 6 for a file that has no anchor proof yet."""
    sentence = "Not checked, because the file has no anchor proof yet."
    step = "Ask the holder or the issuer for the file as it is after anchoring"
    return Check(id, "not_run", f"{id}.{NO_ANCHOR_PROOF}", sentence, step)


def usable(answer: Answer, registry: RegistryTrust, id: str) -> ChainFacts | Check:
    """The facts, if they come from the contract the verifier trusts, at a final block; else why that is not known."""
    outcome: Outcome = "unknown"
    detail: Mapping[str, Any]
    if isinstance(answer, Unproved):
        return Check(id, outcome, f"{id}.{answer.code}", answer.problem, answer.remedy)
    if isinstance(answer, Unreachable):
        detail = {"endpoint": answer.endpoint}
        return Check(id, outcome, f"{id}.unreachable", f"The network could not be asked: {answer}", ASK_AGAIN, detail)
    step = "Check the RPC address in your trust profile; this says nothing about the credential"
    if isinstance(answer, WrongChain):
        return Check(id, outcome, f"{id}.other-chain", str(answer), step, {"found": answer.found})
    facts = answer.facts
    detail = {"chain_id": facts.chain_id, "contract": "0x" + facts.contract.hex(), "code": facts.code_sha256.hex()}
    if facts.chain_id != registry.chain_id or facts.contract != registry.contract:
        sentence = "The answer is about another chain or contract than your trust profile names."
        return Check(id, outcome, f"{id}.other-chain", sentence, step, detail)
    if facts.code_sha256 != registry.code_sha256:
        sentence = "The code at the registry's address is not the one that your trust profile names."
        return Check(id, outcome, f"{id}.other-code", sentence, step, detail)
    if max(facts.block_time, facts.latest_time, facts.anchor_time, *facts.key_times) > MAX_TIME:
        return Check(id, outcome, f"{id}.unusable", "The answer names times beyond the year 9999.", step, detail)
    if not facts.finalized:
        return Check(
            id, outcome, f"{id}.not-final-view", "The node answered for a block that is not final.", step, detail
        )
    return facts


def seen(facts: ChainFacts, registry: RegistryTrust) -> dict[str, Any]:
    """Where and when the chain was looked at, for the detail of a check."""
    return {
        "network": registry.name,
        "seen_block": facts.block_number,
        "seen_block_hash": facts.block_hash.hex(),
        "seen_time": rfc3339(facts.block_time),
        "registry_closed": facts.closed,
    }


def _time(timestamp: int) -> str | None:
    return rfc3339(timestamp) if timestamp else None


def _window(facts: ChainFacts) -> str:
    parts = [f"It was added on {rfc3339(facts.key_added_at)}"] if facts.key_added_at else ["It was never added"]
    if facts.key_revoked_at:
        parts.append(f"revoked on {rfc3339(facts.key_revoked_at)}")
    if facts.key_compromised_at:
        parts.append(f"compromised since {rfc3339(facts.key_compromised_at)}")
    return ", ".join(parts) + "."
