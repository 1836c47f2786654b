"""Documents made to cost time: refused after a bounded number of steps, counted and not timed."""

import itertools
from typing import Any

import pytest

from registry.errors import FormatError
from registry.rdfc import walk
from registry.rdfc.canonizer import Canonizer, default
from registry.rdfc.contexts import BADGE_CONTEXTS, CONTEXTS, VC_V2

URL = "https://a.example/context"


def refusal(document: Any, canonizer: Canonizer | None = None) -> str:
    with pytest.raises(FormatError) as caught:
        (canonizer or default()).canonize(document)
    return caught.value.code


def test_contexts_that_name_each_other_in_a_circle_are_refused() -> None:
    known = {URL: {"@context": [URL]}, URL + "2": {"@context": {"T": {"@id": "urn:T", "@context": URL + "2"}}}}
    assert refusal({"@context": URL, "@type": "T"}, Canonizer(known)) == "rdf.context"
    assert refusal({"@context": URL + "2", "@type": "T", "x": 1}, Canonizer(known)) == "rdf.undefined-term"


def test_a_long_list_of_contexts_is_refused() -> None:
    assert refusal({"@context": [VC_V2] * (walk.MAX_CONTEXTS + 1), "type": "VerifiableCredential"}) == "rdf.context"


def test_every_combination_of_contexts_costs_no_more_than_some() -> None:
    urls = sorted(url for url in CONTEXTS if "3.0" not in url)[:5]
    nodes = [
        {"@context": [VC_V2, *order], "id": f"urn:x:{number}", "type": "VerifiableCredential"}
        for number, order in enumerate(itertools.permutations(urls, 5))
    ]
    document = {"@context": [VC_V2], "type": ["VerifiablePresentation"], "verifiableCredential": nodes * 10}
    assert refusal(document).startswith("rdf.")


def test_every_combination_of_types_costs_no_more_than_some() -> None:
    names = [f"T{number}" for number in range(10)]
    terms = {name: {"@id": f"urn:x:{name}", "@context": {f"of{name}": f"urn:y:{name}"}} for name in names}
    canonizer = Canonizer({URL: {"@context": {**terms, "other": "urn:x:other"}}})
    combinations = [list(some) for count in range(1, 11) for some in itertools.combinations(names, count)]
    nodes = [{"@type": some} for some in combinations]
    assert refusal({"@context": URL, "@type": "T1", "other": nodes}, canonizer) == "rdf.too-complex"
    assert canonizer._states.made <= walk.MAX_NEW_STATES + 2
    assert canonizer.canonize({"@context": URL, "@type": "T1", "other": nodes[:100]})


def test_contexts_of_its_own_are_short_where_a_document_may_bring_them_at_all() -> None:
    terms = {f"term{number}": f"urn:x:{number}" for number in range(5000)}
    document = {"@context": [VC_V2, terms], "type": ["VerifiableCredential"]}
    assert refusal(document) == "rdf.context"
    assert refusal(document, Canonizer(inline=True)) == "rdf.context"
    small = {"@context": [VC_V2, {"a": "urn:a"}], "type": ["VerifiableCredential"], "a": "x"}
    assert b"<urn:a>" in Canonizer(inline=True).canonize(small)


def test_states_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.rdfc import states

    monkeypatch.setattr(states, "MAX_STATES", 3)
    canonizer = Canonizer()
    documents = [
        {"@context": [VC_V2, *rest], "id": "urn:x:1", "type": ["VerifiableCredential"]}
        for rest in ([], BADGE_CONTEXTS[1:2], BADGE_CONTEXTS[1:], [VC_V2], [])
    ]
    assert [canonizer.canonize(one) for one in documents] == [documents and default().canonize(documents[0])] * 5
    assert len(canonizer._states._by_context) <= 6


def test_ten_thousand_blank_nodes_in_a_circle_or_alike_are_refused() -> None:
    alike = [{"type": ["Evidence"], "name": "x"} for _ in range(5000)]
    document = {"@context": BADGE_CONTEXTS, "type": ["VerifiableCredential"], "evidence": alike}
    assert refusal(document) == "rdf.too-complex"
