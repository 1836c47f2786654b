"""The life of a batch and its credentials through the API, with a stand-in for the chain."""

import json
from typing import Any

from httpx2 import Response

from registry.store.sealing import Sealer
from tests.support.apisamples import SAMPLES
from tests.support.httpapi import Api, operations


def post(api: Api, path: str, body: Any = None, **headers: str) -> Response:
    content = json.dumps({} if body is None else body).encode() if not isinstance(body, bytes) else body
    content_type = {"Content-Type": "application/json"}
    return api.client.post(path, content=content, headers={**api.key("admin"), **content_type, **headers})


def seal(api: Api) -> None:
    assert Sealer(api.registered.store, api.registered.vault).seal_next()


LAST = (
    "suspendCredential", "reinstateCredential", "revokeCredential", "eraseCredential", "deleteBatch",
    "suspendIssuer", "reinstateIssuer", "revokeKey", "markKeyCompromised",
)  # fmt: skip
"""Operations that end what others need, in an order in which all succeed."""


def test_every_operation_succeeds_with_the_status_it_declares(api: Api) -> None:
    found = sorted(operations(api.app), key=lambda one: LAST.index(one.id) if one.id in LAST else -1)
    assert len(found) == 70
    for operation in found:
        body = SAMPLES[operation.id](api) if operation.has_body else None
        response = api.send(operation, api.key("admin"), body)
        declared = [int(status) for status in operation.description["responses"] if status.startswith("2")]
        assert [response.status_code] == declared, (operation.id, response.text)


def test_from_roster_to_a_file_that_verifies(api: Api) -> None:
    batch = post(api, "/v1/batches", {"issuer": "uni", "achievement": "uni.soil-science.1"}).json()
    assert (batch["state"], batch["size"], batch["anchor"]) == ("open", 0, None)
    url = f"/v1/batches/{batch['id']}"
    roster = "name;email;awarded_on\r\n" + "\r\n".join(f"Ana {n};a{n}@b.example;2026-01-01" for n in range(3))
    added = post(api, f"{url}/credentials", roster.encode("utf-16"), **{"Content-Type": "text/csv; charset=utf-16"})
    assert added.json() == {"batch": batch["id"], "added": 3, "size": 3, "warnings": []}

    sealing = post(api, f"{url}/seal")
    assert (sealing.status_code, sealing.json()["state"], sealing.headers["location"]) == (202, "sealing", url)
    assert post(api, f"{url}/seal").status_code == 202  # again, with another key: nothing more to do
    assert (
        post(api, f"{url}/credentials", b"name,awarded_on\nB,2026-01-01\n", **{"Content-Type": "text/csv"}).json()[
            "code"
        ]
        == "wrong-state"
    )
    seal(api)
    sealed = api.client.get(url, headers=api.key("credentials:read")).json()
    assert (sealed["state"], sealed["progress"]) == ("sealed", {"done": 3, "total": 3})
    assert len(sealed["root"]) == 64

    handles = [one["handle"] for one in api.client.get(f"{url}/credentials", headers=api.key("admin")).json()["items"]]
    file_url = f"/v1/credentials/{handles[1]}/file"
    for early in (f"{url}/files", file_url, f"/v1/credentials/{handles[1]}/proof"):
        answer = api.client.get(early, headers=api.key("admin"))
        assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "not-final", "sealed")
        assert answer.headers["retry-after"].isdigit()

    number = api.registered.create_anchor()
    api.registered.attempt(number)
    assert api.client.get(url, headers=api.key("admin")).json()["state"] == "submitted"
    api.registered.include(number, final=False)
    included = api.client.get(url, headers=api.key("admin")).json()
    assert (included["state"], included["anchor"]["final"]) == ("included", False)
    assert api.client.get(file_url, headers=api.key("admin")).json()["state"] == "included"
    api.registered.include(number, final=True)
    final = api.client.get(url, headers=api.key("admin")).json()
    assert (final["state"], final["anchor"]["number"], final["anchor"]["final"]) == ("final", number, True)

    file = api.client.get(file_url, headers=api.key("credentials:read", issuer="uni"))
    assert file.headers["content-type"] == "application/vc"
    assert file.json()["credentialSubject"]["identifier"]
    achievement = file.json()["credentialSubject"]["achievement"]
    assert achievement["id"] == "https://registry.example/v1/achievements/uni.soil-science.1"
    served = api.client.get(achievement["id"].removeprefix("https://registry.example")).json()  # without a key
    assert served["definition"]["title"] == {"en": achievement["name"]}
    proof = api.client.get(f"/v1/credentials/{handles[1]}/proof", headers=api.key("admin")).json()
    assert proof == file.json()["proof"][-1]
    report = api.client.post("/v1/verify", content=file.content, headers={"Content-Type": "application/vc"}).json()
    assert report["verdict"] == "valid_test", report["sentence"]
    assert report["embedded_proof"]["outcome"] == "pass"

    lines = api.client.get(f"{url}/files", headers=api.key("admin"))
    assert lines.headers["content-type"].startswith("application/jsonl")
    found = [json.loads(line) for line in lines.text.splitlines()]
    assert [one["handle"] for one in found] == handles
    assert found[1]["credential"] == file.json()
    many = "\n".join(json.dumps(one["credential"]) for one in found) + "\n\n{}\n"
    reports = api.client.post("/v1/verify", content=many, headers={"Content-Type": "application/x-ndjson"})
    verdicts = [json.loads(line)["verdict"] for line in reports.text.splitlines()]
    assert verdicts == ["valid_test"] * 3 + ["invalid"]


def _verdict(api: Api, handle: str) -> str:
    file = api.client.get(f"/v1/credentials/{handle}/file", headers=api.key("admin")).content
    report = api.client.post("/v1/verify", content=file, headers={"Content-Type": "application/vc"})
    return str(report.json()["verdict"])


def test_revoking_suspending_and_reinstating_show_with_the_next_anchor(api: Api) -> None:
    first, second, third = api.handles
    why = {"reason": "under-review", "note": "Zoë asked us to look again"}
    revoked = post(api, f"/v1/credentials/{first}/revoke", why).json()
    assert (revoked["status"], revoked["state"]) == ("revoked", "final")
    assert post(api, f"/v1/credentials/{second}/suspend", why).json()["status"] == "suspended"
    assert [_verdict(api, one) for one in api.handles] == ["valid_test"] * 3  # not anchored yet
    api.registered.anchor()
    assert [_verdict(api, one) for one in api.handles] == ["revoked", "suspended", "valid_test"]
    assert post(api, f"/v1/credentials/{second}/reinstate", why).json()["status"] == "active"
    api.registered.anchor()
    assert [_verdict(api, one) for one in api.handles] == ["revoked", "valid_test", "valid_test"]
    for action in ("revoke", "suspend", "reinstate"):
        refused = post(api, f"/v1/credentials/{first}/{action}", why)
        assert (refused.status_code, refused.json()["state"]) == (409, "revoked")
    assert post(api, f"/v1/credentials/{third}/reinstate", why).json()["code"] == "wrong-state"
    assert post(api, f"/v1/credentials/{third}/revoke", {"reason": "Not a Code!"}).json()["code"] == "invalid-request"


def test_an_erased_credential_is_gone_and_its_neighbours_still_verify(api: Api) -> None:
    first, second, _ = api.handles
    url = f"/v1/credentials/{first}"
    copy = api.client.get(f"{url}/file", headers=api.key("admin")).content
    key = api.key("credentials:revoke", issuer="uni")
    assert [api.client.delete(url, headers=key).status_code for _ in range(2)] == [204, 204]
    shown = api.client.get(url, headers=api.key("admin")).json()
    assert shown["erased_at"]
    for path in (f"{url}/file", f"{url}/proof"):
        answer = api.client.get(path, headers=api.key("admin"))
        assert (answer.status_code, answer.json()["code"]) == (410, "erased")
    lines = api.client.get(f"/v1/batches/{api.final}/files", headers=api.key("admin")).text.splitlines()
    assert [(json.loads(line)["handle"], json.loads(line)["index"]) for line in lines] == [
        (api.handles[1], 1), (api.handles[2], 2),
    ]  # fmt: skip
    assert _verdict(api, second) == "valid_test"
    report = api.client.post("/v1/verify", content=copy, headers={"Content-Type": "application/vc"}).json()
    assert report["verdict"] == "valid_test"  # the learner's own copy


def test_a_batch_is_given_up_until_it_is_sealed_and_with_it_its_rows(api: Api) -> None:
    url, key = f"/v1/batches/{api.open}", api.key("batches:write", issuer="uni")
    (item,) = api.client.get(f"{url}/credentials", headers=api.key("admin")).json()["items"]
    assert api.client.delete(url, headers=api.key("batches:write", issuer="other")).status_code == 404
    assert [api.client.delete(url, headers=key).status_code for _ in range(2)] == [204, 404]
    assert api.client.get(f"/v1/credentials/{item['handle']}", headers=api.key("admin")).status_code == 404
    refused = api.client.delete(f"/v1/batches/{api.final}", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong-state")


def test_a_remembered_answer_about_an_erased_credential_is_gone_too(api: Api) -> None:
    headers, url = api.key("admin"), f"/v1/credentials/{api.handles[0]}"
    body = {"reason": "issued-in-error"}
    assert api.client.post(f"{url}/revoke", json=body, headers=headers).status_code == 200
    assert api.client.delete(url, headers=headers).status_code == 204
    again = api.client.post(f"{url}/revoke", json=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (410, "erased")


def test_credentials_signed_elsewhere_are_anchored_as_they_are(api: Api) -> None:
    document = api.signed()
    url = f"/v1/batches/{api.external}"
    line = json.dumps(document).encode() + b"\n"
    added = post(api, f"{url}/signed", line, **{"Content-Type": "application/jsonl"})
    assert added.json()["added"] == 1
    assert (
        post(api, f"{url}/credentials", SAMPLES["addRows"](api)[0], **{"Content-Type": "text/csv"}).json()["code"]
        == "wrong-state"
    )
    assert post(api, f"{url}/seal").status_code == 202
    seal(api)
    api.registered.anchor()
    found = api.client.get(f"{url}/files", headers=api.key("admin")).json()["credential"]
    assert found["id"] == document["id"]
    assert len(found["proof"]) == 2


def test_a_suspended_issuer_issues_nothing_until_it_is_reinstated(api: Api) -> None:
    body = {"issuer": "uni", "achievement": "uni.soil-science.1"}
    assert post(api, "/v1/issuers/uni/suspend").json()["suspended"] is True
    assert post(api, "/v1/batches", body).json()["state"] == "suspended"
    assert post(api, "/v1/issuers/uni/reinstate").json()["suspended"] is False
    assert post(api, "/v1/batches", body).status_code == 201


def test_keys_are_rotated_by_adding_one_and_revoking_the_old(api: Api) -> None:
    old = api.registered.key.key_id.hex()
    new = post(api, "/v1/issuers/uni/keys", {"custody": "hosted"}).json()
    revoked = post(api, f"/v1/issuers/uni/keys/{old}/revoke").json()
    assert (revoked["revoke_requested"], revoked["active"]) == (True, False)
    found = {one["key_id"]: one for one in api.client.get("/v1/issuers/uni/keys").json()["items"]}
    assert found[new["key_id"]]["active"] is True
    assert "secret" not in json.dumps(found)


def test_a_key_of_another_issuer_is_not_found_below_this_one(api: Api) -> None:
    key_id = api.registered.key.key_id.hex()
    assert post(api, f"/v1/issuers/other/keys/{key_id}/revoke").status_code == 404
    assert post(api, "/v1/issuers/uni/keys/abc/revoke").status_code == 404
    later = {"since": "2099-01-01T00:00:00Z"}
    assert post(api, f"/v1/issuers/uni/keys/{key_id}/compromise", later).json()["code"] == "invalid-document"


def test_an_achievement_is_replaced_until_a_batch_uses_it(api: Api) -> None:
    data, content_type = SAMPLES["addAchievement"](api)
    url, headers = "/v1/issuers/uni/achievements", {"Content-Type": content_type}
    assert post(api, url, data, **headers).status_code == 201
    changed = data.replace(b"in practice", b"for everybody")
    assert post(api, url, changed, **headers).json()["definition"] != {}
    post(api, "/v1/batches", {"issuer": "uni", "achievement": "uni.soil-science.2"})
    assert post(api, url, changed, **headers).status_code == 201  # the same again
    assert post(api, url, data, **headers).json()["code"] == "conflict"


def test_health_tells_what_is_going_on_and_names_nobody(api: Api) -> None:
    health = api.client.get("/v1/health").json()
    assert health["batches"] == {"open": 2, "sealing": 0, "sealed": 0, "submitted": 0, "included": 0, "final": 1}
    assert health["last_final_anchor"]["number"] == 1
    assert (health["status"], health["worker"]) == ("attention", None)
    assert "uni" not in json.dumps(health)
    ready = api.client.get("/readyz").json()
    assert {name: check["ok"] for name, check in ready["checks"].items()} == {
        "database": True, "migrations": True, "chain": True, "contract": True, "worker": None,
    }  # fmt: skip


def test_credentials_of_a_batch_that_is_not_to_be_signed_carry_no_proof_of_their_own_and_verify(api: Api) -> None:
    wish = {"issuer": "uni", "achievement": "uni.soil-science.1", "unsigned": True}
    url = f"/v1/batches/{post(api, '/v1/batches', wish).json()['id']}"
    roster = b"name,awarded_on\nAna,2026-01-01\nBo,2026-01-01\n"
    assert post(api, f"{url}/credentials", roster, **{"Content-Type": "text/csv"}).status_code == 201
    post(api, f"{url}/seal")
    seal(api)
    api.registered.anchor()
    files = api.client.get(f"{url}/files", headers=api.key("credentials:read")).text.splitlines()
    assert len(files) == 2
    for line in files:
        credential = json.loads(line)["credential"]
        assert [proof["cryptosuite"] for proof in credential["proof"]] == ["merkle-proof-2019"]
        report = post(api, "/v1/verify", credential).json()
        assert [check["outcome"] for check in report["checks"]] == ["pass"] * 7
    refused = post(api, "/v1/batches", {**wish, "achievement": None})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong-state")
