"""Credentials as JWTs over HTTP: made with a key that the DID document names, and verified, also out of a picture."""

import json
from typing import Any

import pytest

from registry.credential import vcjwt
from registry.credential.baking import bake
from registry.credential.es256 import Es256Key
from registry.verify.token import REPORT_FORMAT
from tests.support.httpapi import Api
from tests.support.pictures import SVG, png

DID = "did:web:university.example"


def verify(api: Api, data: bytes, content_type: str = vcjwt.MEDIA_TYPE) -> dict[str, Any]:
    response = api.client.post("/v1/verify", content=data, headers={"Content-Type": content_type})
    assert response.status_code == 200, response.text
    return dict(response.json())


def outcomes(report: dict[str, Any]) -> list[str]:
    assert report["format"] == REPORT_FORMAT
    return [report["verdict"], *(check["outcome"] for check in report["checks"])]


def test_a_token_is_made_and_verified_by_the_did_document_until_its_key_is_revoked(api: Api) -> None:
    url, headers = f"/v1/credentials/{api.handles[0]}/jwt", api.key("admin")
    none = api.client.get(url, headers=headers)
    assert (none.status_code, none.json()["code"]) == (409, "wrong-state")
    key = api.client.post("/v1/issuers/uni/jwt-keys", json={}, headers=headers).json()
    assert api.client.post("/v1/issuers/uni/jwt-keys", json={}, headers=headers).json() == key
    made = api.client.get(url, headers=headers)
    assert made.headers["content-type"] == "application/vc+jwt"
    token = vcjwt.read(made.text)
    vcjwt.check_signature(token, api.client.get("/v1/issuers/uni/did.json").json())
    assert token.credential == json.loads(api.file())
    assert outcomes(verify(api, made.content)) == ["valid_test", "pass", "pass"]
    ended = api.client.post(f"/v1/issuers/uni/jwt-keys/{key['key_id']}/revoke", json={}, headers=api.key("admin"))
    assert api.client.get("/v1/issuers/uni/jwt-keys").json()["items"] == [ended.json()]
    assert ended.json()["revoked_at"] is not None
    report = verify(api, made.content)
    assert outcomes(report) == ["invalid", "pass", "fail"]
    assert report["checks"][1]["code"] == "jwt.key"


@pytest.mark.parametrize(("media_type", "picture"), [("image/png", png(9, 9)), ("image/svg+xml", SVG)])
def test_a_token_baked_into_a_picture_is_judged_like_the_token(api: Api, media_type: str, picture: bytes) -> None:
    credential, own = json.loads(api.file()), Es256Key.generate()
    token = vcjwt.sign(credential, own).encode()
    unknown = verify(api, bake(picture, token), media_type)
    assert outcomes(unknown) == ["invalid", "pass", "fail"]  # our issuer, and no key of it
    body = {"jwk": own.jwk, "verification_method": own.method(DID)}
    added = api.client.post("/v1/issuers/uni/jwt-keys", json=body, headers=api.key("admin"))
    assert (added.status_code, added.json()["custody"]) == (201, "external")
    found, plain = verify(api, bake(picture, token), media_type), verify(api, token)
    assert outcomes(found) == outcomes(plain) == ["valid_test", "pass", "pass"]
    assert found["report"]["credential"] == plain["report"]["credential"]

    forged = vcjwt.sign({**credential, "name": "Doctor"}, Es256Key.generate(), own.method(DID)).encode()
    assert outcomes(verify(api, bake(picture, forged), media_type)) == ["invalid", "pass", "fail"]
    bare = vcjwt.sign({name: value for name, value in credential.items() if name != "proof"}, own).encode()
    assert outcomes(verify(api, bake(picture, bare), media_type)) == ["unconfirmed", "pass", "pass"]
    elsewhere = {**credential, "issuer": "did:web:elsewhere.example"}
    stranger = vcjwt.sign(elsewhere, own).encode()
    assert outcomes(verify(api, bake(picture, stranger), media_type)) == ["invalid", "pass", "not_run"]
    head, _, signature = token.split(b".")
    unread = verify(api, bake(picture, b".".join((head, b"e30", signature))), media_type)
    assert outcomes(unread) == ["invalid", "fail"]


def test_a_key_s_secret_is_refused_and_not_repeated(api: Api) -> None:
    body = {"jwk": {**Es256Key.generate().jwk, "d": "c2VjcmV0LXNjYWxhcg"}}
    response = api.client.post("/v1/issuers/uni/jwt-keys", json=body, headers=api.key("admin"))
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "jwt.key")
    assert "c2VjcmV0" not in response.text
