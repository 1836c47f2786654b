"""Baking into PNG: the bytes Open Badges 3.0 asks for, everything else untouched, and hostile files."""

import struct
import zlib

import pytest

from registry.credential.baking import MAX_IMAGE_BYTES, bake, unbake
from registry.credential.baking.png import MAX_CHUNKS
from registry.errors import FormatError
from registry.limits import MAX_DOCUMENT_BYTES
from tests.support.baking import DOCUMENT, JWS, SMALL, refused, refused_whole
from tests.support.pictures import SIGNATURE, chunk, chunks, credential_chunk, header, png


@pytest.mark.parametrize("credential", [DOCUMENT, JWS], ids=["json", "jws"])
@pytest.mark.parametrize("size", [1, 300])
def test_a_picture_of_another_encoder_takes_a_credential_and_gives_it_back(size, credential):
    picture = png(size, size, chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"tEXt", b"Title\0Soil"), piece=700)
    baked = bake(picture, credential)
    assert unbake(baked).data == credential
    assert unbake(baked).is_jws == (credential == JWS)
    first, second, *rest = chunks(baked)
    assert [first, *rest] == chunks(picture), "all other chunks, in order, byte for byte"
    length, kind = struct.unpack(">I4s", second[:8])
    assert (length, kind) == (len(second) - 12, b"iTXt")
    assert second[8:-4] == b"openbadgecredential\0\0\0\0\0" + credential
    assert second[-4:] == struct.pack(">I", zlib.crc32(b"iTXt" + second[8:-4]))


def test_a_credential_is_replaced_only_when_asked():
    baked = bake(png(), DOCUMENT)
    with pytest.raises(FormatError, match=r"holds a credential already\. Allow replacing"):
        bake(baked, SMALL)
    again = bake(baked, SMALL, replace=True)
    assert unbake(again).data == SMALL
    assert again == bake(png(), SMALL), "nothing of the first is left"


def test_replacing_leaves_one_where_there_were_several_of_any_kind():
    crowd = png(1, 1, credential_chunk(SMALL), credential_chunk(SMALL, b"tEXt", b""), after=credential_chunk(SMALL))
    assert bake(crowd, DOCUMENT, replace=True) == bake(png(), DOCUMENT)


def test_a_credential_behind_the_picture_or_with_a_language_is_read():
    head = b"\0\0" + b"en\0" + b"Zeugnis" + b"\0"
    assert unbake(png(after=credential_chunk(SMALL, head=head))).data == SMALL


def test_what_is_no_credential_is_not_baked():
    for data, code in [
        (b"[]", "baking.not-a-credential"),
        (b"hello", "format.not-json"),
        (b'{"a":1,"a":2}', "format.duplicate-key"),
        (b'{"a":"' + b"x" * MAX_DOCUMENT_BYTES + b'"}', "format.too-large"),
        (JWS.rpartition(b".")[0] + b".", "format.not-json"),  # an unsecured token
    ]:
        with pytest.raises(FormatError) as caught:
            bake(png(), data)
        assert caught.value.code == code


def test_a_picture_without_one_says_so_and_knows_an_older_badge():
    refused(png(), "baking.no-credential")
    refused(png(1, 1, chunk(b"iTXt", b"openbadges\0\0\0\0\0https://x")), "baking.no-credential", "Open Badges 2.0")


def test_two_credential_chunks_are_refused():
    refused(png(1, 1, credential_chunk(SMALL), credential_chunk(DOCUMENT)), "baking.several", "2 credentials")


def test_a_second_credential_in_another_kind_of_text_chunk_is_refused():
    """Libraries that read all texts into one table let the last win: one verifier sees ours, another the attacker's."""
    for other in (credential_chunk(SMALL, b"tEXt", b""), credential_chunk(zlib.compress(SMALL), b"zTXt", b"\0")):
        refused(png(1, 1, credential_chunk(DOCUMENT), after=other), "baking.several")
        refused(png(1, 1, other), "baking.chunk-type")


def test_a_compressed_credential_is_refused_however_small():
    bomb = zlib.compress(b"{" + b" " * 50_000_000 + b"}", 9)
    assert len(bomb) < 60_000
    refused(png(1, 1, credential_chunk(bomb, head=b"\1\0\0\0")), "baking.compressed", "forbids")


@pytest.mark.parametrize("head", [b"", b"\0", b"\0\0", b"\0\0en", b"\0\0\0no end", b"\2\0\0\0", b"\0\1\0\0"])
def test_a_chunk_with_a_broken_head_is_refused(head):
    body = b"openbadgecredential\0" + head
    refused(png(1, 1, chunk(b"iTXt", body)), "baking.chunk-body")


def test_a_length_of_two_gigabytes_is_refused_before_anything_is_read():
    for length in (2**31 - 1, 2**30):
        frame = struct.pack(">I", length) + b"iTXt" + b"openbadgecredential\0\0\0\0\0" + SMALL
        refused_whole(SIGNATURE + header(1, 1) + frame, "baking.truncated", "chunk 2, at byte 33")
    for length in (2**31, 2**32 - 1):
        frame = struct.pack(">I", length) + b"iTXt" + SMALL
        refused_whole(SIGNATURE + header(1, 1) + frame, "baking.chunk-length", str(length))


def test_a_changed_credential_with_the_old_checksum_is_refused():
    baked = bake(png(), SMALL)
    refused_whole(baked.replace(b"uuid:1", b"uuid:2"), "baking.checksum", "chunk 2, at byte 33, type iTXt")


def test_a_changed_pixel_with_the_old_checksum_is_refused():
    baked = bytearray(bake(png(), SMALL))
    baked[-20] ^= 1
    refused_whole(bytes(baked), "baking.checksum", "IDAT")


def test_a_file_cut_off_anywhere_is_refused():
    baked = bake(png(), SMALL)
    for end in range(4, len(baked)):
        with pytest.raises(FormatError) as caught:
            unbake(baked[:end])
        assert caught.value.code == ("baking.truncated" if end >= 8 else "baking.not-png")


def test_a_second_file_behind_the_end_is_refused():
    refused_whole(bake(png(), SMALL) + bake(png(), DOCUMENT), "baking.after-end")


def test_a_million_tiny_chunks_are_refused():
    flood = SIGNATURE + header(1, 1) + chunk(b"teSt") * MAX_CHUNKS + chunk(b"IEND")
    refused_whole(flood, "baking.too-many-chunks")


def test_a_huge_file_is_refused_unread():
    refused_whole(SIGNATURE + bytes(MAX_IMAGE_BYTES), "baking.too-large")


def test_a_credential_larger_than_a_file_may_be_is_refused():
    refused(png(1, 1, credential_chunk(b"{" + b" " * MAX_DOCUMENT_BYTES)), "baking.credential-too-large")


def test_an_image_too_large_with_its_credential_is_not_written():
    filler = chunk(b"teSt", bytes(MAX_IMAGE_BYTES - len(png()) - 12))
    assert len(png(1, 1, filler)) == MAX_IMAGE_BYTES
    with pytest.raises(FormatError) as caught:
        bake(png(1, 1, filler), SMALL)
    assert caught.value.code == "baking.too-large"


def test_chunks_out_of_order_are_no_png():
    body = chunks(png())
    for wrong in (
        [body[1], body[0], body[2]],
        [body[0], body[0], *body[1:]],
        [body[0], body[2]],
        [credential_chunk(SMALL), *body],
        [chunk(b"IHDR", bytes(12)), *body[1:]],
        [body[0], chunk(b"a\xc3\xa9b"), *body[1:]],
    ):
        refused_whole(SIGNATURE + b"".join(wrong), "baking.not-png")


def test_a_png_damaged_by_a_text_transfer_is_named_as_such():
    refused_whole(png().replace(b"\r\n", b"\n"), "baking.not-png", "sent as text")


@pytest.mark.parametrize(
    "text", [b"", b"hello", b'["a"]', b"https://x/1", b"a.b.c", b'{"\xff"}', b'{"\x1b[2J"}', b"{\0}"]
)
def test_a_chunk_that_holds_no_credential_is_refused(text):
    refused(png(1, 1, credential_chunk(text)), "baking.not-a-credential")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xe0", DOCUMENT, JWS, SIGNATURE[:3], b"\xff\xfe<\0"])
def test_what_is_no_image_is_refused(data):
    refused_whole(data, "baking.not-an-image")
