"""verify: nothing that was changed passes, nothing bad raises, and nothing is asked in vain."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import anchorproof, strictjson
from registry.limits import MAX_DOCUMENT_BYTES
from registry.verify import ChainAnswer, Unreachable, verify
from tests.support import specimen
from tests.support.cases import Case, Chain, Status, case
from tests.support.specimen import credential, document, prove, to_bytes

GOOD = case()
VALUE = json.loads(GOOD.data)


def outcomes(made: Case) -> dict[str, str]:
    return {check.id: check.outcome for check in made.verify().checks}


def without_hints(value: Any) -> Any:
    """A file's value without what FORMAT.md calls a hint: the anchor proof's verificationMethod and transaction."""
    document, member = anchorproof.detach(value)
    assert member is not None
    proof = anchorproof.decode(member["proofValue"])
    rest = {name: item for name, item in member.items() if name not in ("verificationMethod", "proofValue")}
    return document, rest, replace(proof, tx_hash=bytes(32))


@settings(max_examples=1500, deadline=None)
@given(st.integers(0, len(GOOD.data) * 8 - 1))
def test_any_one_bit_change_of_the_file_is_refused_or_changes_a_hint_only(bit: int) -> None:
    data = bytearray(GOOD.data)
    data[bit // 8] ^= 1 << bit % 8
    changed = replace(GOOD, data=bytes(data))
    report = changed.verify()
    if report.verdict == "valid":
        assert without_hints(strictjson.parse(changed.data)) == without_hints(VALUE)
    elif report.verdict == "pending":  # the proof's kind was changed: nothing is claimed, nothing is confirmed
        assert anchorproof.detach(strictjson.parse(changed.data))[1] is None
    else:
        assert report.verdict == "invalid"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_member_of_the_document_replaced_or_removed_is_refused(data: st.DataObject) -> None:
    value = json.loads(GOOD.data)
    names = sorted(value.keys() - {"proof"})
    place, name = value, data.draw(st.sampled_from(names))
    while isinstance(place[name], dict) and place[name] and data.draw(st.booleans()):
        place = place[name]
        name = data.draw(st.sampled_from(sorted(place)))
    if data.draw(st.booleans()):
        del place[name]
    else:
        place[name] = data.draw(
            st.sampled_from([None, "", "x", 0, [], {}, True]).filter(lambda new: new != place[name])
        )
    assert replace(GOOD, data=to_bytes(value)).verify().verdict == "invalid"


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        to_bytes
    )
)
@example(b"")
@example(b"{}")
@example(b"null")
@example(b"[" * 100_000)
@example(b" " * (MAX_DOCUMENT_BYTES + 1))
def test_arbitrary_bytes_are_an_outcome_and_never_an_exception(data: bytes) -> None:
    report = replace(GOOD, data=data).verify()
    assert report.verdict == "invalid"
    assert report.exit_code == 1
    assert [check.outcome for check in report.checks] == ["fail"] + ["not_run"] * 6
    json.dumps(report.to_json())


MEMBERS = (
    "@context",
    "id",
    "type",
    "issuer",
    "validFrom",
    "validUntil",
    "credentialSubject",
    "credentialStatus",
    "proof",
    "name",
    "awardedDate",
)
JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "\u202e", [], [[]], [None], {}, {"id": 1}, {"id": "x:y"}, "x:y", ["x"]]
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), JUNK, min_size=1))
def test_a_signed_document_with_senseless_members_never_raises(changes: dict[str, Any]) -> None:
    """Signed and anchored by a registered key: an issuer may write nonsense."""
    hashed = {**document(), **changes}
    hashed.pop("proof", None)
    report = case(hashed).verify()
    assert report.verdict in ("valid", "invalid", "unconfirmed", "pending", "expired")
    json.dumps(report.to_json())


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["type", "cryptosuite", "created", "proofPurpose", "verificationMethod", "proofValue", "id"]),
        JUNK,
        min_size=1,
    )
)
def test_an_anchor_proof_with_senseless_members_never_raises_and_is_never_valid(changes: dict[str, Any]) -> None:
    value = credential(document(), prove(document()))
    value["proof"][-1] |= changes
    assert replace(GOOD, data=to_bytes(value)).verify().verdict in ("invalid", "pending")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_status_evidence_with_any_senseless_value_is_unknown_and_never_raises(data: st.DataObject) -> None:
    assert isinstance(GOOD.status.data, bytes)
    value = json.loads(GOOD.status.data)
    place, name = value, data.draw(st.sampled_from(sorted(value)))
    while isinstance(place[name], dict | list) and place[name] and data.draw(st.booleans()):
        place = place[name]
        name = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    new = data.draw(JUNK)
    if new == place[name] and type(new) is type(place[name]):
        return
    place[name] = new
    report = replace(GOOD, status=Status(to_bytes(value))).verify()
    assert report.verdict == "unconfirmed"
    assert report.check("status").outcome == "unknown"


@given(st.binary(max_size=200))
def test_arbitrary_status_evidence_is_unknown(data: bytes) -> None:
    assert replace(GOOD, status=Status(data)).verify().check("status").code == "status.evidence"


@dataclass
class Watch:
    """A chain and a status source that note what they were asked."""

    made: Case
    asked: list[str] = field(default_factory=list)

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        self.asked.append("chain")
        return self.made.chain.lookup(root, key_id)

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        self.asked.append(f"status {list_id} {anchor_number}")
        return self.made.status.fetch(list_id, anchor_number)


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (GOOD, ["chain", f"status {specimen.LIST_URL} {specimen.LATEST_ANCHOR}"]),
        (case(document(credentialStatus=None)), ["chain"]),
        (case(answer=lambda facts: replace(facts, anchor_number=0)), ["chain"]),
        (case(answer=lambda facts: replace(facts, key_issuer=bytes(32))), ["chain"]),
        (case(data=GOOD.data.replace(b"2.5", b"3.5")), []),
        (case(data=b"{}"), []),
        (case(document(), proof=prove(document(), chain_id=1)), []),
    ],
    ids=["valid", "no status", "unknown root", "unknown key", "changed", "no credential", "unknown registry"],
)
def test_nothing_is_asked_that_could_not_change_the_result(made: Case, asked: list[str]) -> None:
    watch = Watch(made)
    replace(made, chain=watch, status=watch).verify()
    assert watch.asked == asked


def test_the_file_cannot_choose_whom_to_ask() -> None:
    """What is opened is the trust profile's entry; the status source gets the URL and may ask elsewhere."""
    opened = []

    def chain(registry: Any) -> Any:
        opened.append(registry)
        return GOOD.chain

    verify(GOOD.data, trust=GOOD.trust, chain=chain, status=GOOD.status, now=GOOD.now)
    assert opened == [specimen.TRUST]


def test_a_chain_that_cannot_be_opened_is_unknown() -> None:
    def chain(registry: Any) -> Any:
        raise Unreachable("https://node.example", "refused")

    report = verify(GOOD.data, trust=GOOD.trust, chain=chain, status=GOOD.status, now=GOOD.now)
    assert report.verdict == "unconfirmed"
    assert report.exit_code == 2
    assert "https://node.example" in report.sentence
    assert "says nothing about the credential" in report.sentence


def test_another_view_for_the_list_key_is_judged_by_the_first_answer_s_time() -> None:
    """Key windows only close; a later block that knows of a revocation after the latest anchor changes nothing."""
    other = specimen.Key("second")
    lists = [
        specimen.list_evidence(specimen.status_list(purpose), key=other) for purpose in ("revocation", "suspension")
    ]
    for revoked_at, expected in ((specimen.LATEST + 1, "valid"), (specimen.LATEST, "unconfirmed")):
        made = case(
            evidence=specimen.status_evidence(*lists),
            other_keys={other.key_id: lambda facts, at=revoked_at: replace(facts, key_revoked_at=at)},
        )
        assert made.verify().verdict == expected


def test_an_unreachable_node_while_asking_for_the_list_key_leaves_the_status_unknown() -> None:
    other = specimen.Key("second")
    lists = [
        specimen.list_evidence(specimen.status_list(purpose), key=other) for purpose in ("revocation", "suspension")
    ]
    made = case(evidence=specimen.status_evidence(*lists))

    @dataclass
    class Flaky:
        def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
            if key_id == other.key_id:
                raise Unreachable("https://node.example", "timed out")
            return made.chain.lookup(root, key_id)

    report = replace(made, chain=Flaky()).verify()
    assert report.check("status").code == "status.unreachable"
    assert report.verdict == "unconfirmed"


def test_an_error_that_is_not_about_the_input_is_not_swallowed() -> None:
    with pytest.raises(KeyError):
        replace(GOOD, chain=Chain({})).verify()
    with pytest.raises(FormatError):
        anchorproof.decode("z")
