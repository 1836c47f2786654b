"""Contexts that the operator adds: the pinned one is used, and anything else in the folder stops the start."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.errors import FormatError
from registry.format import strictjson
from registry.rdfc import added, canonizer
from registry.rdfc.contexts import BADGE_CONTEXTS, CONTEXTS, VC_V2
from tests.support import badges
from tests.support.contexts import CLR, URL, add, folder_of

DOCUMENT = {"@context": [VC_V2, URL], "type": "VerifiableCredential", "colour": "red"}
CONTEXT = {"@context": {"@protected": True, "colour": "https://colours.example/vocab#colour"}}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    canonizer.add({})


def refusal(folder: Path) -> tuple[str, str]:
    with pytest.raises(FormatError) as caught:
        added.read(folder)
    return caught.value.code, str(caught.value)


def test_a_context_is_known_once_it_is_added_and_only_then(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not one this registry knows"):
        canonizer.default().canonize(DOCUMENT)
    canonizer.add(added.read(folder_of(tmp_path, {URL: CONTEXT})))
    assert b'<https://colours.example/vocab#colour> "red"' in canonizer.default().canonize(DOCUMENT)
    assert canonizer.added() == {URL: CONTEXT}
    assert canonizer.default().canonize(badges.unsigned()) == canonizer.Canonizer().canonize(badges.unsigned())
    with pytest.raises(FormatError, match="No context defines 'color'"):
        canonizer.default().canonize({**DOCUMENT, "color": "red"})
    canonizer.add({})
    with pytest.raises(FormatError, match="not one this registry knows"):
        canonizer.default().canonize(DOCUMENT)


def test_white_space_is_not_what_is_pinned_and_everything_else_is(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {URL: CONTEXT})
    path = folder / "0.json"
    path.write_text(json.dumps(CONTEXT, indent=7))
    assert added.read(folder) == {URL: CONTEXT}
    path.write_text(json.dumps(CONTEXT).replace("#colour", "#color"))
    code, said = refusal(folder)
    assert code == "context.changed"
    assert strictjson.digest(json.loads(path.read_text())).hex() in said


@pytest.mark.parametrize("url", [VC_V2, BADGE_CONTEXTS[1]])
def test_a_shipped_url_cannot_be_given_another_meaning_nor_its_own_again(tmp_path: Path, url: str) -> None:
    assert refusal(folder_of(tmp_path, {url: CONTEXT}))[0] == "context.shipped"
    assert refusal(folder_of(tmp_path / "again", {url: CONTEXTS[url]}))[0] == "context.shipped"


UNUSABLE: dict[str, tuple[Any, str]] = {
    "no context": ({"colour": "urn:x:y"}, "no member @context"),
    "a list": ([], "no member @context"),
    "a vocabulary of everything": ({"@context": {"@vocab": "https://x.example/"}}, "@vocab"),
    "a vocabulary inside": ({"@context": {"x": {"@id": "urn:x:y", "@context": {"@vocab": "urn:v:"}}}}, "@vocab"),
    "a context that is elsewhere": ({"@context": "https://elsewhere.example/"}, "not one this registry knows"),
    "itself": ({"@context": [URL]}, ""),
    "a term that is a number": ({"@context": {"x": 7}}, "x"),
}


def test_a_context_that_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    for number, (case, (context, words)) in enumerate(UNUSABLE.items()):
        code, said = refusal(folder_of(tmp_path / str(number), {URL: context}))
        assert (code, words in said) == ("context.unusable", True), (case, said)


def test_one_added_context_may_build_on_another(tmp_path: Path) -> None:
    contexts = {URL: {"@context": [URL + "2"]}, URL + "2": CONTEXT}
    canonizer.add(added.read(folder_of(tmp_path, contexts)))
    assert canonizer.default().canonize(DOCUMENT)


INDEXES: dict[str, tuple[str | None, str]] = {
    "none": (None, "context.index"),
    "no JSON": ("{", "context.index"),
    "a list": ("[]", "context.index"),
    "one name twice": (f'{{"{URL}": {{}}, "{URL}": {{}}}}', "context.index"),
    "a URL that is none": ('{"clr": {"file": "0.json", "sha256": ""}}', "context.index"),
    "a file of this machine": ('{"file:///etc/x.json": {"file": "0.json", "sha256": ""}}', "context.index"),
    "an entry without pin": (f'{{"{URL}": {{"file": "0.json"}}}}', "context.index"),
    "an entry with more": (f'{{"{URL}": {{"file": "0.json", "sha256": "{"0" * 64}", "x": 1}}}}', "context.index"),
    "a pin in capitals": (f'{{"{URL}": {{"file": "0.json", "sha256": "{"A" * 64}"}}}}', "context.index"),
    "a path": (f'{{"{URL}": {{"file": "../0.json", "sha256": "{"0" * 64}"}}}}', "context.index"),
    "a file that is missing": (f'{{"{URL}": {{"file": "1.json", "sha256": "{"0" * 64}"}}}}', "context.file"),
    "another pin": (f'{{"{URL}": {{"file": "0.json", "sha256": "{"0" * 64}"}}}}', "context.changed"),
    "nothing pinned": ("{}", "context.file"),
    "too many": (json.dumps({f"{URL}{number}": {} for number in range(added.MAX_ADDED + 1)}), "context.index"),
}


def test_every_flaw_of_the_index_is_told_apart(tmp_path: Path) -> None:
    codes = {}
    for number, (case, (text, _)) in enumerate(INDEXES.items()):
        folder = folder_of(tmp_path / str(number), {URL: CONTEXT})
        (folder / added.INDEX).unlink()
        if text is not None:
            (folder / added.INDEX).write_text(text)
        codes[case] = refusal(folder)[0]
    assert codes == {case: code for case, (_, code) in INDEXES.items()}


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    code, said = refusal(tmp_path / "nowhere")
    assert (code, "nowhere" in said, "cannot be read" in said) == ("context.index", True, True)


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {URL: CONTEXT})
    with (folder / "0.json").open("wb") as file:
        file.truncate(10**12)
    assert refusal(folder)[0] == "context.file"


def test_the_official_clr_context_is_pinned_and_usable(tmp_path: Path) -> None:
    add(tmp_path)
    document = {"@context": [VC_V2, CLR, *BADGE_CONTEXTS[1:]], "type": ["VerifiableCredential", "ClrCredential"]}
    found = canonizer.default().canonize(document).decode()
    assert "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrCredential" in found
