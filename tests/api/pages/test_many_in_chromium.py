"""Many files at once on the verification page, and files that come while others are being checked."""

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.visiting import Site, Visit

pytestmark = pytest.mark.browser


def test_many_files_give_a_table_a_spreadsheet_and_one_question_for_each_anchor(visit: Visit, site: Site) -> None:
    visitor = visit(accept_downloads=True)
    visitor.open()
    names = ["=1+1.json", 'a "b".json', "＝c\u202egnp.json", "d.txt"]
    contents = [site.valid.read_bytes(), site.altered.read_bytes(), site.revoked.read_bytes(), b"nothing"]
    visitor.requests.clear()
    files = [
        {"name": name, "mimeType": "text/plain", "buffer": data} for name, data in zip(names, contents, strict=True)
    ]
    visitor.page.set_input_files("#file", files * 20)
    visitor.page.wait_for_selector("#output tr[data-verdict]")
    verdicts = [
        row.get_attribute("data-verdict") for row in visitor.page.query_selector_all("#output tr[data-verdict]")
    ]
    assert verdicts == ["valid_test", "invalid", "revoked", "invalid"] * 20
    assert len([request for request in visitor.requests if "/evidence" in request.url]) == 1
    assert (
        len([request for request in visitor.requests if "/read-only" in request.url and request.method == "POST"]) <= 4
    )
    assert visitor.page.query_selector_all("#output tbody th")[2].inner_text() == "＝c gnp.json"
    assert "80" in visitor.page.inner_text("#progress")
    with visitor.page.expect_download() as download:
        visitor.page.click("[data-slot=csv]")
    rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in rows[:5]] == ["file", "'=1+1.json", 'a "b".json', "'＝c gnp.json", "d.txt"]
    assert [row[1] for row in rows[1:5]] == verdicts[:4]
    assert len(rows) == 81


def test_what_is_taken_away_computes_nothing_and_hides_nothing(bench: Page) -> None:
    texts = ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1", "＋1", "－1", "＠a", 'a"=\n,', "", "'="]
    saved = bench.evaluate(
        """async (texts) => {
            const { csv, reportText } = await import("/static/saving.js");
            const rows = texts.map((text) => ({ file: text, verdict: text, title: text, sentence: text }));
            return [csv(rows), reportText({ texts, number: 1n, bytes: new Uint8Array([1, 171]) })];
        }""",
        [*texts, hidden := "\u202e\u2066\x00\x85\ufeff\U000e0041\u2028"],
    )
    assert saved[0].startswith("\ufeff")
    assert saved[0].count("\r\n") == len(texts) + 2
    rows = list(csv.reader(io.StringIO(saved[0][1:], newline="")))
    assert rows[1:-1] == [[f"'{text}" if text[:1] in tuple("=+-@\t\r\n＝＋－＠") else text] * 4 for text in texts]
    assert not set(hidden) & set(saved[1])
    assert json.loads(saved[1]) == {"texts": [*texts, hidden], "number": "1", "bytes": "01ab"}


def test_more_files_than_are_checked_at_once_are_refused_and_none_is_sent(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    visitor.requests.clear()
    one = {"name": "a.json", "mimeType": "text/plain", "buffer": b"{}"}
    visitor.page.set_input_files("#file", [one] * 501)
    visitor.page.wait_for_function("() => document.getElementById('progress').textContent.includes('500')")
    assert visitor.hosts() == set()


def test_files_that_are_dropped_while_others_are_checked_have_the_last_word(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    script = """(texts) => texts.forEach((text) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], "a.json"));
        document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
    })"""
    visitor.page.evaluate(script, [site.valid.read_text(), site.altered.read_text()])  # the second needs no network
    assert visitor.verdict() == "invalid"
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.wait_for_timeout(300)
    assert visitor.verdict() == "invalid"
    assert visitor.page.inner_text("#progress") == ""


def test_a_file_that_cannot_be_read_any_more_does_not_end_the_others(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.open()
    script = """(text) => {
        const gone = new File([text], "gone.json");
        gone.arrayBuffer = () => Promise.reject(new DOMException("gone", "NotReadableError"));
        const files = [gone, new File([text], "b.json")];
        const event = new Event("drop", { cancelable: true });
        document.getElementById("drop").dispatchEvent(Object.assign(event, { dataTransfer: { files } }));
    }"""
    visitor.page.evaluate(script, site.valid.read_text())
    visitor.page.wait_for_selector("#output tr[data-verdict]")
    rows = visitor.page.query_selector_all("#output tr[data-verdict]")
    assert [row.get_attribute("data-verdict") for row in rows] == ["unconfirmed", "valid_test"]
    assert len(visitor.troubles) == 1
    visitor.troubles.clear()
