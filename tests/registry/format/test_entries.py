"""entries: the exact bytes, written out a second time by hand."""

import hashlib
import struct

import pytest

from registry.errors import FormatError
from registry.format import entries

A, B, C = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
ADDRESS = bytes(range(20))
MULTIKEY = b"\xed\x01" + bytes(32)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_every_entry_has_the_bytes_that_the_design_gives() -> None:
    assert entries.registry_id(11155111, ADDRESS) == sha(b"credanchor-regi1" + struct.pack(">Q", 11155111) + ADDRESS)
    prefix = entries.leaf_prefix(A, 7, 2, 5, B)
    assert prefix == b"credanchor-leaf1" + A + struct.pack(">QQQ", 7, 2, 5) + B
    assert entries.leaf_hash(prefix, C) == sha(prefix + C)
    assert entries.batch_entry(A, 7, 5, B, C) == b"credanchor-batc1" + A + struct.pack(">QQ", 7, 5) + B + C
    url = "https://x.example/é"
    expected = b"credanchor-list1" + A + sha(url.encode()) + struct.pack(">Q", 9) + B
    assert entries.list_entry(A, url, 9, B) == expected
    assert entries.status_entry(A, 4, B) == b"credanchor-stat1" + A + struct.pack(">Q", 4) + B
    assert entries.issuer_key_id(MULTIKEY) == sha(MULTIKEY)
    assert entries.issuer_id("did:web:x.example") == sha(b"did:web:x.example")
    log = entries.log_entry(1, 2, A, 3, 4, ADDRESS, b"payload")
    head = b"credanchor-entr1" + struct.pack(">QQ", 1, 2) + A + struct.pack(">QQ", 3, 4) + ADDRESS
    assert log == head + sha(b"payload")


def test_lengths_are_those_of_the_format_and_none_is_a_node() -> None:
    lengths = {
        "leaf": len(entries.leaf_prefix(A, 1, 0, 1, B)) + 32,
        "batch": len(entries.batch_entry(A, 1, 1, B, C)),
        "list": len(entries.list_entry(A, "x:y", 1, B)),
        "status": len(entries.status_entry(A, 1, B)),
        "log": len(entries.log_entry(0, 0, A, 0, 0, ADDRESS, b"")),
    }
    assert lengths == {"leaf": 136, "batch": 128, "list": 120, "status": 88, "log": 132}
    assert 64 not in lengths.values()
    assert (entries.LEAF_PREFIX_BYTES, entries.BATCH_PREFIX_BYTES) == (104, 96)
    assert (entries.BATCH_ENTRY_BYTES, entries.LIST_ENTRY_BYTES) == (128, 120)
    assert (entries.STATUS_ENTRY_BYTES, entries.LOG_ENTRY_BYTES) == (88, 132)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(FormatError, match="8 unsigned bytes"):
        entries.registry_id(number, ADDRESS)


def test_a_value_of_another_length_is_refused_so_that_no_bytes_can_move_between_fields() -> None:
    for build in (
        lambda: entries.registry_id(1, bytes(21)),
        lambda: entries.leaf_prefix(A, 1, 0, 1, bytes(31)),
        lambda: entries.leaf_hash(bytes(103), C),
        lambda: entries.leaf_hash(bytes(104), bytes(33)),
        lambda: entries.batch_entry(A, 1, 1, B, bytes(64)),
        lambda: entries.list_entry(A, "x", 1, b""),
        lambda: entries.status_entry(bytes(33), 1, B),
        lambda: entries.issuer_key_id(bytes(32)),
        lambda: entries.log_entry(0, 0, A, 0, 0, bytes(32), b""),
    ):
        with pytest.raises(FormatError, match="bytes where"):
            build()
