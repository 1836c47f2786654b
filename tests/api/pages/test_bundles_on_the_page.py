"""A bundle on the page: the field for its block, what is said without it, and that nobody is asked."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx2 import Response
from playwright.sync_api import Browser, Page, Request, Route

from registry.verify import TrustProfile
from tests.support.browsing import AXE, AXE_FINDINGS
from tests.support.httpapi import Api
from tests.support.vectors import BUNDLES, load

pytestmark = pytest.mark.browser

VECTORS = {path.stem: load(path) for path in BUNDLES}
ORIGIN = "http://localhost:9"
"""Where nothing is: every request is answered here, and counted."""
RIGHT, WRONG = VECTORS["valid"]["block_hash"], "11" * 32


@pytest.fixture
def trusting(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API with the trust profile and the clock of the vectors."""
    api.services._trust = TrustProfile.from_json(VECTORS["valid"]["trust"])
    monkeypatch.setattr(api.services, "now", lambda: datetime.fromisoformat(VECTORS["valid"]["now"]))
    return api


class Visitor:
    """Somebody with the page, and all that the page ever asked for."""

    def __init__(self, page: Page, origin: str, language: str) -> None:
        self.page = page
        self.requests: list[Request] = []
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 (a method has no room)
        page.clock.set_fixed_time(VECTORS["valid"]["now"])
        page.goto(f"{origin}/verify?lang={language}")
        page.wait_for_selector("form[data-ready]", state="attached")

    def open(self, name: str) -> None:
        data = VECTORS[name]["bundle"].encode()
        file: Any = {"name": f"{name}.bundle.json", "mimeType": "application/json", "buffer": data}
        self.page.set_input_files("#file", file)

    def name_block(self, text: str) -> None:
        self.page.fill("#block-hash", text)
        self.page.click("button[type=submit]")

    def verdict(self, verdict: str, said: str = "") -> None:
        """Waits for it; fails where another one is shown."""
        self.page.wait_for_selector(f'#output [data-verdict="{verdict}"] >> text={said}')


@pytest.fixture
def visit(browser: Browser, trusting: Api) -> Iterator[Callable[..., Visitor]]:
    """Opens the page as the server sends it, its policy included; in the end the policy had refused nothing."""
    troubles: list[str] = []
    contexts = []

    def answer(route: Route) -> None:
        found = trusting.client.get(route.request.url.removeprefix(ORIGIN))
        kept = [name for name in ("content-type", "content-security-policy") if name in found.headers]
        route.fulfill(status=found.status_code, body=found.text, headers={name: found.headers[name] for name in kept})

    def start(language: str = "en", **options: Any) -> Visitor:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.route(f"{ORIGIN}/**", answer)
        return Visitor(page, ORIGIN, language)

    yield start
    for context in contexts:
        context.close()
    assert troubles == []


def test_a_bundle_is_checked_under_the_named_block_and_nothing_leaves_the_page(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    assert visitor.page.is_hidden("#block")
    assert not any("/verifier/bundle/" in request.url for request in visitor.requests)
    visitor.requests.clear()
    visitor.open("valid")
    visitor.verdict("unconfirmed", f"block 9000000, hash 0x{RIGHT}")
    assert "enter the hash that you find there" in visitor.page.inner_text('#output [data-check="anchor"]')
    # Its own modules, fetched now for the first time, are all that it asked for.
    asked = {urlsplit(request.url).path for request in visitor.requests}
    assert asked
    assert all("/verifier/bundle/" in path for path in asked), asked
    visitor.requests.clear()
    assert visitor.page.is_visible("#block")
    visitor.name_block(f"0x{WRONG}")
    visitor.verdict("unconfirmed", "not of the block whose hash you gave")
    visitor.name_block("0x1234")
    assert visitor.page.evaluate("document.activeElement.id") == "block-hash"
    visitor.verdict("unconfirmed", "not of the block whose hash you gave")  # what is no hash is not checked under
    visitor.name_block(f" 0x{RIGHT.upper()} ")
    visitor.verdict("valid", "As of block 9000000 at 2026-11-25 11:10 UTC, less than a day ago")
    visitor.open("in-a-picture")
    visitor.verdict("valid")
    visitor.page.fill("#block-hash", VECTORS["revoked"]["block_hash"])
    visitor.open("revoked")
    visitor.verdict("revoked", "As of block 9000000")
    visitor.open("form--reordered")
    visitor.verdict("unconfirmed", "damaged")
    fetched = {urlsplit(request.url).path.rpartition("/verifier/")[2] for request in visitor.requests}
    assert fetched == {"baked/content.js", "baked/png.js"}, "what reads a picture, and nothing else"
    visitor.page.click("[data-slot=another]")
    assert visitor.page.is_hidden("#block")


@pytest.mark.parametrize(("language", "width"), [("en", 1200), ("nl", 320)])
def test_the_field_and_the_result_are_accessible_and_fit(
    visit: Callable[..., Visitor], language: str, width: int
) -> None:
    visitor = visit(language, viewport={"width": width, "height": 900}, bypass_csp=True)
    visitor.open("valid")
    visitor.verdict("unconfirmed")
    visitor.page.add_script_tag(path=AXE)
    assert visitor.page.evaluate(AXE_FINDINGS)["found"] == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.name_block(RIGHT)
    visitor.verdict("valid", "9000000")


def test_without_scripts_the_server_says_the_same(trusting: Api) -> None:
    file = VECTORS["valid"]["bundle"].encode()

    def posted(named: str) -> Response:
        return trusting.client.post("/verify", files={"file": ("a.bundle.json", file)}, data={"block_hash": named})

    assert 'name="block_hash"' in trusting.client.get("/verify").text
    for named, verdict in [("", "unconfirmed"), (f"0x{WRONG}", "unconfirmed"), (f" 0x{RIGHT.upper()}", "valid")]:
        assert f'<article class="result" data-verdict="{verdict}"' in posted(named).text
    assert "As of block 9000000 at " in posted(RIGHT).text
    assert posted("0x12").status_code == 400
    headers = {"content-type": "application/octet-stream"}
    report = trusting.client.post(f"/verify/report?block_hash={RIGHT}", content=file, headers=headers).json()
    assert (report["verdict"], report["bundle"]["confirmed"]) == ("valid", True)
    other = file.replace(b"chain_id", b"chain")
    damaged = trusting.client.post("/verify/report", content=other, headers=headers).json()
    assert (damaged["verdict"], damaged["checks"][0]["detail"]["code"]) == ("unconfirmed", "evidence.members")
