"""Signed notes: one reading of each, the reference's own note, and no signature that survives a change."""

import base64
import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.format import signature
from registry.format.note import MAX_SIGNATURES, Checkpoint, Note, NoteKey, parse_checkpoint, sign

# The example of Go's golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETERS_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"  # its words
)
PETERS_NOTE = (
    PETERS_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

SECRET = hashlib.sha256(b"log key").digest()
KEY = NoteKey("registry.example/ab", Ed25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes_raw())
LINES = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), min_size=1, max_size=6)
TEXTS = LINES.map(lambda lines: "".join(line + "\n" for line in lines)).filter(lambda text: text != "\n")


def signed(text: str) -> Note:
    return sign(text, KEY, lambda message: signature.sign(SECRET, message))


def verified_by_the_book(data: bytes) -> bool:
    """signed-note, "Verification", written out for the one key of this module."""
    text, _, lines = data.decode().rpartition("\n\n")
    name, encoded = lines.removeprefix("— ").removesuffix("\n").split(" ")
    raw = base64.b64decode(encoded)
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + KEY.public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(KEY.public).verify(raw[4:], (text + "\n").encode())
    return raw[:4] == key_id and name == KEY.name


def test_the_reference_implementations_example_is_made_and_verified_byte_for_byte() -> None:
    key = NoteKey.parse(PETER)
    assert key.vkey == PETER
    assert Note.parse(PETERS_NOTE.encode()).verify(key)
    secret = base64.b64decode(PETERS_SECRET)[1:]
    assert sign(PETERS_TEXT, key, lambda message: signature.sign(secret, message)).to_bytes() == PETERS_NOTE.encode()


@given(TEXTS)
def test_a_note_reads_back_as_it_was_and_verifies_by_the_book(text: str) -> None:
    data = signed(text).to_bytes()
    assert verified_by_the_book(data)
    note = Note.parse(data)
    assert note == signed(text)
    assert note.to_bytes() == data
    assert note.verify(KEY)


@given(TEXTS, st.data())
def test_no_changed_byte_leaves_a_note_that_verifies(text: str, data: st.DataObject) -> None:
    whole = bytearray(signed(text).to_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        assert not Note.parse(bytes(whole)).verify(KEY)
    except FormatError as refused:
        assert refused.code.startswith("note.")  # noqa: PT017  (either is right)


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused_with_a_code(data: bytes) -> None:
    try:
        assert Note.parse(data).to_bytes() == data
    except FormatError as refused:
        assert refused.code.startswith("note.")  # noqa: PT017  (either is right)


def test_a_key_of_another_name_or_of_other_bytes_did_not_sign() -> None:
    note = signed("hello\n")
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    assert note.verify(KEY)
    assert not note.verify(NoteKey("registry.example/cd", KEY.public))
    assert not note.verify(NoteKey(KEY.name, other))
    # Nor does a line help that says so: the other key's id beside this key's signature.
    posing = replace(note.signatures[0], key_id=NoteKey(KEY.name, other).key_id)
    assert not Note(note.text, (posing,)).verify(NoteKey(KEY.name, other))


def test_a_cosignature_of_an_unknown_key_is_passed_over_whatever_its_length() -> None:
    cosigned = signed("hello\n").to_bytes() + b"\xe2\x80\x94 witness " + base64.b64encode(bytes(4 + 2420)) + b"\n"
    assert Note.parse(cosigned).verify(KEY)


_GOOD = signed("hello\n").to_bytes().decode()
_LINE = _GOOD.split("\n\n")[1]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("hello\n", "note.form"),
        ("\n" + _LINE, "note.form"),
        ("\n\n" + _LINE, "note.text"),
        (_GOOD[:-1], "note.form"),
        (_GOOD + _LINE, "note.twice"),
        (_GOOD + "\n", "note.form"),
        (_GOOD.replace("hello", "hel\tlo"), "note.text"),
        (_GOOD.replace("hello", "hello\r"), "note.text"),
        (_GOOD.replace("—", "-"), "note.form"),
        (_GOOD.replace(".example", "+example"), "note.form"),
        (_GOOD.replace(".example", "\u2003example"), "note.form"),
        (_GOOD[:-1] + " \n", "note.base64"),
        ("hello\n\n— name AAAAAA==\n", "note.form"),
        ("hello\n\n— name AAAAAAB=\n", "note.base64"),
        ("hello\n\n" + "".join(f"— n{n} AAAAAAA=\n" for n in range(MAX_SIGNATURES + 1)), "note.form"),
        ("a" * 20_000 + _GOOD, "note.too-large"),
    ],
)
def test_a_note_in_any_other_spelling_is_refused(data: str, code: str) -> None:
    with pytest.raises(FormatError) as caught:
        Note.parse(data.encode())
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "", "name", "a+b", PETER[:-1], PETER + "=", PETER.replace("c7", "C7"), PETER.replace("c7", "c8"),
        "+c74f20a3+" + PETER[-44:], "a b" + PETER[12:], PETER.replace("+AR", "+BB"), "x" * 10_000 + PETER,
    ],
)  # fmt: skip
def test_a_key_that_is_not_written_as_a_vkey_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"note key|key's id"):
        NoteKey.parse(text)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(st.sampled_from(["a", "b c"])))
def test_a_checkpoint_reads_back_as_it_was(size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint("registry.example/ab", size, root, tuple(extensions))
    assert parse_checkpoint(checkpoint.body()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n", "origin\n01\n{r}\n", "origin\n-1\n{r}\n", "origin\n+1\n{r}\n", "origin\n\u0661\n{r}\n",
        "\n1\n{r}\n",
        "origin\n9223372036854775808\n{r}\n", "origin\n1\n{r}A\n", "origin\n1\nAAAA\n", "origin\n1\n{r}\n\n",
        "origin\n1\n{r}",
    ],
)  # fmt: skip
def test_a_checkpoint_in_any_other_spelling_is_refused(text: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    parse_checkpoint(f"origin\n1\n{root}\n")
    with pytest.raises(FormatError):
        parse_checkpoint(text.format(r=root))


def test_a_checkpoint_whose_lines_hold_a_line_feed_is_not_made() -> None:
    with pytest.raises(FormatError):
        Checkpoint("origin\n7", 1, bytes(32)).body()
