"""evidence: strict JSON forms, and key windows to the second."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.verify import ChainFacts, StatusEvidence, Unreachable, WrongChain
from tests.support import specimen

FACTS = specimen.facts()
STATUS = specimen.default_lists()


def test_facts_and_status_evidence_survive_json() -> None:
    assert ChainFacts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS
    assert StatusEvidence.parse(specimen.to_bytes(STATUS.to_json())) == STATUS
    assert list(STATUS.to_json()) == ["format", "anchor", "status_root", "lists_size", "lists"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"extra": 1}, ""),
        ({"chain_id": True}, "/chain_id"),
        ({"chain_id": 1.5}, "/chain_id"),
        ({"chain_id": -1}, "/chain_id"),
        ({"chain_id": 2**53}, "/chain_id"),
        ({"finalized": 1}, "/finalized"),
        ({"contract": "5fbdb2315678afecb367f032d93f642f64180aa3"}, "/contract"),
        ({"log_head": "AB" * 32}, "/log_head"),
        ({"log_head": " " + "ab" * 31 + "a"}, "/log_head"),
        ({"log_head": "ab" * 31}, "/log_head"),
        ({"log_head": None}, "/log_head"),
    ],
)
def test_facts_of_another_form_are_refused_with_their_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(FormatError) as caught:
        ChainFacts.from_json(FACTS.to_json() | changes)
    assert caught.value.code.startswith("evidence.")
    assert caught.value.pointer == place
    with pytest.raises(FormatError):
        ChainFacts.from_json({name: value for name, value in FACTS.to_json().items() if name != "closed"})


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (lambda value: value.update(format="credanchor-status/2"), "/format"),
        (lambda value: value["anchor"].update(path=["00"]), "/anchor/path/0"),
        (lambda value: value["anchor"].update(path=["00" * 32] * 54), "/anchor/path"),
        (lambda value: value["lists"][1].pop("key"), "/lists/1"),
        (lambda value: value["lists"][1].update(key="z6Mk"), "/lists/1/key"),
        (lambda value: value["lists"][0].update(signature="00" * 63), "/lists/0/signature"),
        (lambda value: value["lists"][0].update(credential=[]), "/lists/0/credential"),
        (lambda value: value.update(lists=value["lists"] * 5), "/lists"),
        (lambda value: value.update(lists={}), "/lists"),
        (lambda value: value.update(lists=[1]), "/lists/0"),
    ],
)
def test_status_evidence_of_another_form_is_refused_with_its_place(edit: Any, place: str) -> None:
    value = STATUS.to_json()
    edit(value)
    with pytest.raises(FormatError) as caught:
        StatusEvidence.from_json(value)
    assert caught.value.pointer == place


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(1, 8))
def test_a_key_is_valid_from_its_addition_until_the_earlier_of_revocation_and_compromise(
    added: int, revoked: int, compromised: int, time: int
) -> None:
    facts = replace(FACTS, key_added_at=added, key_revoked_at=revoked, key_compromised_at=compromised)
    ends = [end for end in (revoked, compromised) if end]
    assert facts.key_valid_at(time) is (added != 0 and added <= time and all(time < end for end in ends))


def test_a_key_that_was_never_added_is_never_valid() -> None:
    assert not replace(FACTS, key_added_at=0).key_valid_at(0)
    assert not replace(FACTS, key_added_at=0).key_valid_at(2**40)


def test_refusals_name_the_source_or_both_chains() -> None:
    assert str(Unreachable("https://node.example", "timed out")) == "https://node.example did not answer: timed out."
    assert str(WrongChain(1, 5)) == "The node serves chain 5 instead of 1."
