"""A credential attached to a PDF: read as pypdf reads it, and refused wherever two readers could differ."""

import contextlib
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from registry.credential.baking import MAX_IMAGE_BYTES, bake, credential_in, image_kind, unbake
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES
from tests.support.baking import DOCUMENT, JWS, SMALL, refused
from tests.support.pdfs import embedded, pdf


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_attached_is_found_byte_for_byte_and_is_what_pypdf_finds(packed):
    file = pdf(embedded(DOCUMENT, packed=packed))
    assert image_kind(file) == "pdf"
    assert unbake(file).data == credential_in(file) == DOCUMENT
    assert PdfReader(io.BytesIO(file)).attachments == {"credential.json": [DOCUMENT]}


def test_a_pdf_that_another_library_wrote_again_still_holds_it():
    writer = PdfWriter(clone_from=io.BytesIO(pdf(embedded(DOCUMENT))))
    again = io.BytesIO()
    writer.write(again)
    assert unbake(again.getvalue()).data == DOCUMENT


def test_none_and_several_are_refused_and_so_is_one_that_an_update_replaced():
    refused(pdf(), "baking.no-credential")
    refused(pdf(embedded(SMALL), embedded(SMALL)), "baking.several", "2 credentials")
    refused(pdf(embedded(SMALL)) + b"5 0 obj\n" + embedded(DOCUMENT) + b"\nendobj\n%%EOF", "baking.several")


CHANGES = [
    (b"/Type/EmbeddedFile", b"/Type/EmbeddedFile/F(other.json)", "baking.pdf-object"),
    (b"/Type/EmbeddedFile", b"/Type/EmbeddedFile/DecodeParms<<>>", "baking.pdf-object"),
    (b"/Type/EmbeddedFile", b"/Type/Other/Params/EmbeddedFile", "baking.pdf-object"),
    (b"/Type/EmbeddedFile", b"/Type/EmbeddedFile/Length 3", "baking.pdf-object"),
    (b"/Length ", b"/Length 5 0 R%", "baking.pdf-object"),
    (b"/Length ", b"/Length 1", "baking.pdf-length"),
    (b"#2Fjson", b"#2Fxml", "baking.pdf-type"),
    (b"#2F", b"#2f", "baking.pdf-type"),
    (b"/FlateDecode", b"/LZWDecode", "baking.pdf-filter"),
    (b"/FlateDecode", b"[/FlateDecode]", "baking.pdf-object"),
    (b"%%EOF", b"trailer<</Encrypt 9 0 R>>%%EOF", "baking.pdf-encrypted"),
]


@pytest.mark.parametrize(("old", "new", "code"), CHANGES)
def test_anything_but_the_one_plain_form_is_refused(old, new, code):
    file = pdf(embedded(SMALL))
    assert old in file
    refused(file.replace(old, new), code)


def test_what_cannot_be_unpacked_or_becomes_too_much_is_refused():
    whole = zlib.compress(SMALL)
    refused(pdf(embedded(whole[:-1], raw=True)), "baking.pdf-damaged")
    refused(pdf(embedded(whole + b"x", raw=True)), "baking.pdf-damaged")
    refused(pdf(embedded(b"{" + b" " * (1 << 27))), "baking.credential-too-large")
    assert len(unbake(pdf(embedded(b"{" + b" " * (MAX_DOCUMENT_BYTES - 1)))).data) == MAX_DOCUMENT_BYTES
    refused(pdf(embedded(JWS)), "baking.not-a-credential")
    refused(b"%PDF-" + bytes(MAX_IMAGE_BYTES), "baking.too-large")


def test_nothing_is_baked_into_a_pdf():
    with pytest.raises(FormatError) as caught:
        bake(pdf(), SMALL)
    assert caught.value.code == "baking.not-an-image"


@given(st.data())
def test_a_damaged_pdf_is_refused_or_its_credential_is_what_was_attached(data):
    damaged = bytearray(pdf(embedded(SMALL)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(5, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(FormatError):
        assert unbake(bytes(damaged)).data == SMALL, "zlib's checksum finds every damage this small"
