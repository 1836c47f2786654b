"""What lies in a credential: endorsements by others, components that it names or holds, all of them anchored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from registry.format import entries, strictjson
from registry.format.digests import sri
from registry.verify import ChainAnswer
from tests.support import specimen
from tests.support.cases import Case, Chain, case
from tests.support.specimen import credential, document, facts, prove, to_bytes

AGENCY = "did:web:agency.example"
ACHIEVEMENT = "urn:uuid:0f2e7c7e-9f5c-4b0e-8f8e-0d7d4d1f7f01"


@dataclass
class Office:
    """Endorsers with keys in the contract, whose lists nobody needs: their endorsements cannot be revoked."""

    answers: dict[tuple[bytes, bytes], ChainAnswer]

    def endorse(
        self, subject: str, did: str = AGENCY, *, facts_: Mapping[str, Any] | None = None, **changes: Any
    ) -> Any:
        """An anchored endorsement by `did`; `changes` replace members, `facts_` what the contract says of it."""
        key = specimen.Key(did)
        hashed = {
            "@context": document()["@context"],
            "id": f"urn:uuid:{specimen.sha(f'{did} {subject} {changes}').hex()}",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "Accreditation",
            "issuer": {"id": did, "type": ["Profile"], "name": f"Name of {did}"},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {
                "id": subject,
                "type": ["EndorsementSubject"],
                "endorsementComment": "Accredited, AV-4223.",
            },
        } | changes  # fmt: skip
        proof = prove(hashed, key=key)
        told = {"key_issuer": entries.issuer_id(did)} | dict(facts_ or {})
        self.answers[proof.anchor_root, key.key_id] = ChainAnswer(facts(**told))
        return credential(hashed, proof)

    def badge(self, *endorsements: Any, place: str = "achievement", **changes: Any) -> Case:
        """A credential in order that holds `endorsements` at its achievement, its issuer or itself."""
        made = document(**changes)
        holder = {"achievement": made["credentialSubject"]["achievement"], "issuer": made["issuer"], "": made}[place]
        holder["endorsement"] = list(endorsements)
        found = case(made)
        return replace(found, chain=Chain({**found.chain.answers, **self.answers}))


def chained(office: Office, *dids: str) -> dict[str, Any]:
    """Each endorses the one before, inside its profile; the first one the achievement."""
    inner: list[Any] = []
    for endorser, endorsed in reversed(list(zip(dids, [ACHIEVEMENT, *dids], strict=False))):
        profile = {"id": endorser, "type": ["Profile"], "name": endorser} | ({"endorsement": inner} if inner else {})
        inner = [office.endorse(endorsed, endorser, issuer=profile)]
    return inner[0]  # type: ignore[no-any-return]


class Learner:
    """Who collects anchored credentials, and a node that knows about all of them."""

    def __init__(self) -> None:
        self.answers = dict(case().chain.answers)

    def earn(self, number: int, *, chain_id: int = specimen.CHAIN_ID, **changes: Any) -> bytes:
        """A credential file; without a status entry, so that it cannot be revoked."""
        own = {"id": f"urn:uuid:{number:08}-7425-40de-944b-e07fc1f90ae7", "credentialStatus": None}
        hashed = document(**own | changes)
        proof = prove(hashed, chain_id=chain_id)
        answer = case(hashed, proof=proof).chain.answers
        self.answers |= answer
        return to_bytes(credential(hashed, proof))

    def certificate(self, related: Any, **changes: Any) -> Case:
        """A credential in order that names `related`."""
        found = case(document(relatedResource=related, **changes))
        return replace(found, chain=Chain({**self.answers, **found.chain.answers}))


def entry(file: bytes, **changes: Any) -> dict[str, Any]:
    """How a credential commits to the one in `file`."""
    whole = json.loads(file)
    hashed = {name: value for name, value in whole.items() if name != "proof"}
    made = {"id": whole["id"], "mediaType": "application/vc", "digestSRI": sri(strictjson.digest(hashed))} | changes
    return {name: value for name, value in made.items() if value is not None}


def record(ana: Learner, held: Any, **changes: Any) -> Case:
    """A record in order that holds these credentials, given as files or as anything else."""
    inside = [json.loads(each) if isinstance(each, bytes) else each for each in held] if type(held) is list else held
    subject = {"id": "did:example:ana", "type": ["ClrSubject"], "verifiableCredential": inside}
    types = ["VerifiableCredential", "ClrCredential"]
    found = case(document(**{"type": types, "credentialSubject": subject, **changes}))
    return replace(found, chain=Chain({**ana.answers, **found.chain.answers}))


def without_proof(file: bytes) -> dict[str, Any]:
    return {name: value for name, value in json.loads(file).items() if name != "proof"}


def revoked(hashed: dict[str, Any], number: int = 7) -> tuple[Case, bytes]:
    """The case of a revoked credential, whose lists are those for others too, and its file."""
    evidence = specimen.status_evidence(
        specimen.list_evidence(specimen.status_list("revocation", {number})),
        specimen.list_evidence(specimen.status_list("suspension")),
    )
    place = {**document()["credentialStatus"], "statusListIndex": str(number)}
    part = case({**hashed, "credentialStatus": place}, evidence=evidence)
    return part, part.data
