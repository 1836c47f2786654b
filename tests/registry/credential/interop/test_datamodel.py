"""The data model: the W3C suite's own inputs get the answer that their names say."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.credential.interop.canonizer import lenient
from registry.credential.interop.datamodel import check_credential, check_presentation
from registry.errors import FormatError
from tests.support import badges

ISSUER = "did:web:a.example"
PLACEHOLDERS = {"credential-validUntil-validFrom-ok.json"}  # the suite puts times in
EXPIRED_FORM = {"credential-proof-ok.json"}  # its proof has a type that no context of the file describes


def inputs() -> list[tuple[str, dict[str, Any]]]:
    folder = badges.shared("w3c", "vcdm2-input")
    return [(path.relative_to(folder).as_posix(), json.loads(path.read_bytes())) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.json"))


def verdict(name: str, document: dict[str, Any]) -> str:
    """Empty where it is accepted, else why not; the suite names the issuer where it expects success."""
    if not name.startswith("presentation") and "-ok" in name:
        issuer = document.get("issuer", ISSUER)
        document["issuer"] = {**issuer, "id": ISSUER} if isinstance(issuer, dict) else issuer
    try:
        (check_presentation if name.startswith("presentation") else check_credential)(document)
        lenient().canonize(document)
    except FormatError as error:
        return error.code
    return ""


def test_every_input_of_the_w3c_suite_gets_the_answer_that_its_name_says() -> None:
    answers = {name: verdict(name, document) for name, document in inputs()}
    ok = {name: answer for name, answer in answers.items() if "-ok" in name}
    fail = {name: answer for name, answer in answers.items() if "-fail" in name}
    assert (len(ok), len(fail)) == (65, 52)
    refused = {name: answer for name, answer in ok.items() if answer}
    # A direction is not for RDF: such a credential is signed over its JSON.
    assert {name for name, answer in refused.items() if answer == "rdf.direction"} == {
        f"names-and-descriptions/{kind}-{name}-language-direction-en-ok.json"
        for kind in ("credential", "issuer")
        for name in ("name", "description")
    }
    assert {name for name, answer in refused.items() if answer != "rdf.direction"} == PLACEHOLDERS | EXPIRED_FORM
    assert [name for name, answer in fail.items() if not answer] == []


def test_an_open_badge_is_such_a_credential() -> None:
    check_credential(badges.unsigned())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["type", "issuer", "credentialSubject", "name", "validFrom", "evidence", "@context", "id"]), JSON
)
def test_nothing_but_a_format_error_comes_out_of_any_json(name: str, value: Any) -> None:
    with suppress(FormatError):
        check_credential({**badges.unsigned(), name: value})


@pytest.mark.parametrize("value", [{}, [], None, "x", {"@context": []}, {"verifiableCredential": [[]]}])
def test_what_is_no_presentation_is_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        check_presentation(value)
