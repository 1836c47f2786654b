"""`credanchor bake` and `unbake`, and `verify` with pictures: the picture is the credential."""

import json

import pytest

from registry.credential.baking import bake, unbake
from tests.support.baking import JWS, SMALL
from tests.support.commandline import credanchor
from tests.support.pictures import SVG, credential_chunk, png

PICTURES = {"png": png(20, 20), "svg": SVG}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_baked_picture_verifies_whatever_it_is_called_and_gives_the_file_back(desk, good, kind):
    credential, picture = desk.write("good.json", good.data), desk.write(f"badge.{kind}", PICTURES[kind])
    baked = desk.directory / "holiday.txt"
    made = credanchor("bake", credential, picture, "--out", baked)
    assert (made.code, made.err) == (0, "")
    assert "with the credential in it" in made.out
    assert baked.read_bytes() == bake(PICTURES[kind], good.data)

    report = desk.verify(baked, "--json").json
    assert (report["verdict"], report["file"]) == ("valid", str(baked))
    assert desk.verify("-", data=baked.read_bytes()).code == 0

    out = desk.directory / "again.json"
    assert credanchor("unbake", baked, "--out", out).code == 0
    assert out.read_bytes() == good.data
    assert credanchor("unbake", baked).out.encode() == good.data
    described = credanchor("unbake", baked, "--json").json
    assert (described["form"], described["credential"].encode()) == ("json", good.data)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_changed_credential_in_a_picture_is_not_valid(desk, good, kind):
    forged = bake(PICTURES[kind], good.data.replace(b"Soil science", b"Soil_science"))
    outcome = desk.verify(desk.write("forged", forged))
    assert outcome.code == 1
    assert "  ✗ 2 signature" in outcome.out


def test_a_picture_that_cannot_be_read_is_an_outcome_of_check_1(desk, good):
    two = png(1, 1, credential_chunk(good.data), credential_chunk(SMALL))
    found = {}
    for name, image in {"none": png(), "two": two, "token": bake(SVG, JWS), "cut": bake(png(), good.data)[:-1]}.items():
        outcome = desk.verify(desk.write(name, image), "--json")
        assert outcome.code == 1
        assert outcome.json["verdict"] == "invalid"
        found[name] = outcome.json["checks"][0]["code"]
    assert found == {
        "none": "baking.no-credential",
        "two": "baking.several",
        "token": "jwt.kid",
        "cut": "baking.truncated",
    }


def test_replacing_must_be_asked_for_and_a_refusal_leaves_the_picture_as_it_was(tmp_path):
    credential, picture = tmp_path / "c.jwt", tmp_path / "badge.png"
    credential.write_bytes(JWS + b"\n")
    picture.write_bytes(before := bake(png(), SMALL))
    refused = credanchor("bake", credential, picture, "--out", picture)
    assert refused.code == 1
    assert refused.err == "This PNG holds a credential already. Allow replacing it, or take the original picture.\n"
    assert picture.read_bytes() == before
    made = credanchor("bake", credential, picture, "--out", picture, "--replace", "--json").json
    assert made == {"file": str(picture), "type": "image/png", "bytes": picture.stat().st_size}
    assert unbake(picture.read_bytes()).data == JWS
    assert credanchor("unbake", picture).out == JWS.decode()


def test_trouble_has_a_cause_and_no_traceback(tmp_path):
    (tmp_path / "c.json").write_bytes(SMALL)
    (tmp_path / "badge.png").write_bytes(png())
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    credential, picture = tmp_path / "c.json", tmp_path / "badge.png"
    for words, says in [
        (("bake", credential, tmp_path / "none.png", "--out", tmp_path / "x"), "none.png cannot be read"),
        (("bake", credential, picture, "--out", tmp_path / "none" / "x"), "x cannot be written"),
        (("bake", credential, tmp_path / "photo.jpg", "--out", tmp_path / "x"), "neither a PNG nor an SVG"),
        (("bake", picture, picture, "--out", tmp_path / "x"), "not UTF-8"),
        (("unbake", picture), "no Open Badges 3.0 credential in this PNG"),
        (("unbake", credential), "neither a PNG nor an SVG"),
    ]:
        outcome = credanchor(*words)
        assert (outcome.code, outcome.out) == (1, "")
        assert says in outcome.err
        assert "Traceback" not in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["badge.png", "c.json", "photo.jpg"]
    assert json.loads(credanchor("unbake", picture, "--json").err)["exit_code"] == 1
