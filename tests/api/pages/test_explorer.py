"""The explorer's pages over HTTP: what they say, that they say nothing personal, and their twins."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api import times
from api.pages.catalogue import catalogues
from api.services import Services
from registry.store import batches, issuers, keys
from registry.store.engine import Store
from registry.store.tables import Issuer, IssuerKey, Standing
from tests.support.httpapi import Api

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
PAGES = ("/", "/anchors", "/anchors/1", "/batches/1", "/issuers", "/issuers/uni", "/issuers/other")
MISSING = ("/anchors/99", "/batches/99", "/issuers/nobody")


def text(api: Api, path: str, code: int = 200) -> str:
    answer = api.client.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (code, "text/html; charset=utf-8"), path
    return answer.text


def words(html: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def change(api: Api, kind: type[Any], key: Any, **values: Any) -> None:
    with api.registered.store.begin() as session:
        row = session.get_one(kind, key)
        for name, value in values.items():
            setattr(row, name, value)


def test_every_page_leads_to_every_other_and_to_its_twin(api: Api) -> None:
    reached, waiting = set(), ["/"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = re.findall(r'href="([^"]+)"', text(api, page))
        waiting += [
            link for link in links if re.match(r"/(anchors|batches|issuers|verify)", link) and ".json" not in link
        ]
        for link in links:
            if link.endswith(".json") or "/v1/" in link:
                assert api.client.get(link).status_code == 200, link
    assert reached == {"/verify", *PAGES}


@pytest.mark.parametrize(
    ("twin", "original"),
    [
        ("/anchors.json", "/v1/anchors"),
        ("/anchors.json?limit=1", "/v1/anchors?limit=1"),
        ("/anchors/1.json", "/v1/anchors/1"),
        ("/batches/1.json", "/v1/export/batches/00000001.json"),
        ("/issuers.json", "/v1/issuers"),
        ("/issuers/uni.json", "/v1/issuers/uni"),
        ("/anchors/99.json", "/v1/anchors/99"),
        ("/batches/99.json", "/v1/export/batches/00000099.json"),
    ],
)
def test_a_twin_is_what_the_api_answers(api: Api, twin: str, original: str) -> None:
    api.registered.anchor()
    ours, theirs = api.client.get(twin, headers=HTML), api.client.get(original)
    assert ours.status_code == theirs.status_code
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    if ours.status_code == 200:
        assert ours.content == theirs.content
        assert ours.headers.get("etag") == theirs.headers.get("etag")
    else:
        assert ours.json()["code"] == theirs.json()["code"]


def test_nothing_about_credentials_or_learners_is_on_any_page(api: Api) -> None:
    said = "".join(text(api, page) for page in PAGES) + "".join(text(api, page, 404) for page in MISSING)
    for secret in (*api.handles, api.final, api.open, api.external, "Ünal", "students.example", "soil", "Soil"):
        assert secret not in said
    assert api.registered.key.key_id.hex() in said  # the search would have found something


def test_the_first_page_says_what_this_is_where_it_is_recorded_and_how_much_it_holds(api: Api) -> None:
    made = api.registered
    page = words(text(api, "/"))
    assert "Credentials anchored 3 Batches anchored 1 Issuers in the contract 1 Final anchors 1" in page
    assert "its credentials have no standing" in page
    assert "Sepolia, chain 11155111 Contract 0x5fbdb2315678afecb367f032d93f642f64180aa3" in page
    made.sealed(2, first=20)
    number = made.create_anchor()
    made.attempt(number)
    made.include(number, final=False)
    assert "Credentials anchored 3 Batches anchored 1" in words(text(api, "/"))
    made.include(number, final=True)
    page = text(api, "/")
    assert "anchored 5 Batches anchored 2 Issuers in the contract 1 Final anchors 2 Newest anchor Anchor 2" in words(
        page
    )
    assert f'<time datetime="{times.shown(made.now)}">' in page
    heartbeat = api.services.settings.heartbeat_seconds
    for age, late in ((heartbeat, False), (heartbeat + 1, True)):
        api.services.now = lambda age=age: datetime.fromtimestamp(made.now + age, UTC)
        assert ("longer ago than this registry usually lets pass" in text(api, "/")) is late
        assert ("langer geleden dan dit register" in text(api, "/?lang=nl")) is late
    api.app.state.services = Services(replace(api.services.settings, test_network=False), made.store)
    assert "no standing" not in text(api, "/")


def test_every_page_of_a_test_says_that_it_is_one(api: Api) -> None:
    pages = [path for path in PAGES if path not in MISSING]
    assert all("This registry is a test" in text(api, path) for path in pages)
    api.app.state.services = Services(replace(api.services.settings, test_network=False), api.registered.store)
    assert not any("This registry is a test" in text(api, path) for path in pages)


def test_a_registry_without_a_contract_says_so_and_counts_nothing(
    api: Api, migrated_file: Path, tmp_path: Path
) -> None:
    store = Store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'empty.db')}")
    api.app.state.services = Services(api.services.settings, store)
    page = text(api, "/")
    assert "does not have its contract yet" in page
    assert "Credentials anchored 0" in words(page)
    assert "/log/checkpoint" not in page
    assert 'href="/verify"' in page
    store.close()


def test_an_anchor_says_what_it_commits_to_and_where_it_is(api: Api) -> None:
    one = api.client.get("/v1/anchors/1").json()
    page = text(api, "/anchors/1")
    for fact in (one["root"], one["chain"]["tx_hash"], f">{one['chain']['block_number']}<", "Example University"):
        assert fact in page
    assert f'<time datetime="{one["chain"]["block_time"]}">' in page
    assert "nobody can change or remove it" in page
    assert "credanchor audit https://registry.example" in page
    assert f'href="https://sepolia.etherscan.io/tx/{one["chain"]["tx_hash"]}"' in page
    assert f'href="https://sepolia.etherscan.io/block/{one["chain"]["block_number"]}"' in page
    assert "https://sepolia.etherscan.io/address/0x5fbdb2315678afecb367f032d93f642f64180aa3" in page


def test_an_anchor_that_is_not_final_says_so_in_words(api: Api) -> None:
    number = api.registered.create_anchor()
    assert "no block has been seen with it" in text(api, f"/anchors/{number}")
    api.registered.attempt(number)
    api.registered.include(number, final=False)
    assert "not final yet" in text(api, f"/anchors/{number}")
    assert api.client.get(f"/anchors/{number}").headers["cache-control"] == "public, no-cache"


def test_a_development_chain_has_no_website_and_the_page_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = api.services.bound()
    bound.chain_id = 31_337
    monkeypatch.setattr(Services, "bound", lambda _: bound)
    page = text(api, "/anchors/1")
    assert "There is no website that shows it" in page
    assert "https://sepolia" not in page


def test_a_website_of_the_settings_is_linked_to(api: Api) -> None:
    settings = replace(api.services.settings, explorer_url="https://explorer.example")
    api.app.state.services = Services(settings, api.registered.store)
    assert 'href="https://explorer.example/tx/0x' in text(api, "/anchors/1")


def test_a_batch_is_judged_by_its_key_at_the_time_of_its_anchor(api: Api) -> None:
    made = api.registered
    anchored = api.client.get("/v1/anchors/1").json()["chain"]["block_time"]
    moment = times.read(anchored)
    assert "in its window then" in text(api, "/batches/1")
    for column, code in (("chain_revoked_at", "was revoked at"), ("chain_compromised_at", "compromised since")):
        change(api, IssuerKey, made.key.key_id, **{column: moment + 1})
        assert "in its window then" in text(api, "/batches/1"), column
        change(api, IssuerKey, made.key.key_id, **{column: moment})
        page = text(api, "/batches/1")
        assert code in page
        assert "in its window then" not in page
        assert "are not valid" in page
        change(api, IssuerKey, made.key.key_id, **{column: None})
    change(api, IssuerKey, made.key.key_id, chain_added_at=moment + 1)
    assert "was added at" in text(api, "/batches/1")


def test_a_batch_of_an_issuer_suspended_then_is_said_to_be_in_vain(api: Api) -> None:
    block = bytes.fromhex(api.client.get("/v1/anchors/1").json()["chain"]["block_hash"][2:])
    with api.registered.store.begin() as session:
        session.merge(Standing(block_hash=block, issuer_id="uni", suspended=True))
    assert "was suspended then" in text(api, "/batches/1")
    page = text(api, "/issuers/uni")
    assert "Suspended at these anchors" in page
    assert "In good standing" in page  # it was reinstated since


def test_an_issuer_counts_what_was_seen_on_the_chain(api: Api) -> None:
    made = api.registered
    assert "Batches anchored 1 Credentials anchored 3" in words(text(api, "/issuers/uni"))
    made.sealed(2, first=20)
    assert "Batches anchored 1 Credentials anchored 3" in words(text(api, "/issuers/uni"))
    number = made.create_anchor()
    assert "Batches anchored 1 Credentials anchored 3" in words(text(api, "/issuers/uni"))
    made.include(number, final=False)
    assert "Batches anchored 2 Credentials anchored 5" in words(text(api, "/issuers/uni"))
    assert "Batches anchored 0 Credentials anchored 0" in words(text(api, "/issuers/other"))


def test_a_suspended_issuer_is_said_to_be_so_and_what_that_means(api: Api) -> None:
    issuers.set_suspended(api.registered.store, "uni", True)
    assert "Suspension under way" in text(api, "/issuers/uni")
    change(api, Issuer, "uni", chain_suspended=True)
    assert "anchored during a suspension is not valid" in text(api, "/issuers/uni")
    assert "Suspended" in text(api, "/issuers")
    issuers.set_suspended(api.registered.store, "uni", False)
    assert "Reinstatement under way" in text(api, "/issuers/uni")


def test_revoked_and_compromised_keys_are_drawn_and_said(api: Api) -> None:
    made = api.registered
    begin = made.now - 100 * 3600
    second = keys.add_hosted_key(made.store, made.vault, "uni")
    change(api, IssuerKey, made.key.key_id, chain_added_at=begin, chain_revoked_at=begin + 50 * 3600)
    change(api, IssuerKey, second.key_id, chain_added_at=begin, chain_compromised_at=begin + 25 * 3600)
    page = text(api, "/issuers/uni")
    bars = re.findall(r'<g data-key="(\w+)">(.*?)</g>', page, re.DOTALL)
    drawn = {state: re.findall(r'<rect class="(\w+)" x="([\d.]+)%"[^>]* width="([\d.]+)%"', svg) for state, svg in bars}
    assert [part[0] for part in drawn["revoked"]] == ["counts"]
    assert [part[0] for part in drawn["compromised"]] == ["counts", "distrusted"]
    (_, _, counted), (_, turn, distrusted) = drawn["compromised"]
    assert float(counted) == float(turn)
    assert float(turn) + float(distrusted) == pytest.approx(100)
    assert float(drawn["revoked"][0][2]) == pytest.approx(2 * float(counted), abs=0.1)
    assert 'class="end"' in dict(bars)["revoked"]
    rows = {state: words(row) for state, row in re.findall(r'<tr data-key="(\w+)">(.*?)</tr>', page, re.DOTALL)}
    assert times.shown(begin + 50 * 3600)[:10] in rows["revoked"]  # type: ignore[index]
    assert times.shown(begin + 25 * 3600)[:10] in rows["compromised"]  # type: ignore[index]


def test_a_wish_that_the_contract_has_not_heard_of_is_said_to_be_under_way(api: Api) -> None:
    made = api.registered
    keys.mark_compromised(made.store, made.vault, made.key.key_id, made.now - 10)
    page = text(api, "/issuers/uni")
    assert '<tr data-key="compromised">' in page
    assert "the contract does not have this yet" in page


@pytest.mark.parametrize("path", ["/anchors", "/issuers"])
def test_a_long_list_has_pages_that_miss_nothing_and_repeat_nothing(api: Api, path: str) -> None:
    made = api.registered
    for count in range(6):
        made.anchor()
        issuers.add_issuer(made.store, f"more-{count}", f"did:web:more-{count}.example", {"name": f"More {count}"})
    whole = [str(one.get("number") or one["id"]) for one in api.client.get(f"/v1{path}").json()["items"]]
    seen: list[str] = []
    address = f"{path}?lang=nl&limit=3"
    for _ in range(9):
        page = text(api, address)
        seen += re.findall(rf'<th scope="row"><a href="{path}/([a-z0-9-]+)\?lang=nl"', page)
        following = re.search(r'<a href="([^"]+)" rel="next"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
        assert "lang=nl" in address
    assert seen == whole
    assert len(whole) > 6


def test_what_is_not_there_is_a_page_for_people_and_a_problem_for_programs(api: Api) -> None:
    sealed, _ = api.registered.sealed(1, first=30)
    number = batches.get_batch(api.registered.store, sealed).number
    for path in (*MISSING, f"/batches/{number}"):
        assert 'href="/anchors"' in text(api, path, 404)
        assert api.client.get(path).headers["content-type"] == "application/problem+json"
        refusing = api.client.get(path, headers={"Accept": "text/html;q=0, application/json"})
        assert refusing.json()["code"] == "not-found"
    assert "once it is anchored" in text(api, f"/batches/{number}", 404)
    assert "Begin the list again" in text(api, "/anchors?cursor=nonsense", 400)
    assert "numbered from 1" in text(api, "/anchors/0", 404)
    assert "genummerd vanaf 1" in text(api, "/batches/x?lang=nl", 404)
    for path in ("/anchors/0", "/anchors/x.json", "/batches/-1.json", "/batches/9007199254740992"):
        answer = api.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path
    assert api.client.get("/anchors?limit=x").status_code == 422


def test_pages_are_kept_only_as_long_as_they_hold(api: Api) -> None:
    answer = api.client.get("/anchors")
    assert answer.headers["cache-control"] == "public, no-cache"
    assert "Accept-Language" in answer.headers["vary"]
    again = api.client.get("/anchors", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    dutch = api.client.get("/anchors", headers={"If-None-Match": answer.headers["etag"], "Accept-Language": "nl"})
    assert dutch.status_code == 200
    assert dutch.headers["content-language"] == "nl"
    assert api.client.get("/anchors/1").headers["cache-control"] == "public, no-cache"  # the next one adds a link
    api.registered.anchor()
    assert api.client.get("/anchors/1").headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("path", [*PAGES, *MISSING])
def test_a_page_runs_no_script_and_loads_nothing_of_others(api: Api, path: str) -> None:
    answer = api.client.get(path, headers=HTML)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "script-src" not in policy
    assert "<script" not in answer.text
    assert not re.search(r"\son[a-z]+=|\sstyle=", answer.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert re.match(r"/(?!/)|\?lang=|#|data:,|https://sepolia\.etherscan\.io/", address), address


def test_links_keep_the_language_that_was_asked_for(api: Api) -> None:
    asked, liked = text(api, "/anchors/1?lang=nl"), api.client.get("/anchors/1", headers={"Accept-Language": "nl"}).text
    assert 'href="/batches/1?lang=nl"' in asked
    assert 'href="/batches/1"' in liked
    assert 'lang="nl"' in asked
    assert 'href="?lang=en"' in asked


def test_every_state_that_a_page_can_tell_of_has_words() -> None:
    messages = catalogues()["en"].messages
    families = {
        "anchor": ("sealed", "included", "final"),
        "issuer": ("working", "waiting", "suspended", "leaving", "returning"),
        "key": ("waiting", "active", "revoked", "compromised"),
        "key-then": ("counts", "compromised", "revoked", "early", "unknown"),
        "issuer-then": ("working", "suspended", "unknown"),
        "why": ("sealed", "included", "final", "working", "waiting", "suspended", "leaving", "returning"),
        "purpose": ("revocation", "suspension"),
    }
    for family, states in families.items():
        for one in states:
            assert f"explorer.{family}-{one}" in messages
