"""A site with credentials of its own, and somebody who visits it with a browser."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Request


@dataclass(frozen=True)
class Site:
    """A running server, and files that it issued."""

    url: str
    home: Path
    valid: Path
    altered: Path
    revoked: Path


@dataclass
class Visitor:
    """Somebody with a browser of their own."""

    page: Page
    site: Site
    requests: list[Request]
    troubles: list[str]

    def open(self, path: str = "/verify") -> None:
        self.page.goto(self.site.url + path)
        self.page.wait_for_selector("form[data-ready]", state="attached")

    def check(self, name: str, data: bytes) -> str:
        """Choose a file; the verdict that the page then shows."""
        self.page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": data})
        return self.verdict()

    def verdict(self) -> str:
        self.page.wait_for_selector("#output article")
        return str(self.page.get_attribute("#output article", "data-verdict"))

    def outcome(self, check: str) -> str:
        return str(self.page.get_attribute(f'#output [data-check="{check}"]', "data-outcome"))

    def hosts(self) -> set[str]:
        return {request.url.split("/")[2] for request in self.requests if request.url.startswith("http")}


Visit = Callable[..., Visitor]
