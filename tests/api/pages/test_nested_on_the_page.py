"""What lies in a credential, on the page: lines below the checks, and modules that are fetched only for them."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from api.paper import make
from api.services import _reader
from registry.verify import TrustProfile
from tests.support import cannednode
from tests.support.browsing import AXE, AXE_FINDINGS
from tests.support.cases import Case, Chain, case
from tests.support.httpapi import Api
from tests.support.nesting import ACHIEVEMENT, Learner, Office, entry, record, revoked
from tests.support.specimen import NOW, TRUST, document
from tests.support.vectors import BUNDLES

pytestmark = pytest.mark.browser

ORIGIN, NODE = "http://localhost:9", "https://node.example/rpc"
"""Where nothing is: every request is answered here."""


def endorsed() -> Case:
    """A credential with an endorsement in order, and an altered one."""
    office = Office({})
    good = office.endorse(ACHIEVEMENT)
    return office.badge(good, {**good, "name": "altered"}, credentialStatus=None)


def of_record() -> Case:
    """A record that holds a credential in order, and a revoked one."""
    ana = Learner()
    part, file = revoked(document(id="urn:uuid:00000007-7425-40de-944b-e07fc1f90ae7", name="Crop rotation"))
    whole = record(ana, [ana.earn(1), file], name="Record of Zoë Ünal", credentialStatus=None)
    return replace(whole, status=part.status, chain=Chain({**whole.chain.answers, **part.chain.answers}))


@dataclass
class Visitor:
    """Somebody with the page, whose node and status source know what `made` says."""

    page: Page
    made: Case
    asked: list[str] = field(default_factory=list)
    gone: str = "(?!)"
    """Pattern of the paths that are not there any more."""

    def answer(self, api: Api, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        self.asked.append(path)
        if re.search(self.gone, path):
            route.fulfill(status=404)
        elif "/v1/status-lists/" in path:
            route.fulfill(status=200, body=self.made.status.data)  # type: ignore[arg-type]
        else:
            found = api.client.get(path)
            kept = [name for name in ("content-type", "content-security-policy") if name in found.headers]
            headers = {name: found.headers[name] for name in kept}
            route.fulfill(status=found.status_code, body=found.text, headers=headers)

    def node(self, route: Route) -> None:
        asked = json.loads(route.request.post_data or "")
        body = json.dumps([cannednode._answer(self.made.chain, one) for one in asked])
        cors = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        route.fulfill(body=body, content_type="application/json", headers=cors)

    def open(self, *files: bytes) -> None:
        given: list[Any] = [
            {"name": f"{number}.json", "mimeType": "application/json", "buffer": file}
            for number, file in enumerate(files or [self.made.data])
        ]
        self.asked.clear()
        self.page.set_input_files("#file", given)
        self.page.wait_for_selector("#output [data-verdict]")

    def lines(self, kind: str) -> list[list[str]]:
        rows = self.page.query_selector_all(f'[data-slot="{kind}-lines"] tr')
        return [[cell.inner_text() for cell in row.query_selector_all("th, td")] for row in rows]

    @property
    def verdict(self) -> str:
        return str(self.page.get_attribute("#output article", "data-verdict"))


@pytest.fixture
def trusting(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API as of the moment of the specimens, with their registry as its own and a node that browsers may ask."""
    services = api.services
    services._trust = TrustProfile((TRUST,))
    monkeypatch.setattr(services, "now", lambda: NOW)
    monkeypatch.setattr(services, "bound", lambda: SimpleNamespace(chain_id=TRUST.chain_id, contract=TRUST.contract))
    monkeypatch.setattr(services, "_chain", _reader)
    monkeypatch.setattr(services, "settings", replace(services.settings, page_rpc_urls=(NODE,)))
    return api


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, trusting: Api) -> Iterator[Visit]:
    """Opens the page as the server sends it, its policy included; in the end the policy had refused nothing."""
    troubles: list[str] = []
    contexts = []

    def start(made: Case, language: str = "en", **options: Any) -> Visitor:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        visitor = Visitor(page, made)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.route(f"{ORIGIN}/**", lambda route: visitor.answer(trusting, route))
        page.route(f"{NODE}**", visitor.node)
        page.clock.set_fixed_time(NOW)
        page.goto(f"{ORIGIN}/verify?lang={language}")
        page.wait_for_selector("form[data-ready]", state="attached")
        return visitor

    yield start
    for context in contexts:
        context.close()
    assert [trouble for trouble in troubles if "404" not in trouble] == []


def test_endorsements_stand_below_the_checks_and_their_modules_come_only_for_them(visit: Visit) -> None:
    visitor = visit(endorsed())
    plain = case(document(credentialStatus=None))
    visitor.made = replace(plain, chain=Chain({**plain.chain.answers, **visitor.made.chain.answers}))
    visitor.open()
    assert visitor.verdict == "valid"
    assert visitor.asked == []
    assert visitor.page.is_hidden('[data-slot="endorsements"]')
    visitor.open(endorsed().data)
    assert visitor.verdict == "valid"
    assert visitor.asked
    assert all(re.search("/nested/|/beside.js$", path) for path in visitor.asked), visitor.asked
    good, altered = visitor.lines("endorsements")
    who = "Name of did:web:agency.example (did:web:agency.example)"
    assert good == [who, "passed", "Endorses it: Accredited, AV-4223."]
    mismatch = "The contents do not match what the issuer signed: the file was changed."
    assert altered == [who, "failed", f"Does not count. {mismatch}"]
    assert visitor.page.is_hidden('[data-slot="components"]')
    visitor.open(endorsed().data.replace(b"Soil science", b"Soil_science"))
    assert visitor.verdict == "invalid"
    assert visitor.lines("endorsements")[0][0] == "2 in the file"


@pytest.mark.parametrize(("language", "width"), [("en", 1200), ("nl", 320)])
def test_a_record_tells_of_each_component_and_is_accessible_and_fits(visit: Visit, language: str, width: int) -> None:
    visitor = visit(of_record(), language, viewport={"width": width, "height": 900}, bypass_csp=True)
    visitor.open()
    assert visitor.verdict == "valid"
    good, bad = visitor.lines("components")
    if language == "en":
        assert good[:2] == ["Soil science in practice", "passed"]
        assert good[2].startswith("Counts. Issued by Example University (did:web:university.example) to Zoë Ünal on ")
        assert bad[:2] == ["Soil science in practice", "failed"]
        assert bad[2].startswith("Does not count. Revoked by Example University")
    visitor.page.add_script_tag(path=AXE)
    assert visitor.page.evaluate(AXE_FINDINGS)["found"] == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_files_that_are_opened_together_are_held_against_what_one_commits_to(visit: Visit) -> None:
    ana = Learner()
    one, two, three = ana.earn(1), ana.earn(2), ana.earn(3)
    made = ana.certificate([entry(one), entry(two), entry(three)], credentialStatus=None)
    visitor = visit(made, accept_downloads=True)
    visitor.open(made.data)
    assert [line[1] for line in visitor.lines("components")] == ["not checked"] * 3
    visitor.open(one, made.data, two.replace(b'"creditsEarned":2.5', b'"creditsEarned":25'))
    visitor.page.wait_for_selector("#output table li")
    rows = visitor.page.query_selector_all("#output tr[data-verdict]")
    assert [row.get_attribute("data-verdict") for row in rows] == ["valid", "valid", "invalid"]
    words = [[item.inner_text().partition(": ")[2] for item in row.query_selector_all("li")] for row in rows]
    assert [len(each) for each in words] == [0, 3, 0]
    assert [re.split("[.:]", each)[0] for each in words[1]] == ["Counts", "Does not count", "Not checked"]
    with visitor.page.expect_download() as download:
        visitor.page.click("[data-slot=csv]")
    saved = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"), newline="")))
    assert [row[3].count("\n") for row in saved] == [0, 0, 3, 0]


def test_ids_that_are_alike_where_they_are_cut_for_people_are_told_apart(visit: Visit) -> None:
    ana = Learner()
    one, two = (ana.earn(number, id=f"urn:x:{'a' * 150}:{number}") for number in (1, 2))
    visitor = visit(ana.certificate([entry(one), entry(two)], credentialStatus=None))
    for files in ((one, visitor.made.data, two), (two, visitor.made.data, one)):
        visitor.open(*files)
        visitor.page.wait_for_selector("#output table li")
        said = [item.inner_text().partition(": ")[2] for item in visitor.page.query_selector_all("#output table li")]
        assert [one.partition(".")[0] for one in said] == ["Counts"] * 2


def test_without_scripts_or_ed25519_the_server_says_the_same(visit: Visit, trusting: Api) -> None:
    made = endorsed()
    headers = {"content-type": "application/octet-stream"}
    visitor = visit(made)
    visitor.open()
    shown = visitor.lines("endorsements")
    with cannednode.serving(made.chain) as url:
        trusting.services._trust = TrustProfile((replace(TRUST, rpc=(url,)),))
        page = trusting.client.post("/verify", files={"file": ("a.json", made.data)}).text
        report = trusting.client.post("/verify/report", content=made.data, headers=headers).json()
    assert 'data-verdict="valid"' in page
    found = re.findall(r'<tr data-outcome="\w+"><th scope="row">(.*?)</th><td[^>]*>(.*?)</td><td>(.*?)</td></tr>', page)
    assert [list(each) for each in found] == shown
    assert [line["report"]["verdict"] for line in report["endorsements"]] == ["valid", "invalid"]
    words = """async (report) => {
        const { beside } = await import("./static/beside.js");
        const { Catalogue } = await import("./static/view.js");
        const { messages } = JSON.parse(document.getElementById("page-data").textContent);
        const { endorsements } = beside(report, new Catalogue(messages));
        return endorsements.map(({ name, word, sentence }) => [name, word, sentence]);
    }"""
    assert visitor.page.evaluate(words, report) == shown


def test_a_page_from_before_a_deployment_says_that_it_is_older_and_gives_no_verdict(visit: Visit) -> None:
    bundle = json.loads(BUNDLES[0].read_text("utf-8"))["bundle"].encode()
    lone = case(document(credentialStatus=None))
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    for gone, files in (
        ("/beside.js", [endorsed().data]),
        ("/(nested|baked|bundle)/", [endorsed().data, make(lone.data), picture, bundle]),
        ("/copy.js|/status-lists/", [case().data]),
    ):
        visitor = visit(case() if "copy" in gone else endorsed())
        visitor.gone = gone
        for file in files:
            visitor.open(file)
            assert visitor.verdict == "unconfirmed", gone
            said = visitor.page.inner_text('[data-slot="sentence"]')
            assert "older than the server. Load it again. This says nothing about the credential." in said
            assert visitor.page.inner_text('[data-check="format"] [data-slot="next"]') == "Load the page again."
            visitor.page.click("[data-slot=another]")
    visitor.gone = "/verifier/"
    visitor.open(picture, b"{")
    rows = visitor.page.query_selector_all("#output tr[data-verdict]")
    assert [row.get_attribute("data-verdict") for row in rows] == ["unconfirmed", "invalid"]
