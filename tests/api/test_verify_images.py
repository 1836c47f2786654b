"""POST /v1/verify with a baked picture: the same report as for the file in it; a bad picture is a verdict."""

import pytest

from registry.credential.baking import bake
from tests.support.httpapi import Api
from tests.support.pdfs import embedded, pdf
from tests.support.pictures import SVG, png


@pytest.mark.parametrize(("media_type", "picture"), [("image/png", png(9, 9)), ("image/svg+xml", SVG)])
def test_a_baked_picture_is_judged_like_the_file_in_it(api: Api, media_type: str, picture: bytes) -> None:
    def check(data: bytes, content_type: str = media_type) -> dict[str, object]:
        response = api.client.post("/v1/verify", content=data, headers={"Content-Type": content_type})
        assert response.status_code == 200
        return dict(response.json())

    file = api.file()
    plain, baked = check(file, "application/vc"), check(bake(picture, file))
    assert plain["verdict"] == baked["verdict"] == "valid_test"
    for name in ("credential", "sentence", "embedded_proof"):
        assert plain[name] == baked[name]
    forged = file.replace(b"Soil", b"Soul")
    assert forged != file
    assert check(bake(picture, forged))["verdict"] == "invalid"
    assert check(picture)["checks"][0]["code"] == "baking.no-credential"  # type: ignore[index]
    assert check(bake(picture, file), "application/json")["verdict"] == "valid_test", "found by content, not by name"


def test_a_pdf_is_judged_by_the_one_file_attached_to_it(api: Api) -> None:
    def check(data: bytes) -> dict[str, object]:
        response = api.client.post("/v1/verify", content=data, headers={"Content-Type": "application/pdf"})
        assert response.status_code == 200
        return dict(response.json())

    file = api.file()
    forged = file.replace(b"Soil", b"Soul")
    assert forged != file
    assert check(pdf(embedded(file)))["verdict"] == "valid_test"
    assert check(pdf(embedded(forged)))["verdict"] == "invalid"
    two = check(pdf(embedded(file), embedded(file)))
    assert (two["verdict"], two["checks"][0]["code"]) == ("invalid", "baking.several")  # type: ignore[index]
