"""Admission receipts: one meaning for their bytes, and none that can be changed."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from registry.credential.keys import IssuerKey
from registry.errors import FormatError
from registry.format import signature
from registry.format.merkle import Tree
from registry.format.note import NoteKey, require_text
from registry.format.receipt import MAX_RECEIPT_BYTES, RECEIPT_BYTES, Duty, Place, Receipt
from registry.limits import MAX_INTEGER

SECRET = hashlib.sha256(b"log key").digest()
KEY = NoteKey("registry.example/ab", IssuerKey(SECRET).public)
LEAVES = [hashlib.sha256(b"leaf %d" % number).digest() for number in range(5)]
TREE = Tree(LEAVES)
DUTY = Duty(hashlib.sha256(b"registry").digest(), 7, 5, hashlib.sha256(b"key").digest(), TREE.root, 1000, 2000)
BATCH = Receipt(DUTY, signature.sign(SECRET, DUTY.preimage))
ONE = BATCH.at(Place(4, LEAVES[4], tuple(TREE.path(4))))


def test_the_signed_bytes_are_those_of_the_format() -> None:
    by_hand = b"credanchor-rcpt1" + DUTY.registry_id + (7).to_bytes(8, "big") + (5).to_bytes(8, "big")
    by_hand += DUTY.key_id + TREE.root + (1000).to_bytes(8, "big") + (2000).to_bytes(8, "big")
    assert (by_hand, len(by_hand)) == (DUTY.preimage, RECEIPT_BYTES)
    assert BATCH.verify(KEY)


def test_the_values_of_the_specification_are_these() -> None:
    text = (Path(__file__).parents[3] / "registry" / "FORMAT.md").read_text("utf-8").partition("## 13 ")[2]
    values = "".join(text.split())
    for value in (DUTY.preimage, BATCH.signature, DUTY.entry_hash):
        assert value.hex() in values
    assert KEY.multikey in values


def test_no_receipt_is_a_note() -> None:
    for batch in (1, MAX_INTEGER):
        with pytest.raises((FormatError, UnicodeDecodeError)):
            require_text(replace(DUTY, registry_id=b"a" * 32, batch=batch).preimage.decode())


@pytest.mark.parametrize("made", [BATCH, ONE], ids=["of a batch", "of a credential"])
def test_a_receipt_comes_back_and_no_changed_byte_does(made: Receipt) -> None:
    data = made.to_bytes()
    assert Receipt.parse(data) == made
    for place in range(len(data)):
        for flip in (0x01, 0x04, 0x20, 0x80):
            altered = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
            try:
                found = Receipt.parse(altered)
            except FormatError:
                continue
            # Only white space may change, at the end: JSON has two spellings there.
            same = found == made and altered.strip() == data.strip()
            assert same or not found.verify(KEY), altered


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("format", "credanchor-receipt/2", "receipt.format"),
        ("registry_id", "AB" * 32, "receipt.value"),
        ("batch", 0, "receipt.value"),
        ("batch", True, "receipt.value"),
        ("size", "5", "receipt.value"),
        ("root", "00" * 31, "receipt.value"),
        ("anchor_by", 1000, "receipt.times"),
        ("signature", "z1", "proof.form"),
        ("signature", None, "proof.form"),
        ("index", 3, "inclusion.path-length"),
        ("index", 5, "inclusion.index"),
        ("leaf", LEAVES[3].hex(), "receipt.path"),
        ("path", [], "inclusion.path-length"),
        ("path", {}, "receipt.value"),
        ("path", ["0"], "receipt.value"),
        ("more", 1, "receipt.members"),
    ],
)
def test_what_is_no_receipt_is_named(member: str, value: object, code: str) -> None:
    with pytest.raises(FormatError) as refused:
        Receipt.parse(json.dumps(ONE.to_json() | {member: value}).encode())
    assert refused.value.code == code


def test_half_a_place_is_none_and_the_largest_receipt_fits() -> None:
    for name in ("index", "leaf", "path"):
        with pytest.raises(FormatError, match="exactly the members"):
            Receipt.parse(json.dumps({key: value for key, value in ONE.to_json().items() if key != name}).encode())
    largest = Receipt(
        replace(DUTY, batch=MAX_INTEGER, size=MAX_INTEGER), bytes(64), Place(MAX_INTEGER, bytes(32), (bytes(32),) * 53)
    )
    assert len(largest.to_bytes()) < MAX_RECEIPT_BYTES
