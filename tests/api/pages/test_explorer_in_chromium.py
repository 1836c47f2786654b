"""The explorer's pages in a real browser: for everybody, on every screen, whatever an issuer calls itself."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from registry.store import issuers, keys
from registry.store.tables import Issuer, IssuerKey, Standing
from tests.api.pages.test_explorer import HTML, MISSING, PAGES
from tests.support.browsing import AXE, AXE_FINDINGS, static_site
from tests.support.httpapi import Api
from tests.support.visiting import Site, Visit

pytestmark = pytest.mark.browser

HOSTILE = "\u202e<img src=x onerror=alert(1)>'\"></title><script>alert(2)</script>{{7*7}}"


@dataclass
class Sheets:
    """Every page in a language, as a browser gets it."""

    page: Page
    origin: str
    paths: list[str]
    troubles: list[str]

    def open(self, path: str) -> Page:
        self.page.goto(self.origin + path)
        return self.page


@pytest.fixture
def eventful(api: Api) -> Api:
    """A registry in which everything has happened that a page can tell of."""
    made = api.registered
    begin = made.now - 100 * 3600
    store = made.store
    second, third = (keys.add_hosted_key(store, made.vault, "uni") for _ in range(2))
    issuers.add_issuer(store, "evil", "did:web:evil.example", {"name": HOSTILE})
    block = bytes.fromhex(api.client.get("/v1/anchors/1").json()["chain"]["block_hash"][2:])
    with store.begin() as session:
        first = session.get_one(IssuerKey, made.key.key_id)
        first.chain_added_at, first.chain_revoked_at = begin, begin + 50 * 3600
        stolen = session.get_one(IssuerKey, second.key_id)
        stolen.chain_added_at, stolen.chain_compromised_at = begin + 30 * 3600, begin + 60 * 3600
        session.get_one(IssuerKey, third.key_id).chain_added_at = begin + 61 * 3600
        session.get_one(Issuer, "other").chain_suspended = True
        session.merge(Standing(block_hash=block, issuer_id="uni", suspended=True))
    made.anchor()
    number = made.create_anchor()
    made.include(number, final=False)
    api.services.now = lambda: datetime.fromtimestamp(made.now + 50 * 3600, UTC)
    return api


@pytest.fixture
def sheets(eventful: Api, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Sheets]:
    """`request.param`: language, and options of the browser."""
    language, options = request.param
    paths = [*PAGES, "/issuers/evil", "/anchors/2", "/anchors/3", *MISSING]
    pages = {path: eventful.client.get(f"{path}?lang={language}", headers=HTML).text for path in paths}
    with static_site(pages) as origin:
        context = browser.new_context(**options)
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("requestfailed", lambda failed: troubles.append(failed.url))
        yield Sheets(page, origin, paths, troubles)
        context.close()
    assert troubles == []


@pytest.mark.parametrize(
    "sheets",
    [("en", {"color_scheme": "light"}), ("nl", {"color_scheme": "dark"})],
    indirect=True,
    ids=["light", "dark"],
)
def test_axe_finds_nothing_on_any_page(sheets: Sheets) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed; scripts/test does it where npm is")
    axe = AXE.read_text("utf-8")
    for path in sheets.paths:
        page = sheets.open(path)
        page.add_script_tag(content=axe)
        done = page.evaluate(AXE_FINDINGS)
        assert done["found"] == [], path
        assert done["passed"] > 15


COLOURS = """() => {
    const drawn = [...document.querySelectorAll(".state, .timeline .counts")].map((each) => getComputedStyle(each));
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = "var(--good)";
    return { good: getComputedStyle(probe).color, drawn: drawn.flatMap((each) => [each.borderLeftColor, each.fill]) };
}"""


@pytest.mark.parametrize("sheets", [("en", {})], indirect=True)
def test_on_a_test_network_nothing_is_green(sheets: Sheets) -> None:
    count = 0
    for path in sheets.paths:
        if path not in MISSING:
            found = sheets.open(path).evaluate(COLOURS)
            count += len(found["drawn"])
            assert found["good"] not in found["drawn"], path
    assert count > 2 * len(sheets.paths), "the notice is on each, and states and windows on some"


@pytest.mark.parametrize(
    "sheets",
    [(code, {"viewport": {"width": 320, "height": 800}}) for code in ("en", "nl")],
    indirect=True,
    ids=["en", "nl"],
)
def test_nothing_is_cut_off_on_a_narrow_screen_also_with_larger_text(sheets: Sheets) -> None:
    for path in sheets.paths:
        page = sheets.open(path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path
        page.add_style_tag(content="html { font-size: 150% }")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize("sheets", [("en", {})], indirect=True, ids=["en"])
def test_a_hostile_name_stays_a_text_in_one_direction(sheets: Sheets) -> None:
    for path in ("/issuers", "/issuers/evil"):
        page = sheets.open(path)
        assert page.locator("img, script, main style").count() == 0
        said = page.inner_text("main")
        assert "<script>alert(2)</script>{{7*7}}" in said
        assert "\u202e" not in page.content()
    assert "<script>" in page.title()


@pytest.mark.parametrize("sheets", [("en", {})], indirect=True, ids=["en"])
def test_the_windows_of_keys_are_drawn_where_they_belong(sheets: Sheets) -> None:
    page = sheets.open("/issuers/uni")
    boxes: dict[str, Any] = {}
    for state in ("revoked", "compromised", "active"):
        boxes[state] = page.locator(f'.timeline [data-key="{state}"] rect.counts').bounding_box()
        assert boxes[state]["width"] > 10
    hatched = page.locator('.timeline [data-key="compromised"] rect.distrusted').bounding_box()
    assert hatched is not None
    assert hatched["x"] == pytest.approx(boxes["compromised"]["x"] + boxes["compromised"]["width"], abs=2)
    assert boxes["revoked"]["x"] < boxes["compromised"]["x"] < boxes["active"]["x"]
    colour = "(found) => getComputedStyle(found).fill"
    counts = page.locator('.timeline [data-key="active"] rect.counts').evaluate(colour)
    assert counts not in ("rgb(0, 0, 0)", "none")  # the style sheet is at work
    assert page.get_by_role("img", name="When each key counted").count() == 1


def test_a_visitor_walks_from_page_to_page_with_the_keyboard(visit: Visit, site: Site) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    page.goto(f"{site.url}/verify?lang=nl")

    def follow(name: str | re.Pattern[str]) -> None:
        link = page.get_by_role("main").or_(page.get_by_role("banner")).get_by_role("link", name=name).first
        wanted = link.get_attribute("href")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.locator(":focus").get_attribute("href") == wanted:
                break
        else:
            pytest.fail(f"{name} is not reached")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.url}{wanted}")

    follow("Ankers")
    assert page.locator("nav [aria-current=page]").inner_text() == "Ankers"
    assert "ontwikkelketen" in page.inner_text("main")
    follow(re.compile("Anker [0-9]+"))
    page.goto(f"{site.url}/batches/1?lang=nl")
    follow("North Sea University of Applied Sciences")
    follow("Batch nummer 1")
    follow(re.compile("^Anker [0-9]+$"))
    assert page.locator("html").get_attribute("lang") == "nl"
    learners = [json.loads(file.read_text()) for file in (site.valid, site.revoked)]
    names = {item["identityHash"] for one in learners for item in one["credentialSubject"]["identifier"]}
    assert names
    for path in ("/anchors", "/anchors/1", "/batches/1", "/issuers", "/issuers/north-sea-university"):
        page.goto(site.url + path)
        assert not [name for name in names if name in page.content()]
