"""`POST /v1/batches/{batch}/stacks`: the registry verifies every component itself, and believes nothing it is sent."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from registry.rdfc import canonizer
from registry.store import batches, credentials, statusactions
from registry.store.sealing import Sealer
from registry.verify import Unreachable
from tests.support import contexts, specimen
from tests.support.apisamples import stack
from tests.support.httpapi import Api
from tests.support.specimen import to_bytes


def post(api: Api, body: dict[str, Any], **headers: str) -> Response:
    content_type = {"Content-Type": "application/json"}
    return api.client.post(
        f"/v1/batches/{api.external}/stacks",
        content=to_bytes(body),
        headers={**api.key("batches:write", issuer="uni"), **content_type, **headers},
    )


def refused(api: Api, body: dict[str, Any]) -> list[tuple[int | None, str, str]]:
    """Row, code and words of each problem, having made sure that nothing was written."""
    response = post(api, body)
    assert response.status_code == 422, response.text
    assert batches.get_batch(api.registered.store, api.external).size == 0
    return [(one.get("row"), one["code"], one["detail"]) for one in response.json()["errors"]]


def test_a_stack_is_issued_and_verifies_and_its_components_are_told(api: Api) -> None:
    body = stack(api, learner={"email": "learner.0000@students.example", "awarded_on": "2026-01-01"})
    key = api.key("batches:write", issuer="uni")
    assert post(api, body, **key).json() == {"batch": api.external, "added": 1, "size": 1, "warnings": []}
    made = api.registered
    statusactions.revoke(made.store, made.vault, api.handles[0], "withdrawn", None, "admin")
    made.anchor()  # so that the component is not valid any more
    again = post(api, body, **key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    batches.request_seal(made.store, api.external)
    assert Sealer(made.store, made.vault).seal_next()
    made.anchor()
    (row,) = credentials.list_credentials(made.store, api.external, limit=10)
    file = credentials.file(made.store, row.handle)
    document = json.loads(file)
    assert [entry["id"] for entry in document["relatedResource"]] == [body["components"][0]["id"]]
    assert document["awardedDate"] == "2026-01-01T00:00:00Z"
    report = api.client.post("/v1/verify", content=file, headers={"Content-Type": "application/vc"}).json()
    assert report["verdict"] == "valid_test", report["sentence"]
    assert report["embedded_proof"]["outcome"] == "pass"
    assert [line["code"] for line in report["components"]] == ["component.not-given"]
    part = body["components"][0]
    changed = json.loads(json.dumps(part).replace("Soil science", "Soil_science"))
    for given, code in ((part, "revoked"), (changed, "digest"), ({}, "not-given")):
        answer = api.client.post("/v1/verify/stack", json={"credential": document, "components": [given]})
        report = answer.json()
        assert (answer.status_code, report["verdict"]) == (200, "valid_test"), report
        assert report["components"][0]["code"] == f"component.{code}"
    assert report["components"][1]["file"] == "components[0]"
    for broken in ({"credential": document, "components": [{}] * 33}, {"credential": [], "components": []}, [document]):
        assert api.client.post("/v1/verify/stack", json=broken).status_code == 422


def test_a_component_that_is_not_valid_is_refused_with_what_it_is(api: Api) -> None:
    good = json.loads(api.file())
    altered = json.loads(json.dumps(good).replace("Soil science", "Soil_science"))
    unsigned = {name: value for name, value in good.items() if name != "proof"}
    not_anchored = {**good, "proof": good["proof"][:1]}
    elsewhere = specimen.document()
    foreign = specimen.credential(elsewhere, specimen.prove(elsewhere, chain_id=77))
    for component, word in (
        (altered, "invalid"), (unsigned, "pending"), (not_anchored, "pending"), (foreign, "invalid"), ({}, "invalid"),
        ({**good, "proof": good["proof"][::-1]}, "invalid"), ({**good, "id": specimen.document()["id"]}, "invalid"),
    ):  # fmt: skip
        ((row, code, detail),) = refused(api, stack(api, components=[component]))
        assert (row, code) == (1, "stack.unconfirmed" if word == "pending" else "stack.component")
        assert f"is {word}:" in detail
    made = api.registered
    statusactions.revoke(made.store, made.vault, api.handles[0], "withdrawn", None, "admin")
    made.anchor()
    ((_, _, detail),) = refused(api, stack(api))
    assert "is revoked:" in detail
    assert "Zoë" not in detail


def test_what_cannot_be_confirmed_now_is_refused_and_may_be_tried_again(api: Api) -> None:
    def away(*_: Any) -> Any:
        raise Unreachable("The node", "no answer")

    api.services._chain = away
    response = post(api, stack(api))
    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"]) == (422, "stack.unconfirmed")
    assert "unconfirmed" in error["detail"]
    assert "again later" in error["remedy"]


def test_a_test_network_s_components_make_nothing_of_standing(api: Api) -> None:
    api.services.settings = replace(api.services.settings, test_network=False)
    ((_, _, detail),) = refused(api, stack(api))
    assert detail == "This component is valid, a test"


def test_components_of_two_learners_or_one_twice_make_no_stack(api: Api) -> None:
    first, second = (json.loads(credentials.file(api.registered.store, handle)) for handle in api.handles[:2])
    assert [found[:2] for found in refused(api, stack(api, components=[first, first]))] == [(2, "stack.twice")]
    same = [found[:2] for found in refused(api, stack(api, components=[first, second]))]
    assert same == [(2, "stack.same-achievement")]
    wrong = stack(api, components=[second], learner={"email": "learner.0000@students.example"})
    assert [found[:2] for found in refused(api, wrong)] == [(1, "stack.other-learner")]


@pytest.mark.parametrize("count", [0, 33, 10_000])
def test_the_number_of_components_is_bounded_before_anything_is_verified(api: Api, count: int) -> None:
    api.services._chain = lambda *_: pytest.fail("a chain was asked")
    response = post(api, stack(api, components=[json.loads(api.file())] * min(count, 33) + [{}] * (count - 33)))
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")


def test_a_learner_s_columns_are_refused_like_a_roster_s(api: Api) -> None:
    ((_, code, _),) = refused(api, stack(api, learner={"emial": "x@y.example"}))
    assert code == "roster.column"
    assert post(api, stack(api, learner={"name": ["Zoë"]})).status_code == 422


def test_another_issuer_s_batch_is_not_there(api: Api) -> None:
    assert post(api, stack(api), **api.key("batches:write", issuer="other")).status_code == 404


def test_a_record_is_issued_where_its_context_is_known_and_each_component_in_it_is_told(
    api: Api, tmp_path: Path
) -> None:
    contexts.add(tmp_path / "contexts")
    try:
        made = api.registered
        assert post(api, stack(api, form="clr")).status_code == 201
        batches.request_seal(made.store, api.external)
        assert Sealer(made.store, made.vault).seal_next()
        made.anchor()
        (row,) = credentials.list_credentials(made.store, api.external, limit=10)
        file = credentials.file(made.store, row.handle)
        assert json.loads(file)["credentialSubject"]["verifiableCredential"] == [json.loads(api.file())]

        def report() -> dict[str, Any]:
            answer = api.client.post("/v1/verify", content=file, headers={"Content-Type": "application/vc"})
            return dict(answer.json())

        told = report()
        assert (told["verdict"], told["embedded_proof"]["code"]) == ("valid_test", "embedded_proof.ok")
        assert [(line["code"], line["verdict"]) for line in told["components"]] == [("component.ok", "valid_test")]
        statusactions.revoke(made.store, made.vault, api.handles[0], "withdrawn", None, "admin")
        made.anchor()
        told = report()
        assert (told["verdict"], told["components"][0]["code"]) == ("valid_test", "component.revoked")
        canonizer.add({})
        assert (report()["verdict"], report()["embedded_proof"]["code"]) == (
            "valid_test",
            "embedded_proof.not-readable",
        )
        statusactions.revoke(made.store, made.vault, row.handle, "withdrawn", None, "admin")
        made.anchor()
        assert report()["verdict"] == "revoked"
    finally:
        canonizer.add({})


def test_a_record_that_cannot_be_made_is_refused_before_anything_is_verified(api: Api, tmp_path: Path) -> None:
    api.services._chain = lambda *_: pytest.fail("a chain was asked")
    whole = stack(api, form="clr")
    answer = post(api, whole)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "invalid-document"), told
    assert "CREDANCHOR_CONTEXTS_DIR" in answer.text
    assert contexts.CLR_PIN in answer.text
    contexts.add(tmp_path / "contexts")
    try:
        big = [{**whole["components"][0], "id": f"urn:x:{number}", "name": "x" * 40_000} for number in range(20)]
        answer = post(api, {**whole, "components": big})
        assert (answer.status_code, "clr.too-large" in answer.text) == (422, True), answer.text
    finally:
        canonizer.add({})
    assert post(api, {**whole, "form": "transcript"}).json()["code"] == "invalid-request"
    assert batches.get_batch(api.registered.store, api.external).size == 0
