"""Fixtures `browser` and `bench`: Chromium, and a page in it with the verifier's modules."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import BENCH, chromium, static_site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def bench(browser: Browser) -> Iterator[Page]:
    """The page of `tests.support.browsing.BENCH`."""
    with static_site({"/bench": BENCH}) as origin:
        page = browser.new_page()
        page.goto(f"{origin}/bench")
        page.wait_for_function("globalThis.ready === true")
        yield page
        page.close()
