"""The verification page as people use it: on a server with a chain of its own, in a real browser."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from api.paper import make
from registry.credential import vcjwt
from registry.credential.baking import bake
from registry.credential.es256 import Es256Key
from tests.support import pictures
from tests.support.browsing import AXE, AXE_FINDINGS
from tests.support.visiting import Site, Visit

pytestmark = pytest.mark.browser

HOSTILE = "\u202e<img src=x onerror=alert(1)>'\"><script>alert(2)</script>{{7*7}}\u0000 https://evil.example/x.png"


def test_the_browser_checks_by_itself_and_asks_nobody_but_the_node_and_the_registry(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    visitor.requests.clear()
    assert visitor.check("a.json", site.valid.read_bytes()) == "valid_test"
    assert {visitor.outcome(id) for id in ("format", "signature", "issuer", "inclusion", "anchor", "status")} == {
        "pass"
    }
    trust = json.loads(str(visitor.page.text_content("#page-data")))["trust"]["registry"]
    nodes = {url.split("/")[2] for entry in trust for url in entry["rpc"]}
    assert visitor.hosts() == nodes | {site.url.split("/")[2]}
    own = [request.url for request in visitor.requests if request.url.startswith(site.url)]
    assert all("/v1/status-lists/" in url for url in own), own
    asked = visitor.page.inner_text('[data-slot="by"]')
    assert all(node in asked for node in nodes)
    assert visitor.check("b.json", site.altered.read_bytes()) == "invalid"
    assert visitor.outcome("signature") == "fail"
    assert visitor.check("c.json", site.revoked.read_bytes()) == "revoked"


def test_a_test_network_is_never_shown_in_the_colour_of_a_valid_credential(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    visitor.check("a.json", site.valid.read_bytes())
    colour = "(verdict) => getComputedStyle(document.querySelector('.verdict')).backgroundColor"
    shown = visitor.page.evaluate(colour)
    visitor.page.evaluate("() => { document.querySelector('#output article').dataset.verdict = 'valid' }")
    assert visitor.page.evaluate(colour) != shown


def test_a_node_that_does_not_answer_makes_nothing_valid_and_nothing_revoked(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    visitor.page.route(re.compile("/read-only"), lambda route: route.abort())
    for file in (site.valid, site.revoked):
        assert visitor.check("a.json", file.read_bytes()) == "unconfirmed"
        assert visitor.outcome("anchor") == visitor.outcome("status") == "unknown"
    assert all("ERR_FAILED" in trouble for trouble in visitor.troubles)
    visitor.troubles.clear()


def test_a_status_source_that_does_not_answer_leaves_revocation_unknown(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    visitor.page.route(re.compile("/status-lists/"), lambda route: route.fulfill(status=404))
    assert visitor.check("a.json", site.revoked.read_bytes()) == "unconfirmed"
    assert visitor.outcome("anchor") == "pass"
    visitor.troubles.clear()  # the browser itself names the 404


def lying(answer: str) -> Callable[[Route], None]:
    cors = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
    return lambda route: route.fulfill(body=answer, content_type="application/json", headers=cors)


def test_a_node_that_lies_about_a_block_is_an_unknown_and_not_a_verdict(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    answers = [
        "[]",
        "{",
        '[{"id":0,"result":"0x1"}]',
        "null",
        "[" * 50_000,
        "<html>",
        '[{"id":0,"error":{"message":"no"}}]',
    ]
    for answer in answers:
        visitor.page.route(re.compile("/read-only"), lying(answer))
        assert visitor.check("a.json", site.valid.read_bytes()) == "unconfirmed", answer
        visitor.page.unroute(re.compile("/read-only"))


def test_pictures_and_pasted_text_are_taken_too(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    for name, image in (("a.png", pictures.png()), ("a.svg", pictures.SVG)):
        assert visitor.check(name, bake(image, site.valid.read_bytes())) == "valid_test"
    assert all("inline style" in trouble for trouble in visitor.troubles)  # the picture's own, which is not applied
    visitor.troubles.clear()
    visitor.page.click("[data-slot=another]")
    visitor.page.click("summary")
    visitor.page.fill("#text", site.altered.read_text())
    visitor.page.click("button[type=submit]")
    assert visitor.verdict() == "invalid"
    # A token may be a good credential: the page, which reads none, says nothing against it, and who does.
    token = bake(pictures.png(), vcjwt.sign(json.loads(site.valid.read_bytes()), Es256Key.generate()).encode())
    assert visitor.check("token.png", token) == "unconfirmed"
    assert "check it with credanchor verify" in visitor.page.inner_text("[data-slot=sentence]")
    there = visitor.page.request.post(
        f"{site.url}/verify/report", data=token, headers={"Content-Type": "application/octet-stream"}
    ).json()
    assert (there["verdict"], there["checks"][0]["code"]) == ("unconfirmed", "baking.jws")


@pytest.mark.parametrize("name", ["a.json", "diploma.pdf"])
def test_a_dropped_file_or_pdf_of_it_is_checked(visit: Visit, site: Site, name: str) -> None:
    data = make(site.valid.read_bytes()) if name.endswith("pdf") else site.valid.read_bytes()
    visitor = visit()
    visitor.open()
    script = """([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
        document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
    }"""
    visitor.page.evaluate(script, [name, base64.b64encode(data).decode()])
    assert visitor.verdict() == "valid_test"


def test_texts_of_an_attacker_stay_texts_and_fetch_nothing(visit: Visit, site: Site) -> None:
    credential = json.loads(site.valid.read_bytes())

    def poison(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: poison(item) for key, item in value.items()}
        if isinstance(value, list):
            return [poison(item) for item in value]
        return (
            HOSTILE
            if isinstance(value, str) and not value.startswith(("urn:", "did:", "http", "2026", "ext:"))
            else value
        )

    for name in ("name", "credentialSubject"):
        credential[name] = poison(credential[name])
    credential["issuer"]["name"] = HOSTILE
    credential["credentialSubject"]["identifier"] = [{"identityType": "name", "hashed": False, "identityHash": HOSTILE}]
    credential["issuer"]["image"] = {"id": "https://evil.example/logo.png", "type": "Image"}
    visitor = visit()
    visitor.open()
    visitor.requests.clear()
    assert visitor.check("a.json", json.dumps(credential).encode()) == "invalid"
    visitor.page.wait_for_timeout(200)
    assert visitor.hosts() == set()  # what was changed is seen in the file alone
    for tag in ("img", "script", "iframe", "a", "style", "svg"):
        assert visitor.page.locator(f"#output {tag}").count() == 0
    shown = visitor.page.inner_text("#output")
    assert "<script>alert(2)</script>" in shown
    assert "\u202e" not in visitor.page.inner_text("#output dl") + visitor.page.inner_text("#output table")


def test_without_scripts_the_server_checks_and_says_so(visit: Visit, site: Site) -> None:
    visitor = visit(java_script_enabled=False, locale="nl-NL")
    visitor.page.goto(site.url + "/verify")
    assert "JavaScript" in visitor.page.inner_text("noscript, form")
    for file, verdict in ((site.valid, "valid_test"), (site.altered, "invalid"), (site.revoked, "revoked")):
        visitor.page.set_input_files("#file", file)
        visitor.page.click("button[type=submit]")
        assert visitor.verdict() == verdict
        assert "door deze server" in visitor.page.inner_text('[data-slot="by"]')


@pytest.mark.parametrize("error", ["NotSupportedError", "SyntaxError"])
def test_a_browser_without_ed25519_has_the_server_check_and_says_so(visit: Visit, site: Site, error: str) -> None:
    visitor = visit()
    visitor.page.add_init_script(f"""
        const importKey = crypto.subtle.importKey.bind(crypto.subtle);
        const refused = (name) => name === "Ed25519" || name?.name === "Ed25519";
        crypto.subtle.importKey = async (format, key, name, ...rest) => {{
            if (refused(name)) throw new DOMException("no", "{error}");
            return importKey(format, key, name, ...rest);
        }};
    """)
    visitor.open()
    for file, verdict in ((site.valid, "valid_test"), (site.altered, "invalid"), (site.revoked, "revoked")):
        assert visitor.check("a.json", file.read_bytes()) == verdict
        assert "by this server" in visitor.page.inner_text('[data-slot="by"]')
    visitor.page.route(re.compile("/verify/report"), lambda route: route.abort())
    for files in ([site.valid], [site.valid, site.revoked]):  # nobody checks: that is no verdict on the credential
        visitor.page.set_input_files("#file", files)
        if len(files) == 1:
            visitor.page.wait_for_function(
                "() => document.getElementById('progress').textContent.includes('not be fin')"
            )
            assert visitor.page.locator("#output article").count() == 0
        else:
            visitor.page.wait_for_selector("#output tr[data-verdict]")
            assert visitor.page.locator('#output tr[data-verdict="unconfirmed"]').count() == len(files)
    assert all("ERR_FAILED" in trouble or "Failed to fetch" in trouble for trouble in visitor.troubles)
    visitor.troubles.clear()


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed; scripts/test does it where npm is")
    return AXE.read_text("utf-8")


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "nl")])
def test_axe_finds_nothing_in_any_verdict(visit: Visit, site: Site, axe: str, scheme: Any, language: str) -> None:
    visitor = visit(bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    visitor.open(f"/verify?lang={language}")
    visitor.page.add_script_tag(content=axe)
    done = visitor.page.evaluate(AXE_FINDINGS)
    assert done["found"] == []
    assert done["passed"] > 15
    for file, verdict in ((site.valid, "valid_test"), (site.altered, "invalid"), (site.revoked, "revoked")):
        assert visitor.check("a.json", file.read_bytes()) == verdict
        for shown in (verdict, "valid", "pending", "expired", "suspended", "unconfirmed"):  # the colours of each
            visitor.page.evaluate("(v) => { document.querySelector('#output article').dataset.verdict = v }", shown)
            assert visitor.page.evaluate(AXE_FINDINGS)["found"] == [], shown


def test_the_whole_journey_works_with_the_keyboard_alone(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    press = visitor.page.keyboard.press
    active = (
        "() => document.activeElement.id || document.activeElement.dataset.slot || document.activeElement.className"
    )
    reached = []
    for _ in range(12):
        press("Tab")
        reached.append(visitor.page.evaluate(active))
        if visitor.page.evaluate("() => document.activeElement.tagName") == "SUMMARY":
            break
    assert reached[0] == "skip"
    assert "file" in reached
    press("Enter")  # opens the box to paste into
    press("Tab")
    assert visitor.page.evaluate(active) == "text"
    visitor.page.keyboard.insert_text(site.valid.read_text())
    press("Tab")
    press("Enter")
    assert visitor.verdict() == "valid_test"
    assert visitor.page.evaluate(active) == "title"  # the result is read out
    assert visitor.page.get_attribute("#progress", "role") == "status"


@pytest.mark.parametrize("language", ["en", "nl"])
def test_nothing_is_cut_off_on_a_narrow_screen(visit: Visit, site: Site, language: str) -> None:
    visitor = visit(viewport={"width": 320, "height": 800})
    visitor.open(f"/verify?lang={language}")
    visitor.check("a.json", site.revoked.read_bytes())
    assert visitor.page.evaluate("() => document.documentElement.scrollWidth") <= 320


def test_the_result_can_be_downloaded(visit: Visit, site: Site) -> None:
    visitor = visit(accept_downloads=True)
    visitor.open()
    visitor.check("a.json", site.valid.read_bytes())
    with visitor.page.expect_download() as download:
        visitor.page.click("[data-slot=download]")
    saved = json.loads(Path(download.value.path()).read_text())
    assert saved["verdict"] == "valid_test"
    assert [check["number"] for check in saved["checks"]] == [1, 2, 3, 4, 5, 6, 7]
