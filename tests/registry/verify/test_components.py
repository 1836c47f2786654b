"""Components get lines of their own, whatever they are, and the verdict of the credential never moves."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from registry.format import strictjson
from registry.format.digests import sri
from registry.verify import ChainAnswer, Given, Report, TrustProfile, Unreachable
from registry.verify.components import MAX_CHECKED, MAX_LINES
from tests.support import specimen
from tests.support.cases import Case, Chain, case
from tests.support.nesting import Learner, entry
from tests.support.specimen import credential, document, facts, prove, to_bytes

Entry = dict[str, Any]


def verify(made: Case, *files: bytes, **changes: Any) -> Report:
    given = [Given.read(f"{index}.json", file) for index, file in enumerate(files)]
    return made.verify(components=given, **changes)


def lines(report: Report) -> list[tuple[str, str, str]]:
    """Outcome, code and file of each line; the verdict is that of the credential without them."""
    assert report.verdict == "valid"
    assert report.components is not None
    return [(line.outcome, line.code.removeprefix("component."), line.file) for line in report.components]


@pytest.fixture
def ana() -> Learner:
    return Learner()


def test_a_component_that_is_given_is_told_with_its_file_its_digest_and_its_own_verdict(ana: Learner) -> None:
    one, two = ana.earn(1), ana.earn(2)
    report = verify(ana.certificate([entry(one), entry(two)]), two)
    assert lines(report) == [("not_run", "not-given", ""), ("pass", "ok", "0.json")]
    missing, found = report.components or ()
    whole = json.loads(two)
    assert found.sha256 == strictjson.digest({name: value for name, value in whole.items() if name != "proof"}).hex()
    assert (found.verdict, found.title) == ("valid", "Soil science in practice")
    assert found.sentence.startswith("0.json is what the credential commits to. Valid.")
    assert missing.id in missing.sentence
    assert report.to_json()["components"][1]["sha256"] == found.sha256
    assert report.components_exit_code == 1
    assert verify(ana.certificate([entry(two)]), two).components_exit_code == 0


def test_a_credential_without_components_says_so_and_one_that_is_not_authentic_is_not_looked_into(ana: Learner) -> None:
    assert (case().verify().components, case().verify().components_exit_code) == ((), 0)
    good = ana.certificate([entry(ana.earn(1))])
    forged = replace(good, data=good.data.replace(b"Soil science", b"Soil_science"))
    assert (forged.verify().verdict, forged.verify().components) == ("invalid", None)
    assert case(data=to_bytes(document())).verify().components is None
    assert case(data=b"{").verify().components is None


def test_a_file_with_other_contents_under_the_same_id_is_not_the_component(ana: Learner) -> None:
    good = ana.earn(1)
    swapped = ana.earn(1, name="Soil science, advanced")
    altered = good.replace(b'"creditsEarned":2.5', b'"creditsEarned":25')
    made = ana.certificate([entry(good)])
    for other in (swapped, altered):
        report = verify(made, other)
        assert lines(report) == [("fail", "digest", "0.json")]
        assert "other contents" in (report.components or ())[0].sentence
        assert report.components_exit_code == 1
        assert lines(verify(made, other, good)) == [("pass", "ok", "1.json")], "the right one is there, too"


def test_white_space_and_the_anchor_proof_are_no_part_of_the_digest_but_the_proof_is_checked(ana: Learner) -> None:
    good = ana.earn(1)
    made = ana.certificate([entry(good)])
    spread = json.dumps(json.loads(good), indent=3, ensure_ascii=True).encode()
    assert lines(verify(made, spread)) == [("pass", "ok", "0.json")]
    whole = json.loads(good)
    without = to_bytes({name: value for name, value in whole.items() if name != "proof"})
    report = verify(made, without)
    assert lines(report) == [("unknown", "pending", "0.json")]
    assert report.components_exit_code == 2
    whole["proof"][-1]["created"] = "2026-04-11T00:00:01Z"
    assert lines(verify(made, to_bytes(whole))) == [("fail", "invalid", "0.json")]


def test_the_component_s_own_verdict_is_told(ana: Learner) -> None:
    expired = ana.earn(1, validUntil="2026-11-25T11:59:59Z")
    future = ana.earn(2, validFrom="2027-01-01T00:00:00Z")
    elsewhere = ana.earn(3, chain_id=77)
    report = verify(ana.certificate([entry(each) for each in (expired, future, elsewhere)]), expired, future, elsewhere)
    assert [line[:2] for line in lines(report)] == [("fail", "expired"), ("unknown", "pending"), ("fail", "invalid")]
    assert "does not count any more: " in (report.components or ())[0].sentence


def test_a_revoked_component_does_not_count_and_the_certificate_stands(ana: Learner) -> None:
    lists = [
        specimen.list_evidence(specimen.status_list("revocation", {7})),
        specimen.list_evidence(specimen.status_list("suspension")),
    ]
    evidence = specimen.status_evidence(*lists)
    place = {**document()["credentialStatus"], "id": f"{specimen.LIST_URL}#7", "statusListIndex": "7"}
    hashed = document(id="urn:uuid:00000001-7425-40de-944b-e07fc1f90ae7", credentialStatus=place)
    part = case(hashed, evidence=evidence)
    whole = case(document(relatedResource=[entry(part.data)]), evidence=evidence)
    made = replace(whole, chain=Chain({**part.chain.answers, **whole.chain.answers}))
    report = verify(made, part.data)
    assert lines(report) == [("fail", "revoked", "0.json")]
    assert report.components_exit_code == 1


def test_what_a_node_does_not_answer_is_unknown_and_never_a_pass(ana: Learner) -> None:
    good = ana.earn(1)
    made = ana.certificate([entry(good)])
    own = case(document(relatedResource=[entry(good)])).chain.answers

    class Deaf(Chain):
        """Answers about the certificate only."""

        def lookup(self, root: bytes, key_id: bytes) -> Any:
            if (root, key_id) in ana.answers and (root, key_id) not in own:
                raise Unreachable("The node", "no answer")
            return super().lookup(root, key_id)

    report = verify(replace(made, chain=Deaf(made.chain.answers)), good)
    assert lines(report) == [("unknown", "unconfirmed", "0.json")]
    assert report.components_exit_code == 2


def test_a_component_on_a_test_network_has_no_standing_unless_the_whole_is_a_test_itself(ana: Learner) -> None:
    trial = replace(specimen.TRUST, chain_id=77, test=True)
    hashed = document(id="urn:uuid:00000009-7425-40de-944b-e07fc1f90ae7", credentialStatus=None)
    proof = prove(hashed, chain_id=77)
    made = ana.certificate([entry(to_bytes(hashed))])
    answers = {(proof.anchor_root, specimen.KEY.key_id): ChainAnswer(facts(chain_id=77))}
    both = replace(
        made, chain=Chain({**made.chain.answers, **answers}), trust=TrustProfile((specimen.TRUST, trial))
    )  # fmt: skip
    assert lines(verify(both, to_bytes(credential(hashed, proof)))) == [("fail", "test-network", "0.json")]
    good = ana.earn(1)
    everything = replace(
        ana.certificate([entry(good)]), trust=TrustProfile((replace(specimen.TRUST, test=True),))
    )  # fmt: skip
    report = verify(everything, good)
    assert (report.verdict, [line.outcome for line in report.components or ()]) == ("valid_test", ["pass"])


def test_entries_that_commit_to_nothing_that_can_be_checked_fail(ana: Learner) -> None:
    good = ana.earn(1)
    fair = entry(good)
    for changes in (
        {"digestSRI": "sha256-" + base64.b64encode(bytes(31)).decode()},
        {"digestSRI": "sha384-" + base64.b64encode(bytes(48)).decode()},
        {"digestSRI": None}, {"digestSRI": 7}, {"digestSRI": ["sha256-x"]}, {"digestSRI": "sha256-" + "A" * 5000},
        {"digestSRI": None, "digestMultibase": "zQm"}, {"digestMultibase": "u" + "A" * 43},
    ):  # fmt: skip
        assert lines(verify(ana.certificate([entry(good, **changes)]), good)) == [("fail", "form", "")], changes
    twice = [fair, {**fair, "digestSRI": sri(bytes(32))}]
    assert lines(verify(ana.certificate(twice), good)) == [("fail", "form", "")] * 2
    assert lines(verify(ana.certificate([fair, fair]), good)) == [("fail", "form", "")] * 2
    raw = bytes.fromhex((verify(ana.certificate([fair]), good).components or ())[0].sha256)
    for digest in (raw, b"\x12\x20" + raw):
        text = "u" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
        for sri_too in (None, fair["digestSRI"]):
            made = ana.certificate(entry(good, digestSRI=sri_too, digestMultibase=text))
            assert lines(verify(made, good)) == [("pass", "ok", "0.json")]


def test_a_certificate_that_names_itself_is_told_and_nothing_runs_in_circles(ana: Learner) -> None:
    own = document()["id"]
    made = ana.certificate([{"id": own, "mediaType": "application/vc", "digestSRI": sri(bytes(32))}])
    assert lines(verify(made, made.data)) == [("fail", "circular", "")]
    inner = ana.earn(1, relatedResource=[{"id": own, "mediaType": "application/vc", "digestSRI": sri(bytes(32))}])
    outer = ana.certificate([entry(inner)])
    assert lines(verify(outer, inner, outer.data)) == [("pass", "ok", "0.json"), ("not_run", "not-named", "1.json")]


def test_other_resources_are_no_components_and_other_files_are_told(ana: Learner) -> None:
    good, other = ana.earn(1), ana.earn(2)
    related = [
        {"id": "https://u.example/logo.png", "mediaType": "image/png", "digestSRI": sri(bytes(32))},
        "x",
        None,
        7,
    ]
    made = ana.certificate([*related, entry(good)])
    assert lines(verify(made, good, other, b"{", b"\x89PNG")) == [
        ("pass", "ok", "0.json"), ("not_run", "not-named", "1.json"), ("not_run", "unreadable", "2.json"),
        ("not_run", "unreadable", "3.json"),
    ]  # fmt: skip
    assert verify(made, good, other).components_exit_code == 0
    bare = ana.certificate([entry(good, mediaType=None)])
    assert lines(verify(bare)) == []
    assert lines(verify(bare, good)) == [("pass", "ok", "0.json")], "recognised by its id"
    for odd in ("x", 7, None, {}, {"id": 7}, [[]]):
        assert lines(verify(ana.certificate(odd), good)) == [("not_run", "not-named", "0.json")]


def test_the_same_component_under_two_file_names_is_one(ana: Learner) -> None:
    good = ana.earn(1)
    assert lines(verify(ana.certificate([entry(good)]), good, good)) == [("pass", "ok", "0.json")]


def test_ten_thousand_components_cost_no_more_than_the_first(ana: Learner) -> None:
    files = [ana.earn(number) for number in range(MAX_CHECKED + 3)]
    asked: list[bytes] = []

    class Counting(Chain):
        def lookup(self, root: bytes, key_id: bytes) -> Any:
            asked.append(root)
            return super().lookup(root, key_id)

    made = ana.certificate([entry(each) for each in files])
    made = replace(made, chain=Counting(made.chain.answers))
    report = verify(made, *files)
    assert [line[:2] for line in lines(report)] == [("pass", "ok")] * MAX_CHECKED + [("not_run", "too-many")]
    assert "3 more" in (report.components or ())[-1].sentence
    assert len(set(asked)) == MAX_CHECKED + 1
    assert report.components_exit_code == 1
    many = [{"id": f"urn:x:{number}", "mediaType": "application/vc"} for number in range(10_000)]
    assert len(lines(ana.certificate(many).verify())) == MAX_LINES + 1
    others = [Given(f"{number}.json", b"", None) for number in range(10_000)]
    assert len(lines(ana.certificate([]).verify(components=others))) == MAX_LINES + 1


def test_texts_of_files_are_shown_without_tricks(ana: Learner) -> None:
    evil = ana.certificate([{"id": "urn:x:\u202e\nvalid" + "x" * 5000, "mediaType": "application/vc"}])
    (line,) = evil.verify().components or ()
    assert "\n" not in line.sentence
    assert "\u202e" not in line.sentence + line.id
    assert len(line.sentence) < 400
