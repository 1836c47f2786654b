"""Status lists: bits where the standard puts them, and a credential that is safe to sign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.credential import statuslist
from registry.credential.integrity import add_proof, verify_proof
from registry.credential.statuslist import Bits, list_credential, random_free_index
from registry.errors import FormatError
from tests.support.badges import DID, KEY, LIST_URL, METHOD, NOW

LENGTH = 131_072


@given(st.dictionaries(st.integers(0, LENGTH - 1), st.booleans(), max_size=30))
def test_bits_come_back_as_they_were_set(wanted: dict[int, bool]) -> None:
    bits = Bits()
    for index, value in wanted.items():
        bits.set(index, value)
    again = Bits.decode(bits.encode())
    assert bytes(again) == bytes(bits)
    assert {index for index in wanted if again.get(index)} == {index for index, value in wanted.items() if value}
    assert sum(byte.bit_count() for byte in bytes(again)) == sum(wanted.values())


def test_entry_0_is_the_most_significant_bit_of_byte_0() -> None:
    bits = Bits()
    bits.set(0, True)
    bits.set(15, True)
    assert bytes(bits)[:3] == b"\x80\x01\x00"
    bits.set(0, False)
    assert bytes(bits)[:3] == b"\x00\x01\x00"


@pytest.mark.parametrize("index", [-1, LENGTH])
def test_there_is_no_entry_outside_the_list(index: int) -> None:
    with pytest.raises(FormatError):
        Bits().set(index, True)
    with pytest.raises(FormatError):
        Bits().get(index)


@pytest.mark.parametrize("length", [0, 8, LENGTH - 8, LENGTH + 4, 2**24])
def test_a_list_has_the_length_that_protects_its_group(length: int) -> None:
    with pytest.raises(ValueError):
        Bits(length)


@pytest.mark.parametrize("purpose", statuslist.PURPOSES)
def test_a_list_credential_can_be_signed_and_checked(purpose: str) -> None:
    bits = Bits()
    bits.set(94567, True)
    unsigned = list_credential(LIST_URL, DID, purpose, bytes(bits), NOW)
    signed = add_proof(unsigned, KEY, METHOD, NOW)
    assert verify_proof(signed, signed["proof"][0], KEY.multikey)
    assert signed["credentialSubject"]["type"] == "BitstringStatusList"
    assert Bits.decode(signed["credentialSubject"]["encodedList"]).get(94567)
    bits.set(94567, False)
    signed["credentialSubject"]["encodedList"] = bits.encode()
    assert not verify_proof(signed, signed["proof"][0], KEY.multikey)


def test_a_list_of_another_purpose_or_length_is_not_made() -> None:
    with pytest.raises(ValueError):
        list_credential(LIST_URL, DID, "message", bytes(Bits()), NOW)
    with pytest.raises(ValueError):
        list_credential(LIST_URL, DID, "revocation", b"\x00", NOW)


def test_a_free_index_is_free() -> None:
    taken = set(range(0, 64, 2))
    found = {random_free_index(taken, 64) for _ in range(400)}
    assert found <= set(range(1, 64, 2))
    assert len(found) > 16
