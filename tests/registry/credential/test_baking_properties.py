"""Baking, for any document and any bytes: what goes in comes out, and nothing but a FormatError is ever raised."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.credential.baking import bake, credential_in, image_kind, unbake
from registry.errors import FormatError
from registry.format import strictjson
from registry.limits import MAX_INTEGER
from tests.support.baking import JWS, SMALL
from tests.support.pictures import OB3, SVG, chunk, chunks, png

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(["]]>", "\\]]>", "\ufffe]]"])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
DOCUMENT = st.builds(
    lambda value, indent, ascii: json.dumps(value, indent=indent, ensure_ascii=ascii).encode(),
    st.dictionaries(TEXT, VALUE, max_size=5),
    st.sampled_from([None, 1]),
    st.booleans(),
)
EXTRA = st.builds(
    chunk, st.sampled_from([b"tEXt", b"iTXt", b"eXIf", b"prVt"]), st.binary(max_size=60).map(lambda body: b"x" + body)
)
BAKED = [bake(png(), SMALL), bake(png(), JWS), bake(SVG, SMALL), bake(SVG, JWS)]


@given(DOCUMENT, st.lists(EXTRA, max_size=4), st.lists(EXTRA, max_size=2))
def test_any_document_comes_out_of_a_png_as_it_went_in_and_no_other_chunk_changes(document, before, after):
    picture = png(2, 2, *before, after=b"".join(after), piece=9)
    baked = bake(picture, document)
    assert unbake(baked).data == document
    first, _, *rest = chunks(baked)
    assert [first, *rest] == chunks(picture)


@given(DOCUMENT)
def test_any_document_comes_out_of_an_svg_with_the_same_canonical_form(document):
    found = unbake(bake(SVG, document)).data
    assert strictjson.digest(strictjson.parse(found)) == strictjson.digest(strictjson.parse(document))
    if not any(odd in document.decode() for odd in ("]]>", "\ufffe", "\uffff")):
        assert found == document, "and byte for byte unless XML could not hold it"


@given(DOCUMENT, DOCUMENT, st.sampled_from([png(), SVG]))
def test_replacing_is_the_same_as_baking_the_second_alone(first, second, picture):
    assert bake(bake(picture, first), second, replace=True) == bake(picture, second)


@given(st.binary(max_size=300), st.sampled_from([b"", png()[:8], png()[:33], b"<", b"<svg ", SVG[:60]]))
def test_arbitrary_bytes_raise_nothing_but_format_errors(data, start):
    for use in (unbake, lambda image: bake(image, SMALL, replace=True), lambda image: bake(png(), image)):
        with contextlib.suppress(FormatError):
            use(start + data)
    if image_kind(start + data) is None:
        assert credential_in(start + data) == start + data


@settings(max_examples=300)
@given(st.sampled_from(BAKED), st.data())
def test_a_damaged_image_is_refused_or_its_credential_is_the_text_that_stands_in_it(image, data):
    damaged = bytearray(image)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        end = place + data.draw(st.integers(0, 4))
        damaged[place:end] = data.draw(st.binary(max_size=4) | st.sampled_from([b"<", b"]]>", b"&#1;", OB3.encode()]))
    with contextlib.suppress(FormatError):
        found = unbake(bytes(damaged))
        assert found.data in bytes(damaged) or image.startswith(b"<")
        assert not image.startswith(b"\x89") or found.data in (SMALL, JWS), "a checksum finds every damage this small"


def test_a_plain_file_is_what_it_is_and_a_token_in_an_image_cannot_be_verified():
    assert credential_in(SMALL) is SMALL
    assert credential_in(bake(SVG, SMALL)) == SMALL
    with pytest.raises(FormatError) as caught:
        credential_in(bake(png(), JWS))
    assert caught.value.code == "baking.jws"
