"""A learner's day in a real browser: claim, share, be looked at, withdraw. And axe, 320 pixels, no scripts."""

import json
import re
import urllib.request
import uuid
from functools import cache

import pytest
from playwright.sync_api import Page

from tests.support.browsing import AXE, AXE_FINDINGS
from tests.support.visiting import Site, Visit, Visitor

pytestmark = pytest.mark.browser

REFLOW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@cache
def claim(site: Site) -> str:
    """The path of a claim link for the credential in `site.valid`, whose file is named after its handle."""
    known = json.loads((site.home / "client.json").read_text())
    handle = site.valid.stem.rsplit("-", 1)[-1]
    headers = {"Authorization": f"Bearer {known['api_key']}", "Idempotency-Key": str(uuid.uuid4())}
    headers["Content-Type"] = "application/json"
    url = f"{site.url}/v1/credentials/{handle}/claim-links"
    with urllib.request.urlopen(urllib.request.Request(url, b"{}", headers)) as answer:
        return str(json.load(answer)["url"]).removeprefix(site.url)


def shared(page: Page) -> str:
    """Press the button; the share link's path."""
    page.click("form:has(#until) button")
    return re.sub(r"^https?://[^/]+", "", page.input_value("#share"))


def settled(visitor: Visitor, *expected: str) -> None:
    """The browser itself reports an answer that is an error: those are wanted."""
    assert all(any(word in trouble for word in expected) for trouble in visitor.troubles), visitor.troubles
    visitor.troubles.clear()


def test_a_learner_claims_shares_is_checked_and_withdraws(visit: Visit, site: Site) -> None:
    learner, reader = visit(), visit()
    learner.page.goto(site.url + claim(site))
    with learner.page.expect_download() as fetched:
        learner.page.click("a[download]")
    assert fetched.value.path().read_bytes() == site.valid.read_bytes()
    link = shared(learner.page)
    reader.open(link)
    assert reader.verdict() == "valid_test"
    assert {reader.outcome(id) for id in ("signature", "anchor", "status")} == {"pass"}
    assert not any("/verify/report" in request.url for request in reader.requests)
    assert reader.page.evaluate("document.activeElement === document.body")
    learner.page.locator("button[name=end]").last.click()  # the newest: other tests leave theirs
    learner.page.wait_for_selector('[data-state="good"][role=status]')
    gone = reader.page.goto(site.url + link)
    assert gone is not None
    assert gone.status == 410
    assert "not valid any more" in reader.page.inner_text("h1")
    settled(reader, "410")


def test_a_fragment_brings_the_whole_credential_and_no_server_sees_it(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.page.goto(site.url + claim(site))
    address = str(visitor.page.get_attribute("a[href*='/verify#credential=']", "href"))
    visitor.requests.clear()
    visitor.open(address.removeprefix(site.url))
    assert visitor.verdict() == "valid_test"
    packed = address.partition("=")[2]
    assert not any(
        packed[:40] in request.url.partition("#")[0] + str(request.post_data) for request in visitor.requests
    )
    assert not any(
        request.method == "POST" and request.url.startswith(site.url + "/verify") for request in visitor.requests
    )
    visitor.page.click("a[hreflang=nl]")
    assert visitor.verdict() == "valid_test"
    bomb = "eJztwQENAAAAwqD3T20ON6AAAAAAAAAAAA"
    for damaged in (packed[:-30], bomb, "%00", packed[:40] + "A" + packed[41:], "A" * 16_100):
        visitor.page.goto("about:blank")
        visitor.page.goto(f"{site.url}/verify#credential={damaged}")
        visitor.page.wait_for_function("document.getElementById('progress').textContent !== ''")
        assert "damaged" in visitor.page.inner_text("#progress"), damaged[:60]


def test_without_scripts_everything_works_and_the_server_checks(visit: Visit, site: Site) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.page.goto(site.url + claim(site))
    link = shared(visitor.page)
    visitor.page.goto(site.url + link)
    visitor.page.click("noscript button, form:not(#verify-form) button")
    assert visitor.page.get_attribute("#output article", "data-verdict") == "valid_test"
    visitor.page.goto(site.url + claim(site))
    visitor.page.click("button[name=end]")
    assert "withdrawn" in visitor.page.inner_text("[role=status]")


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("nl", "dark")])
def test_axe_finds_nothing_and_all_fits_320_pixels(visit: Visit, site: Site, language: str, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed; scripts/test does it where npm is")
    axe = AXE.read_text("utf-8")
    visitor = visit(color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 700})
    page, tail = visitor.page, f"?lang={language}"

    def look() -> None:
        assert page.get_attribute("html", "lang") == language
        assert page.evaluate(REFLOW), page.url
        page.evaluate(axe)
        seen = page.evaluate(AXE_FINDINGS)
        assert seen["found"] == [], page.url
        assert seen["passed"] > 15

    page.goto(site.url + claim(site) + tail)
    look()
    link = shared(page)
    page.click("summary")
    look()
    page.goto(site.url + link + tail)
    visitor.verdict()
    look()
    page.goto(site.url + claim(site) + tail)
    page.click("form:has(#links) button")
    look()
    page.goto(page.input_value("#portfolio") + tail)
    assert page.get_attribute("article", "data-verdict") == "valid_test"
    look()
    page.goto(site.url + "/s/none" + tail)
    look()
    settled(visitor, "404")
