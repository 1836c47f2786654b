"""Verify one credential: gather evidence, make the seven checks, decide. Bad input is an outcome, never an exception.

Reading order is by number; 3 and 6 need the anchor's time, so the order here is:

    (1) format       the file alone
    (2) signature    the file alone
    (4) inclusion    the file alone
    (5) anchor       asks the contract
    (3) issuer       the same answer
    (6) status       asks for status lists, and the contract about their keys
    (7) validity     the file and the clock
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from registry.errors import FormatError
from registry.format import entries
from registry.format.anchorproof import AnchorProof
from registry.verify import checks
from registry.verify.checks import Answer
from registry.verify.components import Given, check_components
from registry.verify.document import CredentialFile, show_time
from registry.verify.embedded import check_embedded
from registry.verify.endorsements import check_endorsements, may_hold
from registry.verify.evidence import ChainAnswer, ChainView, StatusEvidence, StatusSource, Unreachable, WrongChain
from registry.verify.forms import Forms
from registry.verify.outcome import CHECK_IDS, Check, after
from registry.verify.report import Report, report
from registry.verify.status import check_status, status_entry
from registry.verify.trust import RegistryTrust, TrustProfile

OpenChain = Callable[[RegistryTrust], ChainView]


def verify(
    data: bytes,
    *,
    trust: TrustProfile,
    chain: OpenChain,
    status: StatusSource,
    now: datetime,
    forms: Forms | None = None,
    components: Sequence[Given] = (),
) -> Report:
    """Check the file `data` against the chain, as of `now` (with a time zone).

    Asks the contract once or twice and the status source at most once, and as much for an endorsement inside and
    for one of the `components` that it names or holds; both may raise Unreachable, which is `unknown`.
    `forms` remembers what files are alike in, from one to the next; it makes many files of a batch fast.
    """

    def alone(file: bytes) -> Report:
        return _alone(file, trust=trust, chain=chain, status=status, now=now, forms=forms)

    made = alone(data)
    if made.found is None:
        return made
    document = made.found.document
    return replace(
        made,
        endorsements=check_endorsements(document if may_hold(data) else {}, made, alone),
        components=check_components(document, made, components, alone),
    )


def _alone(
    data: bytes,
    *,
    trust: TrustProfile,
    chain: OpenChain,
    status: StatusSource,
    now: datetime,
    forms: Forms | None = None,
) -> Report:
    """The same without a look into the file for more."""
    done: dict[str, Check] = {}

    # (1) format
    done["format"], found = checks.check_format(data, forms)
    if found is None:
        for id in CHECK_IDS[1:]:
            done[id] = after(id, done["format"])
        return report(done, embedded_proof=None, found=None, registry=None, checked_at=show_time(now))

    # (2) signature, (4) inclusion, and the line that needs RDF
    proof = checks.prove(found)
    done["signature"] = checks.check_signature(found, proof)
    done["inclusion"] = checks.check_inclusion(found, proof)
    embedded: Check | None = None
    if isinstance(proof, AnchorProof) and done["signature"].outcome == "pass":
        if forms is not None and found.filled is None:
            forms.learn(data)
        embedded = check_embedded(found, proof)
        if embedded.outcome == "fail":
            code = "signature.embedded-proof"
            done["signature"] = replace(embedded, id="signature", code=code)

    # (7) validity
    done["validity"] = checks.check_validity(found, now)

    # (5) anchor, (3) issuer, (6) status
    registry = trust.find(found.wire.chain_id, found.wire.contract) if found.wire is not None else None
    if proof is None:
        done |= {id: checks.no_anchor_proof(id) for id in ("anchor", "issuer", "status")}
    else:
        done |= _on_chain(found, proof, done, registry, chain=chain, status=status, now=now)
    return report(done, embedded_proof=embedded, found=found, registry=registry, checked_at=show_time(now))


def _on_chain(
    found: CredentialFile,
    proof: AnchorProof | FormatError,
    done: dict[str, Check],
    registry: RegistryTrust | None,
    *,
    chain: OpenChain,
    status: StatusSource,
    now: datetime,
) -> dict[str, Check]:
    """Checks 5, 3 and 6. Nothing is asked that could not change the result."""
    view: ChainView | None = None
    answer: Answer | None = None
    if isinstance(proof, FormatError) or done["inclusion"].outcome != "pass":
        anchor = after("anchor", done["inclusion"])
    else:
        if registry is not None:
            view, answer = _open(chain, registry, proof)
        anchor = checks.check_anchor(found, proof, registry, answer)

    needed = next((check for check in (done["signature"], anchor) if check.outcome != "pass"), None)
    if needed is not None or isinstance(proof, FormatError) or registry is None or not isinstance(answer, ChainAnswer):
        issuer = after("issuer", needed or anchor)
        return {"anchor": anchor, "issuer": issuer, "status": after("status", issuer)}

    issuer = checks.check_issuer(found, proof, registry, answer)
    if issuer.outcome != "pass" or view is None:
        return {"anchor": anchor, "issuer": issuer, "status": after("status", issuer)}
    evidence, keys = _status_evidence(found, proof, view, answer, status)
    result = check_status(found, registry, answer, evidence, keys=keys, now=now)
    return {"anchor": anchor, "issuer": issuer, "status": result}


def _open(chain: OpenChain, registry: RegistryTrust, proof: AnchorProof) -> tuple[ChainView | None, Answer]:
    try:
        view = chain(registry)
    except (Unreachable, WrongChain) as error:
        return None, error
    return view, _ask(view, proof.anchor_root, proof.issuer_key_id)


def _ask(view: ChainView, root: bytes, key_id: bytes) -> Answer:
    try:
        return view.lookup(root, key_id)
    except (Unreachable, WrongChain) as error:
        return error


def _status_evidence(
    found: CredentialFile, proof: AnchorProof, view: ChainView, answer: ChainAnswer, status: StatusSource
) -> tuple[StatusEvidence | Unreachable | FormatError | None, dict[bytes, Answer]]:
    """The status lists, and what the contract says about the keys that signed them."""
    keys: dict[bytes, Answer] = {proof.issuer_key_id: answer}
    try:
        entry = status_entry(found.document)
        if entry is None:
            return None, keys
        evidence = StatusEvidence.parse(status.fetch(entry.revocation, answer.facts.latest_number))
    except (Unreachable, FormatError) as error:
        return error, keys
    for item in evidence.lists:
        key_id = entries.issuer_key_id(item.multikey)
        if item.id in entry.lists().values() and key_id not in keys:
            keys[key_id] = _ask(view, answer.facts.latest_root, key_id)
    return evidence, keys
