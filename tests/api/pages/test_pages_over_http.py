"""What the page's server side sends, and what it does with hostile forms."""

import gzip
import json
import re
import tempfile
from dataclasses import replace
from urllib.parse import urljoin

import pytest

from anchor.devnode.server import READ_ONLY
from api.limits import MAX_PAGE_BODY
from api.pages import assets, browser
from api.pages.browser import trust_for_browsers
from api.services import Services
from api.settings import Settings
from registry.verify import TrustProfile
from tests.support.browsing import STATIC
from tests.support.httpapi import Api
from tests.support.specimen import TRUST

SECRET = "https://node.example/v2/secret-key-of-a-provider"


@pytest.fixture
def trusting(api: Api) -> Api:
    """The API with a trust profile whose node has a secret in its address."""
    bound = api.services.bound()
    own = replace(TRUST, chain_id=bound.chain_id, contract=bound.contract, rpc=(SECRET,))
    api.services._trust = TrustProfile((own, replace(TRUST, chain_id=99, rpc=(SECRET,))))
    return api


def test_the_page_loads_only_our_own_files_and_may_not_be_framed(trusting: Api) -> None:
    answer = trusting.client.get("/verify")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    for address in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert re.match(r"/(?!/)|\?lang=|#|data:", address), address
    assert not re.search(r"<script(?![^>]*(src=\"/static/|type=\"application/json\"))", answer.text)
    assert not re.search(r"\son[a-z]+=|\sstyle=", answer.text)


def test_addresses_of_the_trust_profile_are_not_told_to_anybody(trusting: Api) -> None:
    answer = trusting.client.get("/verify")
    assert "secret-key" not in answer.text + str(answer.headers)
    assert [entry["rpc"] for entry in trust_for_browsers(trusting.services)["registry"]] == [[], []]


def test_nodes_for_browsers_are_those_of_the_settings_and_stand_in_the_policy(trusting: Api) -> None:
    settings = replace(trusting.services.settings, page_rpc_urls=("https://open.example/rpc",))
    services = Services(settings, trusting.services.store, trust=trusting.services.trust)
    own, other = trust_for_browsers(services)["registry"]
    assert (own["rpc"], other["rpc"]) == (["https://open.example/rpc"], [])
    policy = browser.content_security_policy({"registry": [own, other]})
    assert "https://open.example" in re.split("[ ;]+", policy)


def test_the_embedded_chain_has_a_door_for_pages() -> None:
    assert browser.READ_ONLY == READ_ONLY


def test_a_trust_profile_cannot_break_out_of_its_script_block(api: Api) -> None:
    evil = "</script><script>alert(1)</script><!--"
    api.services._trust = TrustProfile((replace(TRUST, name=evil),))
    text = api.client.get("/verify").text
    assert "<script>alert" not in text
    block = re.search(r'id="page-data">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    assert json.loads(block[1])["trust"]["registry"][0]["name"] == evil


def post(api: Api, files: dict[str, tuple[str, bytes]], **more: str) -> tuple[int, str]:
    answer = api.client.post("/verify", files=files, data=more)
    return answer.status_code, answer.text


def test_a_form_gets_a_verdict_whatever_is_in_it(trusting: Api) -> None:
    for content in (b"", b"{}", b"\xff\xfe", b"<svg/>", b"\x89PNG\r\n", b"[" * 100_000, b"x" * 2_000_000):
        code, text = post(trusting, {"file": ("<script>.json", content)})
        assert code == 200
        assert 'data-verdict="invalid"' in text
    code, text = post(trusting, {"file": ("", b"")}, text="not a credential")
    assert (code, 'data-verdict="invalid"' in text) == (200, True)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("multipart/form-data", b"--x", 400),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
        ("multipart/form-data; boundary=x", b"", 200),
        ("application/x-www-form-urlencoded", b"text=x", 415),
        ("multipart/form-data; boundary=x", b"x" * (9 * 1024 * 1024 + 1), 413),
        (
            "multipart/form-data; boundary=x",
            b"".join(b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\na\r\n' for _ in range(5)) + b"--x--",
            400,
        ),
    ],
)
def test_a_form_that_is_none_is_a_problem_and_not_a_failure(
    trusting: Api, content_type: str, body: bytes, code: int
) -> None:
    answer = trusting.client.post("/verify", content=body, headers={"content-type": content_type})
    assert answer.status_code == code, answer.text[:300]


def test_a_file_from_a_form_never_reaches_a_disk_and_is_bounded(trusting: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")  # where a temporary file cannot be opened
    largest = MAX_PAGE_BODY - 4096  # room for the form around it
    answer = trusting.client.post("/verify", files={"file": ("picture.svg", b"<" * largest)})
    assert answer.status_code == 200
    assert 'data-verdict="invalid"' in answer.text
    answer = trusting.client.post("/verify", files={"file": ("picture.svg", b"<" * MAX_PAGE_BODY)})
    assert answer.status_code == 413
    assert str(MAX_PAGE_BODY) in answer.text


def test_the_report_for_browsers_is_not_kept_by_anybody(trusting: Api) -> None:
    octets = {"content-type": "application/octet-stream"}
    answer = trusting.client.post("/verify/report", content=b"{}", headers=octets)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["verdict"] == "invalid"
    assert answer.json()["document"] is None


def test_settings_for_browsers_are_web_addresses() -> None:
    with pytest.raises(Exception, match="page_rpc_urls"):
        Settings(page_rpc_urls=("javascript:alert(1)",))


def test_a_page_takes_its_files_from_an_address_that_changes_with_any_of_them(api: Api) -> None:
    text = api.client.get("/verify").text
    script = one[1] if (one := re.search(r'src="(/static/[0-9a-f]{16}/page.js)"', text)) else ""
    kept = api.client.get(script)
    assert (kept.status_code, kept.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    for module in re.findall(r'from "([^"]+)"', kept.text):
        assert module.startswith("./"), "relative, so of the same version"
        assert api.client.get(urljoin(script, module)).status_code == 200
    assert api.client.get("/static/verifier/verify.js").headers["cache-control"] == "no-cache"
    earlier = script.replace(assets.VERSION, "0" * 16)
    assert api.client.get(earlier).status_code == 404, "never a newer file in an older page"
    assert api.client.get(f"{assets.PREFIX}/../../routes.py").status_code == 404


MAX_SCRIPTS = 34_000
"""Bytes of all modules for one check, packed: less than a second at 320 kbit/s, a poor mobile connection."""

MAX_VERIFIER = 23_500
"""Bytes of those that check; the rest is the page."""

MAX_CODE = 20_000
"""Bytes of those without their comments, which are served so that whoever looks can read them."""

COMMENT = re.compile(rb"^ *//.*\n| // .*$", re.MULTILINE)


def test_what_a_reader_must_load_for_one_check_is_small() -> None:
    sizes: dict[str, int] = {}
    bare: dict[str, int] = {}
    waiting = ["page.js"]
    while waiting:
        name = waiting.pop()
        if name in sizes:
            continue
        source = (STATIC / name).read_bytes()
        sizes[name] = len(gzip.compress(source))
        bare[name] = len(gzip.compress(COMMENT.sub(b"", source)))
        # `import("…")` is loaded later, for what is rarer than one credential.
        imported = re.findall(r'^(?:import|export) [^;]*?from "([^"]+)";', source.decode(), re.MULTILINE)
        waiting += [urljoin(name, found) for found in imported]
    assert "verifier/status.js" in sizes
    assert not [name for name in sizes if name.count("/") > 1], "what is rarer comes when it is needed"
    assert sum(sizes.values()) <= MAX_SCRIPTS, f"{sum(sizes.values())} bytes: {sizes}"
    for found, most in ((sizes, MAX_VERIFIER), (bare, MAX_CODE)):
        verifier = sum(size for name, size in found.items() if name.startswith("verifier/"))
        assert verifier <= most, f"{verifier} bytes: {found}"
