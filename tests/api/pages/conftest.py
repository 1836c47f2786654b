"""Chromium, a page in it with the verifier's modules, a whole site, and visitors of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browsing import BENCH, chromium, static_site
from tests.support.commandline import ROOT, environment
from tests.support.visiting import Site, Visit, Visitor


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module: as long as it lives, an event loop runs, and other tests start their own."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def bench(browser: Browser) -> Iterator[Page]:
    """The page of `tests.support.browsing.BENCH`."""
    with static_site({"/bench": BENCH}) as origin:
        page = browser.new_page()
        page.goto(f"{origin}/bench")
        page.wait_for_function("globalThis.ready === true")
        yield page
        page.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`credanchor demo`: the API, the worker and the chain, all real."""
    home = tmp_path_factory.mktemp("site") / "kept"
    command = [sys.executable, "-m", "api.cli.main", "demo", "--count", "3", "--keep", str(home)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout is not None
            told = next((line for line in demo.stdout if "Try next" in line), None)
            assert told, "the demo ended early"
            valid = sorted((home / "credentials").glob("*.json"))[1]
            url = json.loads((home / "client.json").read_text())["url"]
            yield Site(url, home, valid, home / "altered.json", home / "revoked.json")
        finally:
            demo.terminate()
            demo.communicate(timeout=60)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Opens a browser context; in the end the page had no error, and its policy refused nothing that it wanted."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def start(**options: Any) -> Visitor:
        context = browser.new_context(**options)
        contexts.append(context)
        visitor = Visitor(context.new_page(), site, [], [])
        visitor.page.on("request", lambda request: visitor.requests.append(request))  # noqa: PLW0108 (a method has no room)
        visitor.page.on("pageerror", lambda error: visitor.troubles.append(str(error)))
        visitor.page.on("dialog", lambda dialog: visitor.troubles.append(f"dialog {dialog.message}"))
        visitor.page.on("console", lambda said: visitor.troubles.append(said.text) if said.type == "error" else None)
        visitors.append(visitor)
        return visitor

    yield start
    for context in contexts:
        context.close()
    for visitor in visitors:
        assert visitor.troubles == []
