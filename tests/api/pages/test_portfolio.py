"""A portfolio over HTTP: made from claim links, summed by level, and open to nobody whom its holder did not choose."""

import re
from dataclasses import replace
from pathlib import Path

from registry.credential.achievement import Achievement
from registry.rdfc import canonizer
from registry.store import achievements, batches, credentials, links, statusactions
from registry.store.sealing import Sealer
from tests.support import contexts
from tests.support.apisamples import stack
from tests.support.httpapi import Api
from tests.support.registered import ACHIEVEMENT

HTML = {"Accept": "text/html"}
OWN = {"Sec-Fetch-Site": "same-origin"}
FORM = "application/x-www-form-urlencoded"
SITE = "http://127.0.0.1:8000"


def claim(api: Api, handle: str) -> str:
    """The path of a learner's page."""
    return f"/c/{links.claim_link(api.registered.store, handle).code}"


def portfolio(api: Api, first: str, *others: str, until: str = "") -> str:
    """The path of a portfolio of these credentials, made on the page of the first."""
    text = "\r\n".join(SITE + claim(api, handle) for handle in others)
    answer = api.client.post(f"{claim(api, first)}/portfolio", data={"links": text, "until": until}, headers=OWN)
    assert answer.status_code == 200, answer.text
    found = re.search(rf'value="{SITE}(/p/[0-9a-z]{{26}})"', answer.text)
    assert found
    return found[1]


def totals(page: str) -> dict[str, tuple[str, ...]]:
    """Level to number of credentials and sum of credits."""
    found = re.findall(r'<tr data-level="(\w+)">(.*?)</tr>', page, re.DOTALL)
    return {level: tuple(re.findall(r"<td[^>]*>(.*?)</td>", line)) for level, line in found}


def verdicts(page: str) -> list[str]:
    return re.findall(r'<article data-verdict="(\w+)"', page)


def other_level(api: Api) -> str:
    """A final credential of an achievement at level 7, with credits that floating point cannot add."""
    made = api.registered
    text = ACHIEVEMENT.replace("soil-science", "soil-physics").replace("Soil science", "Soil <physics>")
    text = text.replace("eqf = 6", "eqf = 7").replace("ects = 2.5", "ects = 0.1")
    row = achievements.add_achievement(made.store, "uni", Achievement.parse(text.encode(), "toml"))
    _, (handle,) = replace(made, achievement_id=row.id).sealed(1, first=40)
    made.anchor()
    return handle


def certificate(api: Api) -> str:
    """The id of an achievement of 10 credits at level 5 that is awarded for another."""
    soil = "https://registry.example/v1/achievements/uni.soil-science.1"
    text = ACHIEVEMENT.replace("soil-science", "soil-certificate").replace("eqf = 6", "eqf = 5").replace("2.5", "10")
    text += f'[stacking]\nstand_alone = true\nrequires = {{ all_of = ["{soil}"] }}\n'
    return achievements.add_achievement(api.registered.store, "uni", Achievement.parse(text.encode(), "toml")).id


def test_a_portfolio_shows_each_credential_checked_and_sums_by_level_what_is_valid(api: Api) -> None:
    made, (first, second, third) = api.registered, api.handles
    physics = other_level(api)
    _, (waiting,) = made.sealed(1, first=50)
    _, (unsigned,) = made.batch(1, first=60)
    path = portfolio(api, first, third, physics, second, waiting, unsigned, first)
    page = api.client.get(path)
    assert verdicts(page.text) == ["valid_test"] * 4 + ["pending"]
    assert totals(page.text) == {"6": ("3", "7.5"), "7": ("1", "0.1"), "all": ("4", "7.6")}
    names = [page.text.index(name) for name in ("Ünal-0000", "Ünal-0002", "Ünal-0040", "Ünal-0001", "Ünal-0050")]
    assert names == sorted(names)
    for text in (
        "Soil &lt;physics&gt; in practice",
        "Example University",
        "EQF level 7",
        "no standing",
        "not all the same",
    ):
        assert text in page.text, text
    assert page.text.count("Checked by this server:") == 5
    assert page.text.count("It is not counted.") == 2
    assert "<script" not in page.text
    headers = page.headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert headers["x-robots-tag"] == "noindex"
    statusactions.revoke(made.store, made.vault, third, "withdrawn", None, "admin")
    made.anchor()
    page = api.client.get(path)
    assert verdicts(page.text) == ["valid_test", "revoked", "valid_test", "valid_test", "valid_test"]
    assert totals(page.text) == {"6": ("3", "7.5"), "7": ("1", "0.1"), "all": ("4", "7.6")}  # one more became final
    api.client.delete(f"/v1/credentials/{first}", headers=api.key("credentials:revoke"))
    page = api.client.get(path)
    assert "Ünal-0000" not in page.text
    assert totals(page.text)["6"] == ("2", "5")


def test_credits_of_a_component_are_not_counted_again_beside_the_stack(api: Api) -> None:
    made = api.registered
    key = api.key("batches:write", issuer="uni")
    body = stack(api, achievement=certificate(api))
    assert api.client.post(f"/v1/batches/{api.external}/stacks", json=body, headers=key).status_code == 201
    batches.request_seal(made.store, api.external)
    assert Sealer(made.store, made.vault).seal_next()
    made.anchor()
    (whole,) = credentials.list_credentials(made.store, api.external)
    page = api.client.get(portfolio(api, api.handles[0], whole.handle, api.handles[1])).text
    assert verdicts(page) == ["valid_test"] * 3
    assert page.count("counted with a larger credential on this page") == 1
    assert totals(page) == {"5": ("1", "10"), "6": ("1", "2.5"), "all": ("2", "12.5")}
    statusactions.revoke(made.store, made.vault, whole.handle, "withdrawn", None, "admin")
    made.anchor()
    page = api.client.get(portfolio(api, api.handles[0], whole.handle)).text
    assert totals(page) == {"6": ("1", "2.5")}


def test_a_record_counts_once_by_what_it_holds_and_an_award_that_was_renewed_counts_once(
    api: Api, tmp_path: Path
) -> None:
    made, (first, second, _) = api.registered, api.handles
    contexts.add(tmp_path / "contexts")
    try:
        key = api.key("batches:write", issuer="uni")
        body = stack(api, form="clr")
        assert api.client.post(f"/v1/batches/{api.external}/stacks", json=body, headers=key).status_code == 201
        batches.request_seal(made.store, api.external)
        assert Sealer(made.store, made.vault).seal_next()
    finally:
        canonizer.add({})
    _, (renewed,) = made.sealed(1)  # the first learner's, once more
    made.anchor()
    (record,) = credentials.list_credentials(made.store, api.external)
    alone = api.client.get(portfolio(api, record.handle)).text
    assert "It is a record. Credentials in it: 1; counted of these: 1, each once." in alone
    assert totals(alone) == {"6": ("1", "2.5")}
    path = portfolio(api, record.handle, first, second, renewed)
    page = api.client.get(path).text
    assert verdicts(page) == ["valid_test"] * 4
    assert totals(page) == {"6": ("2", "5")}
    assert page.count("the same achievement counts once, with another credential on this page") == 1
    statusactions.revoke(made.store, made.vault, record.handle, "withdrawn", None, "admin")
    made.anchor()
    page = api.client.get(path).text
    assert (totals(page), page.count("It is not counted.")) == ({"6": ("2", "5")}, 1)
    statusactions.revoke(made.store, made.vault, first, "withdrawn", None, "admin")
    statusactions.revoke(made.store, made.vault, second, "withdrawn", None, "admin")
    made.anchor()
    page = api.client.get(path).text
    assert verdicts(page) == ["revoked", "revoked", "revoked", "valid_test"]
    assert totals(page) == {"6": ("1", "2.5")}


def test_a_portfolio_is_over_on_its_day_and_is_withdrawn_on_the_page_of_any_credential_in_it(api: Api) -> None:
    first, second, third = api.handles
    endless, short = portfolio(api, first, second), portfolio(api, first, second, until="2026-01-01")
    assert api.client.get(short).status_code == 200
    listed = links.list_links(api.registered.store, second, ("portfolio",))
    (one,) = [link for link in listed if link.expires_at is None]
    assert api.client.post(claim(api, third), data={"end": one.id}, headers=OWN).status_code == 404
    assert api.client.get(endless).status_code == 200
    page = claim(api, second)
    assert "A portfolio with it" in api.client.get(page).text
    assert "The portfolio is withdrawn" in api.client.post(page, data={"end": one.id}, headers=OWN).text
    api.registered.now += 86_400
    for gone in (endless, short):
        answer = api.client.get(gone, headers=HTML)
        assert (answer.status_code, "Ünal" in answer.text) == (410, False)
        assert api.client.get(gone).json()["code"] == "link-ended"
    code = claim(api, first)[3:]
    for wrong in (f"/p/{code}", endless.replace("/p/", "/s/"), endless.replace("/p/", "/c/"), "/p/x"):
        assert api.client.get(wrong, headers=HTML).status_code == 404, wrong
        assert api.client.get(wrong).json()["code"] == "not-found"


def test_lines_that_are_no_live_claim_links_are_named_and_nothing_is_made(api: Api) -> None:
    store, (first, second, third) = api.registered.store, api.handles
    page, good, ended = claim(api, first), claim(api, second), links.claim_link(store, third)
    links.end_link(store, third, ended.id)
    shared = links.share_link(store, second).code
    lines = [
        f"{SITE}{good}", "", f"https://evil.example{good}", f"{SITE}{good}?lang=nl", f"{SITE}/c/{ended.code}",
        f"{SITE}/c/{shared}", f"{SITE}/s/{shared}", second, '"><script>alert(1)</script>', f"{SITE}/c/",
        f"  {SITE}{good}/ ",
    ]  # fmt: skip
    answer = api.client.post(f"{page}/portfolio", data={"links": "\r\n".join(lines)}, headers=OWN)
    assert answer.status_code == 422
    assert "of this registry: 3, 5, 6, 7, 8, 9, 10. No portfolio was made." in answer.text
    assert "<script" not in answer.text
    most = links.MAX_IN_PORTFOLIO
    answer = api.client.post(f"{page}/portfolio", data={"links": f"{SITE}{good}\n" * most}, headers=OWN)
    assert (answer.status_code, f"more than {most - 1} links" in answer.text) == (422, True)
    answer = api.client.post(f"{page}/portfolio", data={"links": "", "until": "2099-01-01"}, headers=OWN)
    assert (answer.status_code, "at most ten years ahead" in answer.text) == (422, True)
    answer = api.client.post(f"{page}/portfolio", content="a=1&" * 11, headers={**OWN, "Content-Type": FORM})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    assert links.list_links(store, first, ("portfolio",)) == []
    for _ in range(links.MAX_LIVE["portfolio"]):
        links.portfolio_link(store, [first])
    answer = api.client.post(f"{page}/portfolio", data={"links": ""}, headers=OWN)
    assert (answer.status_code, "as many portfolios" in answer.text) == (409, True)


def test_other_sites_and_other_codes_cannot_make_a_portfolio(api: Api) -> None:
    page = claim(api, api.handles[0])
    refused = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"})
    for headers in refused:
        answer = api.client.post(f"{page}/portfolio", data={"links": ""}, headers=headers)
        assert answer.json()["code"] == "cross-origin", headers
    shared = links.share_link(api.registered.store, api.handles[0]).code
    assert api.client.post(f"/c/{shared}/portfolio", data={"links": ""}, headers=OWN).status_code == 404
    assert links.list_links(api.registered.store, api.handles[0], ("portfolio",)) == []
