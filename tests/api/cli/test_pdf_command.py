"""`credanchor pdf`, and `verify` with what it makes: the page is the credential."""

from pathlib import Path

import pytest
from pypdf import PdfReader

from api.cli import pdf
from api.paper import make
from registry.credential.baking import bake, unbake
from tests.support.commandline import credanchor
from tests.support.pictures import png


def test_the_pdf_verifies_like_the_file_and_gives_it_back(desk, good):
    made = credanchor("pdf", desk.write("diploma.json", good.data))
    assert (made.code, made.err) == (0, "")
    assert "one page, with the credential attached" in made.out
    diploma = desk.directory / "diploma.pdf"
    assert diploma.read_bytes() == make(good.data, "en")

    report = desk.verify(diploma, "--json").json
    assert (report["verdict"], report["file"]) == ("valid", str(diploma))
    assert desk.verify("-", data=diploma.read_bytes()).code == 0
    assert credanchor("unbake", diploma).out.encode() == good.data


def test_a_forged_credential_gets_a_page_that_claims_nothing_and_fails_to_verify(desk, good):
    forged = desk.write("forged.json", good.data.replace(b"Soil science", b"Soil_science"))
    assert credanchor("pdf", forged).code == 0
    outcome = desk.verify(desk.directory / "forged.pdf")
    assert outcome.code == 1
    assert "  ✗ 2 signature" in outcome.out


def test_language_link_and_place_are_chosen_and_told_and_a_picture_is_taken_as_well(desk, good):
    out, link = desk.directory / "ingelijst.pdf", "https://registry.example/c/7hq2-kd93"
    picture = bake(png(), good.data)
    words = ("pdf", "-", "--out", out, "--lang", "nl", "--link", link, "--json")
    assert credanchor(*words, data=picture).json == {
        "file": str(out), "type": "application/pdf", "bytes": out.stat().st_size, "language": "nl",
    }  # fmt: skip
    assert out.read_bytes() == make(good.data, "nl", link)
    assert unbake(out.read_bytes()).data == good.data
    assert PdfReader(out).trailer["/Root"]["/Lang"] == "nl"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("diploma.json", "--lang", "xx"), "no language 'xx'"),
        (("diploma.json", "--link", "javascript:1"), "not an http(s) address"),
        (("diploma.pdf",), "Name a file with --out"),
        (("list.json",), "This is not JSON"),
    ],
)
def test_a_refusal_says_what_to_do_and_writes_nothing(desk, good, words, says):
    desk.write("diploma.json", good.data)
    desk.write("diploma.pdf", make(good.data))
    desk.write("list.json", b"[")
    before = {path: path.read_bytes() for path in desk.directory.iterdir() if path.is_file()}
    outcome = credanchor("pdf", desk.directory / words[0], *words[1:])
    assert outcome.code == 1
    assert says in outcome.err
    assert outcome.out == ""
    assert {path: path.read_bytes() for path in desk.directory.iterdir() if path.is_file()} == before


def test_a_picture_s_pdf_is_not_written_over_that_of_its_json():
    assert [str(pdf._beside(Path(name))) for name in ("x.json", "x.png", "x.bundle.json")] == [
        "x.pdf", "x.png.pdf", "x.bundle.pdf",
    ]  # fmt: skip
