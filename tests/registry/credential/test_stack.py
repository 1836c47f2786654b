"""Stacks: the rule of the definition, one learner, and a badge that commits to its components."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.credential import badge, schema, stack
from registry.credential.achievement.components import MAX_COMPONENTS
from registry.credential.integrity import sign_and_digest
from registry.credential.learner import same_learner
from registry.credential.stack import Component
from registry.errors import RowErrors
from registry.format.strictjson import canonical
from tests.support.badges import DID, KEY, LIST_URL, METHOD, MINIMAL, NOW, PROFILE, parse, shared_json, unsigned

WHOLE = "https://u.example/achievements/certificate/v1"
IDS = [f"https://u.example/achievements/{letter}/v1" for letter in "abcde"]
ID = "urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae8"


def identity(kind: str, value: str, salt: str = "") -> dict[str, Any]:
    hashed = {"salt": salt, "identityHash": badge.identity_hash(value, salt)} if salt else {"identityHash": value}
    return {"type": "IdentityObject", "identityType": kind, "hashed": bool(salt), **hashed}


def component(
    achievement: str = IDS[0],
    number: int = 0,
    *,
    issuer: str = DID,
    id: str | None = "did:key:zLearner",
    credits: Any = 5,
    identifiers: Sequence[Any] = (identity("name", "Ana Andromeda"),),
) -> Component:
    """A component as it looks to somebody who knows that it is genuine."""
    made = unsigned()
    subject = made["credentialSubject"]
    subject |= {"id": id, "creditsEarned": credits, "identifier": list(identifiers)}
    subject["achievement"]["id"] = achievement
    made |= {"id": f"urn:uuid:{number:08}-7425-40de-944b-e07fc1f90ae7", "issuer": {**made["issuer"], "id": issuer}}
    made["credentialSubject"] = {name: value for name, value in subject.items() if value is not None}
    signed, _ = sign_and_digest(made, KEY, METHOD, NOW)
    return Component.of(signed)


def certificate(requires: Any) -> Any:
    return parse({**MINIMAL, "id": WHOLE, "stacking": {"stand_alone": True, "requires": requires}})


def build(components: Sequence[Component], requires: Any = None, **learner: Any) -> dict[str, Any]:
    return stack.build(
        certificate(requires or {"all_of": [each.achievement_id for each in components]}), components, learner, PROFILE,
        credential_id=ID, status=badge.StatusRef(LIST_URL, 7), now=NOW, achievement_url="unused",
    )  # fmt: skip


def codes(call: Any, *args: Any, **more: Any) -> list[tuple[int | None, str]]:
    """Row and code of everything that is wrong."""
    with pytest.raises(RowErrors) as caught:
        call(*args, **more)
    assert all(error.remedy and error.problem for error in caught.value.errors)
    return [(error.row, error.code.removeprefix("stack.")) for error in caught.value.errors]


def test_a_stack_commits_to_each_component_by_the_digest_of_its_canonical_form() -> None:
    parts = [component(IDS[0], 0), component(IDS[1], 1)]
    made = build(parts)
    assert [entry["id"] for entry in made["relatedResource"]] == [part.id for part in parts]
    for entry, part in zip(made["relatedResource"], parts, strict=True):
        digest = hashlib.sha256(canonical(part.document)).digest()
        assert entry == {
            "id": part.id, "mediaType": "application/vc", "digestSRI": "sha256-" + base64.b64encode(digest).decode(),
        }  # fmt: skip
        assert "proof" in part.document, "as its issuer signed it"
    assert made["credentialSubject"]["id"] == "did:key:zLearner"
    assert made["credentialSubject"]["achievement"]["id"] == WHOLE
    assert made["awardedDate"] == "2026-07-01T00:00:00Z"
    signed, _ = sign_and_digest(made, KEY, METHOD, NOW)  # every member has its term
    changed = json.loads(json.dumps(made))
    changed["relatedResource"][1]["digestSRI"] = "sha256-" + "A" * 43 + "="
    assert sign_and_digest(changed, KEY, METHOD, NOW)[0]["proof"] != signed["proof"], "the digest is signed"


def test_the_official_schema_accepts_a_stack() -> None:
    made, _ = sign_and_digest(build([component(IDS[0]), component(IDS[1], 1)]), KEY, METHOD, NOW)
    official = jsonschema_rs.validator_for(
        shared_json("schemas", "ob_v3p0_achievementcredential_schema.json"), validate_formats=True
    )
    assert [str(error) for error in official.iter_errors(made)] == []
    assert schema.problems(made) == []


def test_the_anchor_proof_of_a_component_is_no_part_of_its_digest() -> None:
    part = component()
    anchor = {"type": "DataIntegrityProof", "cryptosuite": "merkle-proof-2019"}
    assert Component.of({**part.document, "proof": [*part.document["proof"], anchor]}) == part


amounts = st.one_of(st.integers(1, 20), st.integers(1, 20_000).map(lambda n: n / 1000))
rules = st.one_of(
    st.lists(st.sampled_from(IDS), min_size=1, unique=True).map(lambda ids: {"all_of": ids}),
    st.lists(st.sampled_from(IDS), min_size=1, unique=True).flatmap(
        lambda ids: st.integers(1, len(ids)).map(lambda count: {"n_of": {"count": count, "of": ids}})
    ),
    st.builds(
        lambda ids, credits: {"min_credits": {"credits": credits, "of": ids}},
        st.lists(st.sampled_from(IDS), min_size=1, unique=True), amounts,
    ),
)  # fmt: skip
SAMPLE = component().document


def light(achievement: str, credits: Any, number: int) -> Component:
    """A component without the cost of a signature."""
    subject = {"creditsEarned": credits, "achievement": {"id": achievement}}
    return Component({**SAMPLE, "id": f"urn:x:{number}", "credentialSubject": subject}, bytes(32))


parts = st.builds(
    light,
    st.sampled_from(IDS), st.one_of(st.none(), amounts), st.integers(0, 30),
)  # fmt: skip


@given(rules, st.lists(parts, min_size=1, max_size=6))
def test_a_rule_is_met_exactly_if_different_listed_components_meet_it(
    requires: dict[str, Any], given_: list[Component]
) -> None:
    ((form, rule),) = requires.items()
    listed = set(rule if form == "all_of" else rule["of"])
    names = [part.achievement_id for part in given_]
    clean = len({part.id for part in given_}) == len(names) == len(set(names)) and set(names) <= listed
    earned = sum(Fraction(str(part.document["credentialSubject"]["creditsEarned"] or 0)) for part in given_)
    enough = {
        "all_of": lambda: set(names) == listed,
        "n_of": lambda: len(names) >= rule["count"],
        "min_credits": lambda: earned >= Fraction(str(rule["credits"])),
    }[form]()
    try:
        stack.check_rule(certificate(requires), given_, WHOLE, DID)
    except RowErrors:
        assert not (clean and enough)
    else:
        assert clean
        assert enough


@pytest.mark.parametrize("credits", [True, -5, 0, 1e15, 601, "30", None, [30], {"n": 30}])
def test_credits_that_are_no_amount_of_credits_count_nothing(credits: Any) -> None:
    rule = {"min_credits": {"credits": 1, "of": IDS}}
    assert codes(build, [component(credits=5), light(IDS[1], credits, 1)], {"min_credits": {"credits": 6, "of": IDS}})
    assert codes(stack.check_rule, certificate(rule), [light(IDS[0], credits, 0)], WHOLE, DID) == [(None, "rule")]


def test_what_cannot_count_is_told_with_its_row() -> None:
    one, two = component(IDS[0], 0), component(IDS[1], 1)
    rule = {"n_of": {"count": 1, "of": IDS[:3]}}
    assert codes(build, [one, one], rule) == [(2, "twice")]
    assert codes(build, [one, two, component(IDS[0], 2)], rule) == [(3, "same-achievement")]
    assert codes(build, [one, component(IDS[4], 3)], rule) == [(2, "not-listed")]
    assert codes(build, [one, component(WHOLE, 4)], rule) == [(2, "not-listed")]
    assert codes(build, [one, component(IDS[1], 5, issuer="did:web:mill.example")], rule) == [(2, "issuer")]
    assert build(
        [one, component(IDS[1], 5, issuer="did:web:mill.example")], {**rule, "issuers": ["did:web:mill.example"]}
    )
    assert codes(build, [one] * (MAX_COMPONENTS + 1), rule) == [(None, "too-many")]
    assert codes(build, [one] * 10_000, rule) == [(None, "too-many")]
    assert codes(build, [], rule) == [(None, "too-many")]


def test_a_definition_without_a_rule_or_that_is_its_own_component_makes_no_stack() -> None:
    plain = parse(MINIMAL)
    assert codes(stack.check_rule, plain, [component()], "urn:x:y", DID) == [(None, "no-rule")]
    itself = parse({**MINIMAL, "stacking": {"stand_alone": True, "requires": {"n_of": {"count": 1, "of": IDS}}}})
    assert codes(stack.check_rule, itself, [component(IDS[1])], IDS[0], DID) == [(None, "itself")]


MAIL = "ana@learner.example"


def hashed(salt: str, mail: str = MAIL) -> list[Any]:
    return [identity("name", "Ana Andromeda"), identity("emailAddress", mail, salt)]


def known(documents: Sequence[Component], **given_: Any) -> Mapping[str, Any]:
    return same_learner(given_, [part.document for part in documents], DID)


def test_salted_hashes_alone_do_not_say_that_two_learners_are_one_but_the_address_does() -> None:
    two = [
        component(IDS[0], 0, id=None, identifiers=hashed("aa")),
        component(IDS[1], 1, id=None, identifiers=hashed("bb")),
    ]
    assert codes(known, two) == [(2, "learner-unknown")]
    assert known(two, email=MAIL.upper())["email"] == MAIL.upper()
    made = build(two, email=MAIL.upper())
    (mail,) = (each for each in made["credentialSubject"]["identifier"] if each["identityType"] == "emailAddress")
    assert mail["identityHash"] == badge.identity_hash(MAIL, mail["salt"])
    assert codes(known, two, email="ben@learner.example") == [(1, "other-learner"), (2, "other-learner")]
    three = [*two, component(IDS[2], 2, id=None, identifiers=hashed("cc", "ben@learner.example"))]
    assert codes(known, three, email=MAIL) == [(3, "other-learner")]


def test_a_component_of_another_learner_is_found_by_id_and_by_the_issuer_s_own_number() -> None:
    a, b = component(IDS[0], 0), component(IDS[1], 1, id="did:key:zAnother")
    assert codes(known, [a, b]) == [(2, "other-learner")]
    assert codes(known, [a], learner_id="did:key:zAnother") == [(1, "other-learner")]
    name = identity("name", "Ana Andromeda")

    def numbered(number: str, place: int, issuer: str = DID) -> Component:
        identifiers = [name, identity("identifier", number)]
        return component(IDS[place], place, id=None, identifiers=identifiers, issuer=issuer)

    assert known([numbered("4711", 0), numbered("4711", 1)]) == {"name": "Ana Andromeda", "learner_id": "4711"}
    assert (2, "other-learner") in codes(known, [numbered("4711", 0), numbered("4712", 1)])
    elsewhere = numbered("4711", 1, issuer="did:web:mill.example")
    assert codes(known, [numbered("4711", 0), elsewhere]) == [(2, "learner-unknown")], "their 4711 is somebody else"


def test_the_address_of_one_learner_does_not_vouch_for_an_id_that_nothing_ties_to_it() -> None:
    ana, ben = component(IDS[0], 0, id=None, identifiers=hashed("aa")), component(IDS[1], 1, id="did:key:zBen")
    assert codes(known, [ana, ben], email=MAIL) == [(2, "learner-unknown")]
    both = component(IDS[2], 2, id="did:key:zBen", identifiers=hashed("cc"))
    assert known([ana, ben, both], email=MAIL)["learner_id"] == "did:key:zBen", "the third ties them"


def test_names_decide_nothing_but_differing_ones_must_be_settled() -> None:
    a = component(IDS[0], 0)
    b = component(IDS[1], 1, identifiers=[identity("name", "Ana A. Andromeda")])
    assert codes(known, [a, b]) == [(None, "name")]
    assert known([a, b], name="Ana Andromeda")["name"] == "Ana Andromeda"
    same = [component(IDS[place], place, id=None) for place in range(2)]
    assert codes(known, same) == [(2, "learner-unknown")]


@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": None}, {"identifier": "x"}, {"identifier": [None, 7, {}]}, {"id": 7}, {"id": ["did:key:z"]},
        {"identifier": [{"identityType": "emailAddress", "identityHash": 7, "hashed": True}]},
        {"identifier": [{"identityType": "emailAddress", "identityHash": "sha256$", "hashed": True, "salt": 7}]},
        {"identifier": [{"identityType": ["name"], "identityHash": "x", "hashed": False}]},
        {"achievement": None}, {"achievement": "x"}, {"achievement": {"id": 7}},
    ],
)  # fmt: skip
def test_subjects_of_any_shape_are_read_without_a_fault(subject: dict[str, Any]) -> None:
    odd = Component({**SAMPLE, "credentialSubject": subject}, bytes(32))
    good = component(IDS[1], 1)
    assert codes(known, [good, odd], email=MAIL)
    stack_codes = codes(stack.check_rule, certificate({"all_of": IDS}), [odd], WHOLE, DID)
    assert [row for row, _ in stack_codes] == [1]


def test_the_learner_s_columns_are_checked_like_a_roster() -> None:
    parts_ = [component()]
    assert codes(build, parts_, emial=MAIL) == [(None, "roster.column")]
    assert codes(build, parts_, awarded_on="2030-01-01") == [(None, "roster.date")]
    assert codes(build, parts_, grade="8") == [(None, "roster.grade")]
    assert build(parts_, awarded_on="2026-06-30")["awardedDate"] == "2026-06-30T00:00:00Z"
