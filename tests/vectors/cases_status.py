"""Vectors about revocation and suspension: check 6."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from registry.format import bitstring, entries
from registry.verify import Unreachable
from tests.support import specimen as s
from tests.support.cases import Case, Status, case
from tests.support.specimen import document, to_bytes
from tests.vectors.expected import Vector, expect, status_unknown


def statuses() -> Iterator[Vector]:
    def lists(revocation: Any = None, suspension: Any = None, **changes: Any) -> Case:
        found = (
            s.list_evidence(s.status_list("revocation", **(revocation or {}))),
            s.list_evidence(s.status_list("suspension", **(suspension or {}))),
        )
        return case(evidence=s.status_evidence(*found), **changes)

    bit = {"bits": {s.STATUS_INDEX}}
    yield (
        "6-status--revoked",
        "The bit in the revocation list is set.",
        lists(bit),
        expect("revoked", status="fail revoked"),
    )
    yield (
        "6-status--suspended",
        "The bit in the suspension list is set.",
        lists(None, bit),
        expect("suspended", status="fail suspended"),
    )
    yield (
        "6-status--revoked-and-suspended",
        "Both bits are set.",
        lists(bit, bit),
        expect("revoked", status="fail revoked"),
    )
    one = s.list_evidence(s.status_list("revocation", {s.STATUS_INDEX}))
    what = "The revocation list proves the bit; the suspension list is missing."
    yield (
        "6-status--revoked-without-the-other-list",
        what,
        case(evidence=s.status_evidence(one)),
        expect("revoked", status="fail revoked"),
    )
    ended = replace(lists(bit), now=s.NOW + timedelta(days=3650))
    what = "Revoked, and its end date has passed."
    yield (
        "6-status--revoked-and-expired",
        what,
        ended,
        expect("revoked", status="fail revoked", validity="fail expired"),
    )

    down = Status(Unreachable("https://registry.example", "connection refused"))
    yield "6-status--lists-unreachable", "No evidence.", replace(case(), status=down), status_unknown("unreachable")
    junk = replace(case(), status=Status(b"{}"))
    yield "6-status--evidence-malformed", "The evidence is an empty object.", junk, status_unknown("evidence")
    alone = s.list_evidence(s.status_list("revocation"))
    yield (
        "6-status--suspension-list-missing",
        "Only one list of the pair.",
        case(evidence=s.status_evidence(alone)),
        status_unknown("list-missing"),
    )
    older = s.default_lists()
    newer = case(answer=lambda f: replace(f, latest_number=f.latest_number + 1, latest_root=s.sha("newer root")))
    yield "6-status--list-from-older-anchor", "A newer anchor exists.", newer, status_unknown("other-anchor")
    renumbered = replace(newer, status=Status(to_bytes(replace(older, anchor_number=s.LATEST_ANCHOR + 1).to_json())))
    what = "Older lists under the number of the newest anchor."
    yield "6-status--older-lists-renumbered", what, renumbered, status_unknown("root")
    yield from _list_cases(lists)


def _list_cases(lists: Callable[..., Case]) -> Iterator[Vector]:
    pair = (s.list_evidence(s.status_list("revocation")), s.list_evidence(s.status_list("suspension")))

    def evidence(edit: Callable[[dict[str, Any]], Any]) -> Case:
        """The evidence, edited after everything was committed to."""
        value = s.status_evidence(*pair).to_json()
        edit(value["lists"][0])
        return replace(case(), status=Status(to_bytes(value)))

    older = s.status_list("revocation", validFrom="2026-03-01T00:00:00Z")
    yield (
        "6-status--list-swapped",
        "Another version than the anchor commits to.",
        evidence(lambda x: x.update(credential=older)),
        status_unknown("list-path"),
    )
    yield (
        "6-status--list-version-changed",
        "The version was changed.",
        evidence(lambda x: x.update(version=4)),
        status_unknown("list-path"),
    )
    yield (
        "6-status--list-signature-missing",
        "The signature is zero.",
        evidence(lambda x: x.update(signature="00" * 64)),
        status_unknown("list-signature"),
    )
    thief = s.Key("thief")
    forged = (s.list_evidence(s.status_list("revocation"), key=thief), pair[1])
    stranger = {thief.key_id: lambda f: replace(f, key_issuer=entries.issuer_id("did:web:thief.example"))}
    made = case(evidence=s.status_evidence(*forged), other_keys=stranger)
    yield (
        "6-status--list-signed-by-another-issuer",
        "The list's key belongs to another issuer.",
        made,
        status_unknown("list-key"),
    )
    revoked = case(answer=lambda f: replace(f, key_revoked_at=s.LATEST))
    what = "The key that signed the lists was revoked when the newest anchor was made; nobody signed them again."
    yield "6-status--list-key-no-longer-valid", what, revoked, status_unknown("list-key")
    cases: list[tuple[str, str, str, dict[str, Any]]] = [
        ("list-of-other-issuer", "The list names another issuer.", "list-issuer", {"issuer": "did:web:other.example"}),
        ("list-id-differs", "The list's id is not its name.", "list-type", {"id": s.LIST_URL + "2"}),
        ("list-of-another-type", "It is no status list.", "list-type", {"type": ["VerifiableCredential"]}),
        (
            "list-for-another-purpose",
            "Its purpose is message.",
            "list-purpose",
            {"credentialSubject": {"statusPurpose": "message"}},
        ),
        ("list-expired", "The list's own validity has ended.", "list-validity", {"validUntil": "2026-11-24T00:00:00Z"}),
        (
            "list-not-yet-valid",
            "The list becomes valid tomorrow.",
            "list-validity",
            {"validFrom": "2026-11-26T00:00:00Z"},
        ),
        (
            "list-too-short",
            "One byte less than the standard demands.",
            "list-length",
            {"credentialSubject": {"encodedList": bitstring.encode(bytes(16_383))}},
        ),
        ("list-not-gzip", "The bits are not packed.", "list-bits", {"credentialSubject": {"encodedList": "uAAAA"}}),
        (
            "list-is-a-bomb",
            "It unpacks to more than 1 MiB.",
            "list-bits",
            {"credentialSubject": {"encodedList": bitstring.encode(bytes(1024 * 1024 + 1))}},
        ),
    ]
    for name, what, code, changes in cases:
        if "id" in changes:
            content = s.status_list("revocation", **changes)
            made = case(evidence=s.status_evidence(s.list_evidence(content, list_id=s.LIST_URL), pair[1]))
        else:
            made = lists(changes)
        yield f"6-status--{name}", what, made, status_unknown(code)

    def entry(**changes: Any) -> Case:
        return case(document(credentialStatus=document()["credentialStatus"] | changes))

    yield (
        "6-status--bit-out-of-range",
        "Entry 131,072 of 131,072.",
        entry(statusListIndex="131072"),
        status_unknown("range"),
    )
    yield "6-status--index-not-a-text", "The index is a number.", entry(statusListIndex=7), status_unknown("entry")
    yield "6-status--index-with-leading-zero", "007.", entry(statusListIndex="007"), status_unknown("entry")
    yield (
        "6-status--other-kind-of-status",
        "1EdTechRevocationList.",
        entry(type="1EdTechRevocationList"),
        status_unknown("entry"),
    )
    empty = case(document(credentialStatus=[]))
    what = "An empty credentialStatus is not the same as none."
    yield "6-status--empty-status", what, empty, status_unknown("entry")
