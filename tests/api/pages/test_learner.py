"""The learner's page and share links over HTTP: what each state shows, and what no answer, log or file may hold."""

import logging
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from api.logs import JsonLines
from api.pages.linkedin import ADD, add_link
from registry.credential.baking import credential_in
from registry.store import erasure, links
from registry.verify.document import read
from tests.support.httpapi import Api
from tests.support.specimen import document, to_bytes

HTML = {"Accept": "text/html"}
OWN = {"Sec-Fetch-Site": "same-origin"}


def claim(api: Api, place: int = 0) -> str:
    """The path of a learner's page."""
    return f"/c/{links.claim_link(api.registered.store, api.handles[place]).code}"


def share(api: Api, path: str, until: str = "") -> str:
    """The path of a share link made on that page."""
    answer = api.client.post(path, data={"until": until}, headers=OWN)
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="http://127\.0\.0\.1:8000(/s/[0-9a-z]{26})"', answer.text)
    assert found
    return found[1]


def test_a_claim_link_shows_the_credential_and_whom_to_ask_and_gives_the_file(api: Api) -> None:
    path = claim(api)
    page = api.client.get(path)
    for text in ("Zoë Ünal-0000", "Soil science in practice", "Example University", "There is no share link in use"):
        assert text in page.text, text
    assert "<script" not in page.text
    assert "has no standing" in page.text
    assert 'data-state="good"' not in page.text
    assert "linkedin" not in page.text
    assert api.client.get(f"{path}/credential.json").content == api.file()
    paper = api.client.get(f"{path}/credential.pdf?lang=nl")
    if "credential.pdf" in page.text:
        assert credential_in(paper.content) == api.file()
    else:
        assert paper.json()["code"] == "pdf-unavailable"
    for answer in (page, api.client.get(f"{path}/credential.json"), api.client.get(share(api, path))):
        headers = answer.headers
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert headers["x-robots-tag"] == "noindex"


def test_a_credential_that_is_not_final_or_not_signed_says_so(api: Api) -> None:
    made = api.registered
    _, (waiting,) = made.sealed(1, first=20)
    _, (unsigned,) = made.batch(1, first=30)
    page = f"/c/{links.claim_link(made.store, waiting).code}"
    assert "not yet final" in api.client.get(page).text
    assert api.client.get(f"{page}/credential.json").json()["credentialSubject"]
    page = f"/c/{links.claim_link(made.store, unsigned).code}"
    assert "being prepared" in api.client.get(page).text
    assert api.client.get(f"{page}/credential.json").json()["code"] == "not-final"


def test_a_share_link_shows_the_credential_until_it_is_withdrawn_or_over(api: Api) -> None:
    path = claim(api)
    first, short = share(api, path), share(api, path, "2026-01-01")
    shown = api.client.get(first)
    assert 'id="page-data"' in shown.text
    assert "Zoë Ünal-0000" in shown.text
    checked = api.client.post(first, headers=OWN).text
    assert 'data-verdict="valid_test"' in checked
    assert "Checked by this server" in checked
    listed = links.list_links(api.registered.store, api.handles[0], ("share",))
    (one,) = [link for link in listed if link.expires_at is None]
    ended = api.client.post(path, data={"end": one.id}, headers=OWN)
    assert "is withdrawn" in ended.text
    api.registered.now += 86_400
    for gone in (first, short):
        for answer in (api.client.get(gone, headers=HTML), api.client.post(gone, headers=HTML | OWN)):
            assert answer.status_code == 410
            assert "not valid any more" in answer.text
        assert api.client.get(gone).json()["code"] == "link-ended"
        assert "Ünal" not in answer.text
    assert api.client.get(path).status_code == 200


def test_codes_open_only_their_own_page_and_ids_only_their_own_links(api: Api) -> None:
    path, other = claim(api), claim(api, 1)
    shared = share(api, path)
    for wrong in (
        shared.replace("/s/", "/c/"),
        path.replace("/c/", "/s/"),
        f"/c/{api.handles[0]}",
        "/s/x",
        f"/c/{'x' * 150}",
    ):
        assert api.client.get(wrong, headers=HTML).status_code == 404, wrong
        assert api.client.get(wrong).json()["code"] == "not-found"
    (one,) = links.list_links(api.registered.store, api.handles[0], ("share",))
    claimed = links.list_links(api.registered.store, api.handles[0], ("claim",))[0].id
    assert api.client.post(other, data={"end": one.id}, headers=OWN).status_code == 404
    assert api.client.post(path, data={"end": claimed}, headers=OWN).status_code == 404
    assert api.client.get(shared).status_code == 200


def test_other_sites_can_neither_share_nor_withdraw(api: Api) -> None:
    path = claim(api)
    refused: tuple[dict[str, str], ...] = (
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"}, {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    )  # fmt: skip
    for headers in refused:
        assert api.client.post(path, data={"until": ""}, headers=headers).json()["code"] == "cross-origin", headers
    assert links.list_links(api.registered.store, api.handles[0], ("share",)) == []
    for headers in ({}, {"Origin": "http://127.0.0.1:8000"}, OWN):
        assert api.client.post(path, data={"until": ""}, headers=headers).status_code == 200, headers


def test_a_day_that_cannot_be_and_one_link_too_many_are_refused_in_words(api: Api) -> None:
    path = claim(api)
    for day in ("2025-12-31", "2099-01-01", "9999-12-31", "tomorrow", "2026-02-30"):
        answer = api.client.post(path, data={"until": day}, headers=OWN)
        assert (answer.status_code, "No link was made" in answer.text) == (422, True), day
    for _ in range(links.MAX_LIVE["share"]):
        links.share_link(api.registered.store, api.handles[0])
    assert api.client.post(path, data={"until": ""}, headers=OWN).status_code == 409


def test_ended_links_do_not_pile_up(api: Api) -> None:
    store, handle = api.registered.store, api.handles[0]
    made = []
    for _ in range(links.MAX_ENDED + 5):
        api.registered.now += 1
        made.append(links.share_link(store, handle))
        links.end_link(store, handle, made[-1].id)
    codes = [api.client.get(f"/s/{one.code}").status_code for one in made]
    assert codes == [404] * 4 + [410] * (links.MAX_ENDED + 1)


def test_after_erasing_the_links_are_gone_and_the_name_is_nowhere(api: Api) -> None:
    path = claim(api)
    shared = share(api, path)
    revoker = api.key("credentials:revoke")
    assert api.client.delete(f"/v1/credentials/{api.handles[0]}", headers=revoker).status_code == 204
    for gone in (path, f"{path}/credential.json", shared):
        assert api.client.get(gone, headers=HTML).status_code in (404, 410)
    held = b"".join(file.read_bytes() for file in api.services.settings.data_dir.glob("credanchor.db*"))
    assert "Ünal-0001".encode() in held
    assert "Ünal-0000".encode() not in held
    assert erasure.scrub(api.registered.store)


def test_no_log_line_has_a_code(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = claim(api)
    shared = share(api, path)
    visited = (
        path,
        f"{path}/credential.json",
        shared,
        f"{path}/more",
        f"{shared}?x=1",
        f"/c/{path[3:]}x",
        f"/p/{path[3:]}",
    )
    for one in visited:
        api.client.get(one, headers=HTML)
    api.client.post(path, data={"end": path[3:]}, headers=OWN)
    text = "\n".join(JsonLines().format(record) for record in caplog.records if not record.name.startswith("httpx"))
    assert '"route": "/c/{code}"' in text
    for code in (path[3:], shared[3:], "Ünal", api.handles[0]):
        assert code not in text, code


HOSTILE = "\u202eA&certUrl=https://evil.example#<x> \"'\n\u0000é"


def test_linkedin_gets_title_issuer_month_and_the_share_link_and_nothing_breaks_out() -> None:
    made = document()
    made["credentialSubject"]["achievement"]["name"] = HOSTILE
    made["issuer"]["name"] = HOSTILE
    found = read(to_bytes(made))
    link = add_link(found, "https://registry.example/s/0?a=1&b=2", "id/1")
    address = urlsplit(link)
    assert f"{address.scheme}://{address.netloc}{address.path}" == ADD
    assert address.fragment == ""
    fields = parse_qs(address.query, strict_parsing=True)
    assert {name: values for name, values in fields.items() if name not in ("name", "organizationName")} == {
        "startTask": ["CERTIFICATION_NAME"],
        "issueYear": [found.awarded[:4]],
        "issueMonth": [str(int(found.awarded[5:7]))],
        "certUrl": ["https://registry.example/s/0?a=1&b=2"],
        "certId": ["id/1"],
    }
    assert fields["name"] == fields["organizationName"] == ["A&certUrl=https://evil.example#<x> \"' é"]
    assert not re.search(r"[^!-~]|[<>\"']", link)


def test_the_link_to_linkedin_comes_with_a_share_link_only(api: Api) -> None:
    path = claim(api)
    answer = api.client.post(path, data={"until": ""}, headers=OWN)
    found = re.search(r'href="(https://www\.linkedin\.com/[^"]+)"', answer.text)
    assert found
    fields = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)
    assert fields["certUrl"][0].startswith("http://127.0.0.1:8000/s/")
    assert fields["name"] == ["Soil science in practice"]
    assert credential_in(api.file()).decode().split('"id": "urn:uuid:')[1][:36] not in found[1]
    assert "linkedin" not in api.client.get(path).text
