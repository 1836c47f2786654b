"""The PDF of a credential: what is attached, what is shown, and that no text of the credential is more than text."""

import io
import sys
from typing import Any

import pytest
from pypdf import PdfReader

from api.pages.catalogue import catalogues
from api.paper import PaperError, content, make, process
from api.paper.typesetter import cjk_fonts
from registry.credential.baking import bake, unbake
from registry.errors import FormatError
from registry.verify.document import read
from tests.support.badges import row, unsigned
from tests.support.pictures import SVG
from tests.support.specimen import credential, document, prove, to_bytes

LINK = "https://registry.example/c/7hq2-kd93"
NO_FONT = "\U00010600"  # Linear A
MAINNET, SEPOLIA, UNKNOWN = 1, 11_155_111, 424_242


def file(hashed: dict[str, Any], chain_id: int = MAINNET) -> bytes:
    return to_bytes(credential(hashed, prove(hashed, chain_id=chain_id)))


def saying(text: str, *places: str) -> bytes:
    """A credential whose title, description, issuer or learner is this text."""
    made = document()
    subject = made["credentialSubject"]
    for place in places or ("title", "description", "issuer", "learner"):
        match place:
            case "title":
                subject["achievement"]["name"] = text
            case "description":
                subject["achievement"]["description"] = text
            case "issuer":
                made["issuer"]["name"] = text
            case "learner":
                subject["identifier"][0]["identityHash"] = text
    return file(made)


def text_of(pdf: bytes) -> str:
    """What a reader of the page finds, without the marks for ends of lines."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 1
    box = pages[0].mediabox
    assert (round(box.width), round(box.height)) == (842, 595)
    text = pages[0].extract_text().replace("\u200b", "").replace("\u00ad", "")
    return " ".join(text.split())


@pytest.fixture(scope="module")
def full() -> bytes:
    """A credential with all elements of a micro-credential."""
    return file(unsigned(row(name="Łucja Ångström")))


@pytest.fixture(scope="module")
def paper(full: bytes) -> bytes:
    return make(full, "en", LINK)


def test_it_is_an_archive_and_accessible_document_whose_source_is_the_credential(full: bytes, paper: bytes) -> None:
    reader = PdfReader(io.BytesIO(paper))
    root: Any = reader.trailer["/Root"]
    assert reader.attachments == {"credential.json": [full]}
    attached = root["/AF"][0].get_object()
    assert (attached["/AFRelationship"], attached["/UF"]) == ("/Source", "credential.json")
    assert attached["/Desc"]
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert root["/StructTreeRoot"]["/K"]
    meta = root["/Metadata"].get_data().decode()
    for claim in ("<pdfaid:part>3<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert claim in meta
    assert reader.metadata is not None
    assert reader.metadata.title == "Applied Data Ethics – Łucja Ångström"


def test_our_readers_take_the_credential_out_byte_for_byte(full: bytes, paper: bytes) -> None:
    assert unbake(paper).data == full
    assert make(bake(SVG, full), "en", LINK) == make(paper, "en", LINK) == paper, "from a picture and from itself"


def test_the_bytes_depend_on_nothing_but_what_was_asked_for(full: bytes, paper: bytes) -> None:
    made = PdfReader(io.BytesIO(paper)).metadata
    assert made is not None
    assert made.creation_date_raw == made.modification_date_raw == "D:20260411000000Z"  # the anchor's time
    assert make(full, "nl", LINK) != paper != make(full, "en")


def test_it_shows_every_element_the_address_and_what_print_is_worth(paper: bytes) -> None:
    text = text_of(paper)
    for shown in (
        "Łucja Ångström", "Applied Data Ethics", "Example University of Applied Sciences", "did:web:university.example",
        "24 June 2026", "EQF level 6", "5 ECTS / 140 hours", "Identifies the people a data project affects",
        "Portfolio", "Institutional accreditation", "registry.example/c/7hq2-kd93", "Print proves nothing",
        "Ethereum, chain 1: anchor 4, batch 7", "urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7",
    ):  # fmt: skip
        assert shown in text, shown
    assert "no standing" not in text
    assert "…" not in text


def test_in_dutch_its_own_words_are_dutch(full: bytes) -> None:
    made = make(full, "nl")
    assert PdfReader(io.BytesIO(made)).trailer["/Root"]["/Lang"] == "nl"  # type: ignore[index]
    text = text_of(made)
    for shown in ("24 juni 2026", "Leeruitkomsten".upper(), "Papier bewijst niets", "registry.example/verify"):
        assert shown in text, shown


def test_a_test_network_is_named_as_one_and_what_is_not_anchored_too() -> None:
    assert "test network: it has no standing" in text_of(make(file(document(), SEPOLIA)))
    assert "test network: it has no standing" in text_of(make(file(document(), UNKNOWN), test=True))
    assert "no standing" not in text_of(make(file(document(), UNKNOWN)))
    nowhere = text_of(make(to_bytes(document(credentialStatus=None))))
    assert "Not on record yet" in nowhere
    assert "http" not in nowhere


@pytest.mark.parametrize(
    ("letters", "first"),
    [("土壤科学", "SC"), ("土壌科学の", "JP"), ("ソイル", "JP"), ("토양과학", "KR"), ("Soil", "SC")],
)
def test_letters_without_a_hyphen_get_none_and_the_shapes_that_their_readers_expect(letters: str, first: str) -> None:
    found = read(saying(letters * 20))
    data = content.page(found, catalogues()["en"], content.Where(), None)
    assert ("\u00ad" in data["title"]) is (letters == "Soil")
    assert cjk_fonts(data)[0] == f"Noto Sans CJK {first}"
    assert len(set(cjk_fonts(data))) == 3


def test_the_address_is_the_link_or_the_registrys_page_and_names_nobody(full: bytes, paper: bytes) -> None:
    def link(pdf: bytes) -> str:
        (note,) = PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"]  # type: ignore[misc]
        return str(note.get_object()["/A"]["/URI"])

    assert link(paper) == LINK
    assert link(make(full)) == "https://registry.example/verify"
    assert link(make(full, registry="https://other.example")) == "https://other.example/verify"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "registry.example/c/1", "https://ana@registry.example/", "https://é.example/",
             "https://registry.example/" + "x" * 200, "https://registry.example/Encrypt"],
)  # fmt: skip
def test_a_link_that_cannot_be_printed_is_refused(full: bytes, link: str) -> None:
    with pytest.raises(PaperError) as caught:
        make(full, "en", link)
    assert not caught.value.unavailable
    assert caught.value.remedy


HOSTILE = {
    "markup": '#read("/etc/passwd") $x^2$ *b* _i_ = H <a> @ref #{1+1} \\u{41} `raw` // no /* comment',
    "packages": '#import "@preview/cetz:0.3.1": canvas',
    "names of PDF": "/EmbeddedFile /Encrypt /Type/EmbeddedFile endstream >> endobj",
    "html": "<img src=x onerror=alert(1)>'\"><script>{{7*7}}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_is_shown_as_it_is_whatever_it_means_elsewhere(text: str) -> None:
    given = saying(text)
    made = make(given)
    assert unbake(made).data == given
    assert text_of(made).replace(" ", "").count(text.replace(" ", "")) >= 3


def test_controls_and_direction_marks_are_not_on_the_page() -> None:
    given = saying("A\u202egnirts\u2066 b\u0007\u0085c\u0000d")
    made = make(given)
    assert unbake(made).data == given
    assert "A gnirts b c d" in text_of(made)


@pytest.mark.parametrize("text", ["W" * 2000, "long words of water " * 100, "Z\u0351\u0357" * 600, "w\u00a0" * 900])
def test_whatever_the_length_it_is_one_page_that_says_what_it_leaves_out(text: str) -> None:
    made = document()
    achievement = made["credentialSubject"]["achievement"]
    made["issuer"]["name"] = made["issuer"]["id"] = "did:web:" + text.replace(" ", "").replace("\u00a0", "")[:1900]
    made["issuer"]["name"] = achievement["name"] = achievement["description"] = text
    achievement["criteria"]["narrative"] = made["credentialSubject"]["identifier"][0]["identityHash"] = text
    kinds = ("LearningOutcome", "Workload", "EQFLevel", "AssessmentType", "QualityAssurance", "Skill", "ISCEDF")
    achievement["alignment"] = [
        {"targetType": f"ext:{kind}", "targetName": text, "targetDescription": text}
        for kind in kinds
        for _ in range(13)
    ]
    given = file(made)
    pdf = make(given)
    assert unbake(pdf).data == given
    shown = text_of(pdf)
    for needed in ("…", "the attached file has all of it", "registry.example/verify", made["id"]):
        assert needed in shown


def test_greek_cyrillic_hebrew_and_arabic_names_need_no_font_of_the_machine() -> None:
    for name in ("Ελένη Παπαδοπούλου", "Пётр Чайковский", "Nguyễn Thị Hằng", "שרה", "محمد"):
        make(saying(name, "learner"))  # refused if a character were missing


def test_a_name_that_no_font_has_is_refused_and_other_texts_say_so() -> None:
    for place in ("title", "learner", "issuer"):
        with pytest.raises(PaperError, match="LINEAR") as caught:
            make(saying(f"A {NO_FONT}", place))
        assert caught.value.unavailable
        assert "Install a font" in caught.value.remedy
    text = text_of(make(saying(f"A {NO_FONT} b", "description")))
    assert "A □ b" in text
    assert "□ stands for a character" in text
    assert "□" not in text_of(make(saying("A b", "description")))


def test_what_is_no_credential_is_refused_with_its_code() -> None:
    for data, code in ((b"{}", "format.member"), (b"x", "format.not-json"), (SVG, "baking.no-credential")):
        with pytest.raises(FormatError) as caught:
            make(data)
        assert caught.value.code == code


def test_without_the_extra_and_when_it_takes_too_long_the_error_says_what_to_do(
    full: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("typst", "segno"):
        with monkeypatch.context() as patch, pytest.raises(PaperError, match=r"credanchor\[pdf\]") as caught:
            patch.setitem(sys.modules, name, None)
            make(full)
        assert caught.value.unavailable
    with monkeypatch.context() as patch, pytest.raises(PaperError, match="took longer") as caught:
        patch.setattr(process, "SECONDS", 0.01)
        make(full)
    assert caught.value.unavailable
