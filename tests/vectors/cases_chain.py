"""Vectors that the contract's answer decides: check 3 and check 5."""

from collections.abc import Iterator
from dataclasses import replace

from registry.format import entries
from registry.verify import Unreachable, WrongChain
from tests.support import specimen as s
from tests.support.cases import Chain, case
from tests.support.specimen import document, prove, to_bytes
from tests.vectors.expected import Vector, anchor_is, expect, issuer_fails


def issuers() -> Iterator[Vector]:
    nobody = case(answer=lambda f: replace(f, key_issuer=bytes(32), key_added_at=0))
    yield (
        "3-issuer--key-not-registered",
        "The contract does not know the key.",
        nobody,
        issuer_fails("key-not-registered"),
    )
    other = case(answer=lambda f: replace(f, key_issuer=entries.issuer_id("did:web:other.example")))
    yield "3-issuer--key-of-another-issuer", "The key belongs to another issuer.", other, issuer_fails("key-of-another")
    late = case(answer=lambda f: replace(f, key_added_at=s.ANCHORED + 1))
    what = "The key was added one second after the anchor."
    yield "3-issuer--key-added-after-anchor", what, late, issuer_fails("key-not-valid-then")
    for word in ("revoked", "compromised"):
        name = f"key_{word}_at"
        early = case(answer=lambda f, name=name: replace(f, **{name: s.ANCHORED - 1}))
        what = f"The key was {word} one second before the anchor."
        yield f"3-issuer--key-{word}-before-anchor", what, early, issuer_fails("key-not-valid-then")
        same = case(answer=lambda f, name=name: replace(f, **{name: s.ANCHORED}))
        what = f"The key was {word} in the anchor's own second."
        yield f"3-issuer--key-{word}-at-anchor", what, same, issuer_fails("key-not-valid-then")
    absent = case(answer=lambda f: replace(f, issuer_added_at=0))
    yield (
        "3-issuer--issuer-not-registered",
        "The contract has no such issuer.",
        absent,
        issuer_fails("not-registered-then"),
    )
    suspended = case(answer=lambda f: replace(f, issuer_suspended=True))
    what = "The issuer was suspended when this was anchored."
    yield "3-issuer--issuer-suspended-then", what, suspended, issuer_fails("suspended-then")


def anchors() -> Iterator[Vector]:
    absent = case(answer=lambda f: replace(f, anchor_number=0, anchor_position=0, anchor_time=0, anchor_block=0))
    yield (
        "5-anchor--root-not-on-chain",
        "The contract has no such root.",
        absent,
        anchor_is("invalid", "fail unknown-root"),
    )
    hashed = document()
    elsewhere = case(hashed, proof=prove(hashed, chain_id=1))
    what = "The file names a registry on another chain, which the trust profile does not hold."
    yield "5-anchor--other-chain-in-file", what, elsewhere, anchor_is("invalid", "fail unknown-registry")
    own = case(hashed, proof=prove(hashed, contract=s.sha("a forger's contract")[:20]))
    what = "A forger's own contract says that all is well; the trust profile does not know it."
    yield "5-anchor--other-contract-in-file", what, own, anchor_is("invalid", "fail unknown-registry")
    number = case(answer=lambda f: replace(f, anchor_number=5))
    yield (
        "5-anchor--other-number",
        "The chain gives the root another number.",
        number,
        anchor_is("invalid", "fail number"),
    )
    dated = case(created="2026-01-11T00:00:00Z")
    yield "5-anchor--dated-earlier", "The file dates its anchor earlier.", dated, anchor_is("invalid", "fail time")
    for name, what, edit in (
        ("node-on-other-chain", "The node answers for chain 1.", {"chain_id": 1}),
        ("node-on-other-contract", "The answer is about another address.", {"contract": bytes(20)}),
    ):
        made = case(answer=lambda f, edit=edit: replace(f, **edit))
        yield f"5-anchor--{name}", what, made, anchor_is("unconfirmed", "unknown other-chain")
    code = case(answer=lambda f: replace(f, code_sha256=s.sha("other code")))
    what = "The code at the address is not the one the trust profile names: the answer is not believed."
    yield "5-anchor--other-code-at-address", what, code, anchor_is("unconfirmed", "unknown other-code")
    wrong = replace(case(), chain=Chain({}, WrongChain(s.CHAIN_ID, 1)))
    yield (
        "5-anchor--node-refused",
        "The reader found another chain.",
        wrong,
        anchor_is("unconfirmed", "unknown other-chain"),
    )
    down = replace(case(), chain=Chain({}, Unreachable("https://node.example", "timed out")))
    yield "5-anchor--chain-unreachable", "No node answers.", down, anchor_is("unconfirmed", "unknown unreachable")
    view = case(answer=lambda f: replace(f, finalized=False))
    yield (
        "5-anchor--view-not-final",
        "The block asked is not final.",
        view,
        anchor_is("unconfirmed", "unknown not-final-view"),
    )
    pending = case(answer=lambda f: replace(f, anchor_number=0, anchor_time=0), pending=True)
    yield "5-anchor--pending", "On the chain, not final yet.", pending, anchor_is("pending", "not_run not-final")
    bare = case(data=to_bytes(hashed))
    expected = expect("pending", "not_run no-anchor-proof", format="pass ok", validity="pass ok")
    yield "5-anchor--no-anchor-proof-yet", "The file has no anchor proof.", bare, expected
