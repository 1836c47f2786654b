"""GET /v1/credentials/{handle}/pdf: the page of a final credential, for who may have its file."""

import io
import sys
from typing import Any

import pytest
from pypdf import PdfReader

from registry.credential.baking import unbake
from tests.support.httpapi import Api


def test_the_page_holds_the_file_leads_to_this_registry_and_is_made_only_once_for_who_has_it(api: Api) -> None:
    key = api.key("credentials:read", issuer="uni")
    links = api.client.get(f"/v1/credentials/{api.handles[0]}", headers=key).json()["links"]
    answer = api.client.get(links["pdf"], headers=key | {"Accept-Language": "nl"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert "private" in answer.headers["cache-control"]
    assert unbake(answer.content).data == api.file()
    reader = PdfReader(io.BytesIO(answer.content))
    page: Any = reader.pages[0]
    assert reader.trailer["/Root"]["/Lang"] == "nl"  # type: ignore[index]
    assert page["/Annots"][0].get_object()["/A"]["/URI"] == "https://registry.example/verify"
    assert "testnetwerk" in page.extract_text()
    again = key | {"If-None-Match": answer.headers["etag"]}
    assert api.client.get(links["pdf"] + "?lang=nl", headers=again).status_code == 304
    checked = api.client.post("/v1/verify", content=answer.content, headers={"Content-Type": "application/pdf"})
    assert checked.json()["verdict"] == "valid_test"


def test_who_may_not_have_the_file_gets_no_page(api: Api) -> None:
    path = f"/v1/credentials/{api.handles[0]}/pdf"
    assert api.client.get(path).status_code == 401
    assert api.client.get(path, headers=api.key("batches:write")).status_code == 403
    assert api.client.get(path, headers=api.key("credentials:read", issuer="other")).status_code == 404


def test_without_the_extra_the_answer_says_what_is_missing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    answer = api.client.get(f"/v1/credentials/{api.handles[0]}/pdf", headers=api.key("credentials:read"))
    assert (answer.status_code, answer.json()["code"]) == (503, "pdf-unavailable")
    assert "credanchor[pdf]" in answer.json()["detail"]
