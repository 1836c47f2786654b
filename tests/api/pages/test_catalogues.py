"""Every language says everything, and what the checks can answer has words."""

import re
from pathlib import Path

import pytest

from api.pages.catalogue import DEFAULT, Catalogue, catalogues, choose
from registry.verify import CHECK_IDS, VERDICTS
from tests.support.vectors import PATHS, load

PAGES = Path(__file__).parents[3] / "api" / "pages"
SOURCES = [path for path in PAGES.rglob("*") if path.suffix in {".html", ".js", ".py"}]
NAMED = re.compile(r'"((?:ui|outcome|row|next|needs|check|verdict|explorer|home|learner)\.[a-z_.-]*[a-z])"')
PLACES = re.compile(r"\{[a-z_]+\}")


@pytest.fixture(params=list(catalogues()))
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    return catalogues()[request.param]


def test_english_comes_first_and_there_is_another_language() -> None:
    assert next(iter(catalogues())) == DEFAULT
    assert len(catalogues()) >= 2


def test_every_language_has_the_same_messages_with_the_same_places(catalogue: Catalogue) -> None:
    english = catalogues()[DEFAULT].messages
    assert catalogue.messages.keys() == english.keys()
    for id, message in english.items():
        assert set(PLACES.findall(catalogue.messages[id])) == set(PLACES.findall(message)), id
        assert catalogue.messages[id].strip(), id


def test_only_names_are_the_same_in_two_languages() -> None:
    english, dutch = catalogues()["en"].messages, catalogues()["nl"].messages
    alike = {id for id in english if english[id] == dutch[id]}
    assert alike <= {"sentence.invalid"}


def test_every_message_that_a_page_names_is_there(catalogue: Catalogue) -> None:
    named = set()
    for source in SOURCES:
        named |= set(NAMED.findall(source.read_text("utf-8")))
    assert len(named) > 20
    assert named <= catalogue.messages.keys()


def test_every_verdict_outcome_check_and_code_of_the_vectors_has_words(catalogue: Catalogue) -> None:
    for verdict in VERDICTS:
        assert catalogue.text(f"verdict.{verdict}")
        assert f"sentence.{verdict}" in catalogue.messages
    for id in CHECK_IDS:
        assert catalogue.text(f"check.{id}")
    codes = {check["code"] for path in PATHS for check in load(path)["expected"]["checks"].values()}
    assert len(codes) > 60
    for code in codes:
        kind, _, plain = code.partition(".")
        assert plain.startswith("needs-") or catalogue.text([code, plain, f"{kind}.*"]), code


@pytest.mark.parametrize(
    ("wanted", "accept", "language"),
    [
        ("nl", "en", "nl"),
        (None, "nl-BE, fr;q=0.9", "nl"),
        (None, "fr, nl;q=0.4, en;q=0.3", "nl"),
        (None, "nl;q=0, en;q=0.1", "en"),
        (None, "fr", "en"),
        ("xx", "", "en"),
        (None, "*", "en"),
        (None, ";;;q=nl,,,", "en"),
        (None, "a" * 100_000, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_one_the_browser_likes_best(
    wanted: str | None, accept: str, language: str
) -> None:
    assert choose(wanted, accept).language == language


def test_what_is_filled_in_is_one_line_without_direction_marks() -> None:
    text = Catalogue("en", {"x": "by {issuer}"}).text("x", {"issuer": "A\u202ebad\n\u0000name"})
    assert text == "by A bad name"
