"""Vectors that the file and the clock alone decide: in order, check 1 and check 7."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from registry.credential.integrity import sign_and_digest
from registry.credential.keys import IssuerKey
from registry.format import anchorproof, cbor
from registry.format.multibase import b58decode, b58encode, encode_multikey
from registry.verify import TrustProfile
from tests.support import specimen as s
from tests.support.cases import Case, case
from tests.support.specimen import credential, document, prove, to_bytes
from tests.vectors.expected import Vector, expect, format_fails


def valid() -> Iterator[Vector]:
    yield "0-valid--with-end-date", "A credential in order, neither revoked nor suspended.", case(), expect("valid")
    method = f"{s.DID}#{encode_multikey(s.KEY.multikey)}"
    signed, d_rdf = sign_and_digest(document(), IssuerKey(s.KEY.secret), method, "2026-04-10T00:00:00Z")
    what = "The issuer's eddsa-rdfc-2022 proof is in the document, and D_rdf is that of the document."
    yield "0-valid--with-embedded-proof", what, case(signed, proof=prove(signed, d_rdf=d_rdf)), expect("valid")
    lonely = document()
    proof = prove(lonely, size=1, index=0)
    yield "0-valid--only-one-in-its-batch", "Leaf and batch root are one.", case(lonely, proof=proof), expect("valid")
    proof = prove(lonely, size=100_000, index=99_999)
    what = "The last of 100,000: its leaf is promoted several times."
    yield "0-valid--last-of-a-large-batch", what, case(lonely, proof=proof), expect("valid")
    endless = document(validUntil=None, credentialStatus=None)
    what = "It names no status list, so it cannot be revoked; it has no end date."
    yield "0-valid--cannot-be-revoked", what, case(endless), expect("valid", status="pass cannot-be-revoked")
    later = case(answer=lambda f: replace(f, key_revoked_at=s.LATEST + 60, key_compromised_at=s.LATEST + 30))
    yield "0-valid--key-compromised-after-anchor", "Honest credentials survive the key's theft.", later, expect("valid")
    other = s.Key("university, second key")
    lists = (
        s.list_evidence(s.status_list("revocation"), key=other),
        s.list_evidence(s.status_list("suspension"), key=other),
    )
    rotated = case(
        evidence=s.status_evidence(*lists),
        answer=lambda f: replace(f, key_revoked_at=s.ANCHORED + 1),
        other_keys={other.key_id: lambda f: replace(f, key_added_at=s.ANCHORED, key_revoked_at=0)},
    )
    what = "The key was revoked one second after the anchor; a newer key of the issuer signs the status lists."
    yield "0-valid--key-rotated", what, rotated, expect("valid")
    test = replace(case(), trust=TrustProfile((replace(s.TRUST, test=True),)))
    yield "0-valid--on-a-test-network", "In order, but the trust profile calls it a test.", test, expect("valid_test")
    stale = replace(case(), now=s.NOW + timedelta(days=30))
    what = "The latest anchor is older than the heartbeat: a warning with a date, not another verdict."
    yield "0-valid--latest-anchor-is-old", what, stale, expect("valid")


def formats() -> Iterator[Vector]:
    good = case().data

    def edited(old: bytes, new: bytes) -> Case:
        assert good.count(old) == 1, old
        return case(data=good.replace(old, new))

    first = b'"name":"Soil science in practice","issuer"'
    texts: list[tuple[str, str, str, Case]] = [
        ("nested-too-deep", "33 levels.", "too-deep", edited(first, b'"x":' + b"[" * 32 + b"]" * 32 + b"," + first)),
        (
            "duplicate-key",
            "Two issuers in one object.",
            "duplicate-key",
            edited(first, b'"issuer":"did:web:x.example",' + first),
        ),
        ("not-a-number", "NaN is not JSON.", "not-a-number", edited(b":2.5", b":NaN")),
        ("number-too-precise", "16 digits.", "number", edited(b":2.5", b":2.500000000000001")),
        ("negative-zero", "-0 is 0 for some readers.", "number", edited(b":2.5", b":-0.0")),
        ("integer-too-large", "2^53.", "number", edited(b":2.5", b":9007199254740992")),
        (
            "lone-surrogate",
            "Half of a character.",
            "surrogate",
            edited(b'"name":"Soil science in practice","issuer"', b'"name":"\\ud800","issuer"'),
        ),
        ("byte-order-mark", "The file begins with EF BB BF.", "encoding", case(data=b"\xef\xbb\xbf" + good)),
        ("not-utf-8", "The name in Latin-1.", "encoding", edited("ë".encode(), b"\xeb")),
        ("cut-short", "The last byte is missing.", "not-json", case(data=good[:-1])),
        ("no-issuer", "A credential without issuer.", "member", case(data=to_bytes(document(issuer=None)))),
        (
            "other-context-first",
            "The first context is not VC 2.0.",
            "context",
            edited(b'["https://www.w3.org/ns/credentials/v2",', b"["),
        ),
        (
            "not-a-credential-type",
            "The types do not include VerifiableCredential.",
            "type",
            edited(b'"VerifiableCredential",', b""),
        ),
        (
            "time-without-offset",
            "validFrom has no offset.",
            "date",
            edited(b'"validFrom":"2026-04-10T00:00:00Z"', b'"validFrom":"2026-04-10T00:00:00"'),
        ),
        ("ends-before-it-begins", "validUntil lies before validFrom.", "date", edited(b"2031-04-10", b"2021-04-10")),
        ("unknown-proof-member", "The anchor proof has a member more.", "proof-member", case(nonce="x")),
        (
            "wrong-proof-purpose",
            "The anchor proof is for authentication.",
            "proof-member",
            case(proofPurpose="authentication"),
        ),
        ("two-anchor-proofs", "The anchor proof stands there twice.", "proof", case(data=_twice())),
        ("anchor-proof-not-last", "A proof follows the anchor proof.", "proof", case(data=_not_last())),
    ]
    for name, what, code, made in texts:
        yield f"1-format--{name}", what, made, format_fails(code)
    for name, what, code, text in _proof_values():
        yield f"1-format--{name}", what, case(proofValue=text), format_fails(code)


def _twice() -> bytes:
    value = credential(document(), prove(document()))
    return to_bytes(value | {"proof": value["proof"] * 2})


def _not_last() -> bytes:
    value = credential(document(), prove(document()))
    other = {
        "type": "DataIntegrityProof",
        "cryptosuite": "other-2022",
        "proofPurpose": "assertionMethod",
        "proofValue": "z1",
    }
    return to_bytes(value | {"proof": [*value["proof"], other]})


def _proof_values() -> Iterator[tuple[str, str, str, str]]:
    good = anchorproof.encode(prove(document()))
    data = b58decode(good[1:], len(good))

    def pairs(edit: Callable[[dict[int, Any]], Any]) -> str:
        found = dict(cbor.decode(data))
        edit(found)
        return "z" + b58encode(cbor.encode([[key, value] for key, value in found.items()]))

    def ours(edit: Callable[[list[Any]], Any]) -> str:
        def inner(found: dict[int, Any]) -> None:
            fields = cbor.decode(found[100])
            edit(fields)
            found[100] = cbor.encode(fields)

        return pairs(inner)

    longer = data.replace(b"\x18\x64", b"\x19\x00\x64", 1)
    assert longer != data
    yield "cbor-not-canonical", "The key 100 is written in three bytes.", "cbor", "z" + b58encode(longer)
    yield "cbor-rest", "One byte follows the CBOR.", "cbor", "z" + b58encode(data + b"\x00")
    yield "unknown-proof-field", "The CBOR has the key 101 too.", "proof-value", pairs(lambda f: f.update({101: 0}))
    yield "unknown-registry-field", "Our own list has a 14th member.", "proof-value", ours(lambda f: f.append(0))
    yield "other-version", "Our own list says version 2.", "proof-value", ours(lambda f: f.__setitem__(0, 2))
    yield "not-base58", "The value holds the letter l.", "base58", good[:-1] + "l"
    yield "batch-zero", "Batches are counted from 1.", "proof-value", ours(lambda f: f.__setitem__(3, 0))
    key = "The key is not an Ed25519 multikey."
    yield "key-of-another-kind", key, "proof-value", ours(lambda f: f.__setitem__(6, b"\xec" + f[6][1:]))
    other = "The transaction names another chain than our own fields."
    yield "two-chains", other, "proof-value", pairs(lambda f: f[2][0][1].__setitem__(1, 1))


def validities() -> Iterator[Vector]:
    ended = case(document(validUntil="2026-11-24T12:00:00Z"))
    expired = expect("expired", validity="fail expired")
    yield "7-validity--ended-yesterday", "It was genuine, and has ended.", ended, expired
    now = case(document(validUntil="2026-11-25T13:00:00+01:00"))
    yield "7-validity--ends-this-moment", "It has ended at the very moment it ends.", now, expired
    future = case(document(validFrom="2026-11-25T12:00:01Z"))
    yield "7-validity--begins-in-a-second", "Its start lies ahead.", future, expect("pending", validity="fail not-yet")
