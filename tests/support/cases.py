"""Everything a verifier is shown; every part can be replaced. The vectors and the verifier's tests use it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from registry.format import entries
from registry.format.anchorproof import AnchorProof
from registry.verify import (
    ChainAnswer,
    ChainFacts,
    Report,
    StatusEvidence,
    TrustProfile,
    Unreachable,
    WrongChain,
    verify,
)
from tests.support.specimen import (
    NOW,
    TRUST,
    credential,
    default_lists,
    document,
    facts,
    latest_root,
    prove,
    to_bytes,
)


@dataclass(frozen=True)
class Chain:
    """A `ChainView` with prepared answers by root and key id; asking anything else is an error of the test."""

    answers: Mapping[tuple[bytes, bytes], ChainAnswer]
    refusal: Unreachable | WrongChain | None = None

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        if self.refusal is not None:
            raise self.refusal
        return self.answers[root, key_id]


@dataclass(frozen=True)
class Status:
    """A `StatusSource` with one answer."""

    data: bytes | Unreachable

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        if isinstance(self.data, Unreachable):
            raise self.data
        return self.data


@dataclass(frozen=True)
class Case:
    """Everything one verification is given."""

    data: bytes
    chain: Chain
    status: Status
    trust: TrustProfile = field(default_factory=lambda: TrustProfile((TRUST,)))
    now: datetime = NOW

    def verify(self, **changes: Any) -> Report:
        components = changes.pop("components", ())
        case = replace(self, **{name: value for name, value in changes.items() if name != "rdf"})
        return verify(
            case.data,
            trust=case.trust,
            chain=lambda registry: case.chain,
            status=case.status,
            now=case.now,
            components=components,
        )


def case(
    hashed: dict[str, Any] | None = None,
    *,
    proof: AnchorProof | None = None,
    data: bytes | None = None,
    evidence: StatusEvidence | None = None,
    answer: Callable[[ChainFacts], ChainFacts] = lambda found: found,
    pending: bool = False,
    other_keys: Mapping[bytes, Callable[[ChainFacts], ChainFacts]] | None = None,
    **changes: Any,
) -> Case:
    """A case in order unless told otherwise. `answer` edits the contract's answer; `changes` go to the anchor proof."""
    hashed = hashed if hashed is not None else document()
    proof = proof if proof is not None else prove(hashed)
    evidence = evidence if evidence is not None else default_lists()
    root = latest_root(evidence)
    found = answer(facts(latest_root=root, latest_number=evidence.anchor_number))
    answers = {(proof.anchor_root, entries.issuer_key_id(proof.multikey)): ChainAnswer(found, pending)}
    for key_id, edit in (other_keys or {}).items():
        answers[found.latest_root, key_id] = ChainAnswer(edit(replace(found, anchor_number=found.latest_number)))
    return Case(
        data=data if data is not None else to_bytes(credential(hashed, proof, **changes)),
        chain=Chain(answers),
        status=Status(to_bytes(evidence.to_json())),
    )
