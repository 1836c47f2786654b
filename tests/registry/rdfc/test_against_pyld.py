"""The same bytes as pyld wherever a document is safe, on everybody's samples and on generated documents."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.rdfc.canonizer import default
from registry.rdfc.contexts import BADGE_CONTEXTS, CONTEXTS, OPEN_BADGES, VC_V1, VC_V2
from tests.support import badges, pyld_oracle

SAMPLES = {"1edtech-validator": 9, "models": 4, "obspec": 7, "w3c/vcdm2-input": 62}
"""Folders of samples, and how many of them are safe."""

MORE = {
    "credential-description-language-direction-en-ok.json: rdf.direction",
    "credential-issuer-null-fail.json: rdf.dropped",
    "credential-name-language-direction-en-ok.json: rdf.direction",
    "credential-schema-non-url-id-fail.json: rdf.iri",
    "issuer-description-language-direction-en-ok.json: rdf.direction",
    "issuer-name-language-direction-en-ok.json: rdf.direction",
    "presentation-enveloped-vc-missing-type-fail.json: rdf.dropped",
    "presentation-no-type-fail.json: rdf.dropped",
    "presentation-vc-as-string-fail.json: rdf.dropped",
    "presentation-vc-missing-required-type-fail.json: rdf.undefined-term",
}
"""Samples that are refused although the recipe finds nothing. A direction has no agreed RDF; the others shall fail."""


def documents(folder: str) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in sorted(badges.shared(*folder.split("/")).rglob("*.json")):
        try:
            document = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(document, dict) and "@context" in document and _known(document["@context"]):
            found.append((path, document))
    return found


def _known(named: Any) -> bool:
    urls = named if isinstance(named, list) else [named]
    return all(isinstance(url, str) and url in CONTEXTS for url in urls)


def attempt(document: dict[str, Any]) -> bytes | FormatError:
    try:
        return default().canonize(document)
    except FormatError as error:
        return error


def agree(document: dict[str, Any]) -> None:
    mine = attempt(document)
    if isinstance(mine, bytes):
        assert mine == pyld_oracle.canonize(document)
    else:
        assert mine.code.startswith("rdf.")
        assert mine.pointer


@pytest.mark.parametrize("folder", SAMPLES)
def test_every_safe_sample_has_the_bytes_that_pyld_gives(folder: str) -> None:
    answers = [(attempt(document), document) for _, document in documents(folder)]
    safe = [(mine, pyld_oracle.canonize(document)) for mine, document in answers if isinstance(mine, bytes)]
    assert all(mine == theirs for mine, theirs in safe)
    assert len(safe) == SAMPLES[folder]


def test_what_is_refused_pyld_drops_or_guesses_too_or_it_is_listed_here() -> None:
    # pyld has no safe mode: the recipe around it finds undefined terms and relative references, and nothing else.
    more = set()
    for folder in SAMPLES:
        for path, document in documents(folder):
            mine = attempt(document)
            if isinstance(mine, FormatError) and pyld_oracle.canonize(document) is not None:
                more.add(f"{path.name}: {mine.code}")
    assert more == MORE


# Documents of every kind: members of several vocabularies in wrong places too, so that most are refused somewhere.
NAMES = [
    "id",
    "type",
    "name",
    "description",
    "issuer",
    "credentialSubject",
    "achievement",
    "criteria",
    "narrative",
    "image",
    "achievementType",
    "evidence",
    "proof",
    "credentialStatus",
    "validFrom",
    "creditsAvailable",
    "creator",
    "address",
    "otherIdentifier",
    "identifier",
    "alignment",
    "targetUrl",
    "targetName",
    "result",
    "value",
    "tag",
    "relatedResource",
    "verifiableCredential",
    "holder",
    "termsOfUse",
    "@type",
    "nmae",
    "https://a.example/term",
    "ext:x",
]
TYPES = [
    "VerifiableCredential",
    "OpenBadgeCredential",
    "AchievementSubject",
    "Achievement",
    "Profile",
    "Evidence",
    "Image",
    "DataIntegrityProof",
    "BitstringStatusListEntry",
    "Result",
    "Alignment",
    "Address",
    "IdentifierObject",
    "Criteria",
    "VerifiablePresentation",
    "EndorsementCredential",
    "JsonSchema",
    "https://a.example/T",
    "Unknown",
]
TEXTS = st.sampled_from(["Ana", "", 'q"\\\n', "é\u200f😀", "2026-01-01T00:00:00Z", "urn:uuid:1", "https://a.example/x"])
SCALARS = TEXTS | st.sampled_from([0, 3, -7, 2.5, 42.0, 0.1, True, False])
TAGGED = st.fixed_dictionaries({"@value": TEXTS}, optional={"@language": st.sampled_from(["en", "pt-BR"])})


def nodes(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(NAMES), children | st.lists(children, max_size=3), max_size=5).flatmap(
        lambda members: st.fixed_dictionaries(
            {"type": st.lists(st.sampled_from(TYPES), min_size=1, max_size=3)},
            optional={"id": st.sampled_from(["urn:uuid:2", "did:web:a.example", "https://a.example/1"])},
        ).map(lambda head: {**{name: value for name, value in members.items() if name not in ("id", "type")}, **head})
    )


DOCUMENTS = st.tuples(
    st.sampled_from([BADGE_CONTEXTS, [VC_V2], [VC_V2, OPEN_BADGES], [VC_V1]]),
    nodes(st.recursive(SCALARS | TAGGED, nodes, max_leaves=12)),
).map(lambda pair: {"@context": pair[0], **pair[1]})


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
def test_generated_documents_have_the_bytes_that_pyld_gives_or_are_refused_with_a_place(
    document: dict[str, Any],
) -> None:
    agree(document)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_badge_with_any_one_value_replaced_has_the_bytes_that_pyld_gives_or_is_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(badges.unsigned())
    place: Any = document
    while True:
        keys = sorted(key for key in place if key != "@context") if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 4)) == 0:
            break
        place = place[key]
    place[key] = data.draw(SCALARS | TAGGED | nodes(SCALARS) | st.lists(TEXTS, max_size=2) | st.none())
    agree(document)
