"""A stack as a Comprehensive Learner Record: the same components by the same rule, held whole instead of named."""

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from registry.credential import badge, clr, schema, stack
from registry.credential.integrity import sign_and_digest, verify_proof
from registry.credential.stack import Component
from registry.errors import FormatError
from registry.format import strictjson
from registry.limits import MAX_DEPTH
from registry.rdfc import canonizer
from tests.registry.credential.test_stack import ID, IDS, WHOLE, certificate, codes, component, identity
from tests.support import contexts
from tests.support.badges import KEY, LIST_URL, METHOD, NOW, PROFILE


@pytest.fixture(autouse=True)
def _known(tmp_path: Path) -> Iterator[None]:
    contexts.add(tmp_path / "contexts")
    yield
    canonizer.add({})


def anchored(number: int) -> Component:
    """A component with an anchor proof, which is never looked into here."""
    found = component(IDS[number], number)
    proof = {
        "type": "DataIntegrityProof", "cryptosuite": "merkle-proof-2019", "created": NOW,
        "proofPurpose": "assertionMethod", "verificationMethod": METHOD, "proofValue": "z1",
    }  # fmt: skip
    return Component.of({**found.document, "proof": [*found.document["proof"], proof]})


def build(components: Sequence[Component], **learner: Any) -> dict[str, Any]:
    definition = certificate({"all_of": IDS[: len(components)]})
    return stack.build(
        definition, components, learner, PROFILE, credential_id=ID, status=badge.StatusRef(LIST_URL, 7), now=NOW,
        achievement_url="unused", form="clr",
    )  # fmt: skip


def test_a_record_holds_its_components_with_every_proof_and_says_of_what_they_are_part() -> None:
    parts = [anchored(0), anchored(1)]
    made = build(parts, valid_until="2030-01-01", awarded_on="2026-06-30")
    signed, _ = sign_and_digest(made, KEY, METHOD, NOW)
    assert verify_proof(signed, signed["proof"][0], KEY.multikey)
    subject = signed["credentialSubject"]
    assert [strictjson.canonical(held) for held in subject["verifiableCredential"]] == [
        strictjson.canonical(part.whole()) for part in parts
    ]
    assert [len(held["proof"]) for held in subject["verifiableCredential"]] == [2, 2]
    assert [each["id"] for each in subject["achievement"]] == [*IDS[:2], WHOLE]
    assert [(each["associationType"], each["sourceId"], each["targetId"]) for each in subject["association"]] == [
        ("isPartOf", IDS[0], WHOLE), ("isPartOf", IDS[1], WHOLE),
    ]  # fmt: skip
    assert (signed["type"], signed["name"]) == (["VerifiableCredential", "ClrCredential"], "Title")
    assert (signed["awardedDate"], signed["validUntil"]) == ("2026-06-30T00:00:00Z", "2030-01-01T23:59:59Z")
    assert signed["credentialStatus"]["statusListIndex"] == "7"
    assert subject["id"] == "did:key:zLearner"
    assert subject["identifier"] == [identity("name", "Ana Andromeda")]
    assert "relatedResource" not in signed


def test_rule_and_learner_are_checked_as_for_a_certificate() -> None:
    ana, ben = component(IDS[0], 0), component(IDS[1], 1, id="did:key:zBen")
    assert codes(build, [ana, ben]) == [(2, "other-learner")]
    assert codes(build, [ana, ana]) == [(2, "twice")]
    assert codes(build, [component(IDS[4], 0)]) == [(1, "not-listed")]
    assert codes(build, [component(IDS[0], 0, issuer="did:web:mill.example")]) == [(1, "issuer")]


def test_what_a_record_has_no_place_for_is_refused_and_not_left_out() -> None:
    assert codes(build, [component()], grade="8", credits=3, email="") == [(None, "no-place"), (None, "no-place")]
    assert codes(build, [component()], emial="x") == [(None, "roster.column")]


def test_without_the_context_the_file_the_pin_and_the_setting_are_named() -> None:
    canonizer.add({})
    with pytest.raises(FormatError) as caught:
        build([component()])
    told = f"{caught.value.problem} {caught.value.remedy}"
    assert caught.value.code == "rdf.context"
    for word in (contexts.CLR, contexts.CLR_PIN, "CREDANCHOR_CONTEXTS_DIR", "index.json", "clr-2.0.1.json"):
        assert word in told


@pytest.mark.parametrize(("levels", "code"), [(MAX_DEPTH - 3, None), (MAX_DEPTH - 2, "clr.too-deep")])
def test_a_component_fits_if_the_record_around_it_can_still_be_read(levels: int, code: str | None) -> None:
    held = {**component().document, "deep": json.loads("[" * (levels - 1) + "]" * (levels - 1))}
    whole = {"a": {"b": [held]}}
    if code is None:
        clr.require_room([held])
        strictjson.parse(strictjson.canonical(whole))
        return
    with pytest.raises(FormatError) as caught:
        clr.require_room([held])
    assert caught.value.code == code
    with pytest.raises(FormatError, match="deeper"):
        strictjson.parse(strictjson.canonical(whole))


def test_components_that_are_too_much_for_one_file_are_refused_with_their_size() -> None:
    part = component().document
    big = [{**part, "id": f"urn:x:{number}", "description": "x" * 40_000} for number in range(14)]
    clr.require_room(big[:11])
    with pytest.raises(FormatError, match="of the 524,288") as caught:
        clr.require_room(big)
    assert caught.value.code == "clr.too-large"


CHANGES: dict[str, tuple[tuple[str, ...], Any]] = {
    "no name": (("name",), None),
    "an empty name": (("name",), ""),
    "partial in words": (("partial",), "yes"),
    "contexts of a badge": (
        ("@context",),
        ["https://www.w3.org/ns/credentials/v2", clr.BADGE_CONTEXTS[1], clr.CONTEXT],
    ),
    "nothing in it": (("credentialSubject", "verifiableCredential"), []),
    "one without array": (("credentialSubject", "verifiableCredential"), {}),
    "a text": (("credentialSubject", "verifiableCredential", "0"), "eyJ0.eyJ1.c2ln"),
    "one without proof": (("credentialSubject", "verifiableCredential", "0", "proof"), None),
    "an empty proof": (("credentialSubject", "verifiableCredential", "0", "proof"), []),
    "no subject": (("credentialSubject",), None),
    "nobody": (("credentialSubject", "id"), None),
    "another subject": (("credentialSubject", "type"), ["AchievementSubject"]),
    "an unknown relation": (("credentialSubject", "association", "0", "associationType"), "isPart"),
    "a relation to nothing": (("credentialSubject", "association", "0", "targetId"), None),
    "a local id": (("credentialSubject", "association", "0", "sourceId"), "course-1"),
    "an achievement without criteria": (("credentialSubject", "achievement", "0", "criteria"), None),
}


@pytest.mark.parametrize(("path", "value"), CHANGES.values(), ids=CHANGES)
def test_a_record_of_another_shape_is_refused_with_its_place(path: tuple[str, ...], value: Any) -> None:
    made = build([component()])
    made["credentialSubject"].pop("identifier")
    schema.validate(made)
    changed = copy.deepcopy(made)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[int(key)] if isinstance(inner, list) else inner[key]
    key = int(path[-1]) if isinstance(inner, list) else path[-1]
    if value is None:
        del inner[key]
    else:
        inner[key] = value
    with pytest.raises(FormatError) as caught:
        schema.validate(changed)
    assert caught.value.code == "schema.invalid"
    assert caught.value.pointer.startswith("/" + "/".join(path[:-1]) if path[:-1] else "")
