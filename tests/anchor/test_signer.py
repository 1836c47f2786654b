"""Signers: every signature is checked before it is stored, and a key store that cannot be opened says why."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_utils.crypto import keccak

from anchor.errors import SignerError
from anchor.signer import KeySigner, KeystoreSigner, Transaction, sign
from anchor.worker.report import STOPPED
from tests.support.worksite import OPERATOR, STRANGER, Site

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PLAIN = Transaction(9_104_523, 7, bytes(range(20)), 120_000, 3 * 10**9, 10**9, b"calldata")
PASSWORD = "correct horse battery staple"


def changed(**changes: Any) -> Callable[[Transaction], bytes]:
    """The operator's own signature, of another transaction."""
    return lambda transaction: OPERATOR.sign(replace(transaction, **changes))


def typed(transaction: Transaction, **changes: Any) -> bytes:
    """Another form of the same transaction, signed by the operator."""
    fields = {key: value for key, value in (transaction.fields() | changes).items() if value is not None}
    return bytes(Account.from_key((2).to_bytes(32, "big")).sign_transaction(fields).raw_transaction)


def legacy(transaction: Transaction, kind: int | None = None, **more: Any) -> bytes:
    """A transaction of an older type, at the same price."""
    old = {"type": kind, "maxFeePerGas": None, "maxPriorityFeePerGas": None, "gasPrice": transaction.max_fee}
    return typed(transaction, **(old | more))


def high_s(transaction: Transaction) -> bytes:
    """The other form of the same signature: the sender recovers, but no node takes it."""
    fields = rlp.decode(OPERATOR.sign(transaction)[1:])
    parity, s = int.from_bytes(fields[9], "big"), int.from_bytes(fields[11], "big")
    return b"\x02" + bytes(rlp.encode([*fields[:9], parity ^ 1, fields[10], ORDER - s]))


ACCESS = [{"address": "0x" + "11" * 20, "storageKeys": []}]
BAD: dict[str, tuple[Callable[[Transaction], bytes], str]] = {
    "another key": (STRANGER.sign, "signed as 0x" + STRANGER.address.hex()),
    "another chain": (changed(chain_id=1), "changed chainId"),
    "another nonce": (lambda tx: OPERATOR.sign(replace(tx, nonce=tx.nonce + 1)), "changed nonce"),
    "another recipient": (changed(to=STRANGER.address), "changed to"),
    "no recipient": (changed(to=None), "changed to"),
    "more gas": (changed(gas=1_000_000), "changed gas"),
    "a higher fee": (lambda tx: OPERATOR.sign(replace(tx, max_fee=tx.max_fee + 1)), "changed maxFeePerGas"),
    "another tip": (lambda tx: OPERATOR.sign(replace(tx, max_tip=tx.max_tip - 1)), "changed maxPriorityFeePerGas"),
    "money": (changed(value=1), "changed value"),
    "other data": (lambda tx: OPERATOR.sign(replace(tx, data=tx.data + b"!")), "changed data"),
    "no data": (changed(data=b""), "changed data"),
    "an access list": (lambda tx: typed(tx, accessList=ACCESS), "changed accessList"),
    "a legacy transaction": (legacy, "no signed transaction"),
    "an EIP-2930 transaction": (lambda tx: legacy(tx, 1, accessList=[]), "changed"),
    "a high s": (high_s, "high s"),
    "nothing": (lambda _: b"", "no signed transaction"),
    "a type alone": (lambda _: b"\x02", "no signed transaction"),
    "an empty list": (lambda _: b"\x02\xc0", "no signed transaction"),
    "noise": (lambda _: keccak(b"noise"), "no signed transaction"),
    "a part": (lambda tx: OPERATOR.sign(tx)[:-1], "no signed transaction"),
    "a byte too many": (lambda tx: OPERATOR.sign(tx) + b"\0", "no signed transaction"),
    "no signature": (
        lambda tx: b"\x02" + bytes(rlp.encode(rlp.decode(OPERATOR.sign(tx)[1:])[:9])),
        "no signed transaction",
    ),
}


@dataclass(frozen=True)
class Hostile:
    """Claims to be the operator and signs what it likes."""

    what: Callable[[Transaction], bytes]
    address: bytes = OPERATOR.address

    def sign(self, transaction: Transaction) -> bytes:
        return self.what(transaction)


def test_what_is_signed_as_asked_for_is_accepted() -> None:
    signed = sign(OPERATOR, PLAIN)
    assert (signed.transaction, signed.sender, signed.raw) == (PLAIN, OPERATOR.address, OPERATOR.sign(PLAIN))
    assert signed.hash == keccak(signed.raw)
    assert sign(OPERATOR, replace(PLAIN, to=None)).raw != signed.raw  # a deployment
    assert sign(OPERATOR, replace(PLAIN, nonce=0, data=b"", max_tip=0)).raw != signed.raw  # zeros are empty in RLP


@pytest.mark.parametrize("name", BAD)
def test_a_signature_that_is_not_what_was_asked_for_is_refused(name: str) -> None:
    what, reason = BAD[name]
    with pytest.raises(SignerError) as caught:
        sign(Hostile(what), PLAIN)
    assert reason in caught.value.problem
    assert "Nothing was sent" in caught.value.remedy


def test_a_worker_stores_and_sends_nothing_that_a_hostile_signer_made(site: Site) -> None:
    site.seal()
    for what, reason in BAD.values():
        site.expire_lease()
        report = site.rival(operator=Hostile(what)).tick()
        assert (report.outcome, report.signed, report.alarms.keys()) == (STOPPED, [], {"signer-trouble"})
        assert reason in report.alarms["signer-trouble"]
        assert site.attempts() == []
    assert "eth_sendRawTransaction" not in site.rpc.log
    assert site.states() == ["sealed"]
    site.expire_lease()
    site.settle()  # with a signer that works
    site.check(1)
    assert site.alarms() == set()


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    """A key store of the operator's key; hardly stretched, which is not under test."""
    return dict(Account.encrypt((2).to_bytes(32, "big"), PASSWORD, kdf="pbkdf2", iterations=2))


@pytest.fixture
def files(tmp_path: Path, content: dict[str, Any]) -> tuple[Path, Path]:
    """A key store and its password."""
    keystore, password = tmp_path / "operator.json", tmp_path / "password"
    keystore.write_text(json.dumps(content))
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    return keystore, password


def refusal(files: tuple[Path, Path]) -> SignerError:
    """The error of opening a key store; it never tells the password."""
    with pytest.raises(SignerError) as caught:
        KeystoreSigner(*files)
    assert caught.value.remedy != ""
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # nor does its traceback
    assert not any(word in shown for word in PASSWORD.split())
    return caught.value


def test_a_key_store_signs_like_the_key_in_it_and_does_not_show_it(files: tuple[Path, Path]) -> None:
    signer = KeystoreSigner(*files)
    assert signer.address == OPERATOR.address
    assert sign(signer, PLAIN) == sign(OPERATOR, PLAIN)
    assert repr(signer) == f"KeystoreSigner(0x{OPERATOR.address.hex()})"


def test_a_wrong_password_names_both_files(files: tuple[Path, Path]) -> None:
    files[1].write_text(PASSWORD.upper())
    assert refusal(files).problem == f"The password does not open the key store {files[0]}"
    assert str(files[1]) in refusal(files).remedy


def test_a_password_that_others_may_read_is_not_used(files: tuple[Path, Path]) -> None:
    for mode in (0o640, 0o604, 0o644):
        files[1].chmod(mode)
        assert refusal(files).remedy == f"Run: chmod 600 {files[1]}"


def test_a_file_that_is_missing_or_not_text_is_named(files: tuple[Path, Path]) -> None:
    files[1].write_bytes(PASSWORD.encode("utf-16"))
    assert refusal(files).problem == f"The password file {files[1]} cannot be read: it is not UTF-8 text"
    files[1].unlink()
    assert refusal(files).problem == f"The password file {files[1]} cannot be read: No such file or directory"
    files[0].unlink()
    assert refusal(files).problem == f"The key store {files[0]} cannot be read: No such file or directory"


def damaged(content: dict[str, Any], *path: str, value: Any = None) -> str:
    """The key store with one member replaced, or taken out."""
    copy = json.loads(json.dumps(content))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner.pop(path[-1])
    if value is not None:
        inner[path[-1]] = value
    return json.dumps(copy)


def test_what_is_no_key_store_is_refused_whatever_is_wrong_with_it(
    files: tuple[Path, Path], content: dict[str, Any]
) -> None:
    texts = ["", "{}", "[]", "null", "{", "[" * 60_000, " " * 70_000 + "{}", '{"version": 3, "crypto": []}', "\udcff"]
    texts += [damaged(content, "version", value=value) for value in (1, 5, "3", None)]
    crypto = ["kdf", "ciphertext", "mac", "kdfparams", "cipherparams"]
    texts += [damaged(content, "crypto")] + [damaged(content, "crypto", member) for member in crypto]
    texts += [damaged(content, "crypto", member, value="no") for member in crypto]
    texts += [damaged(content, "crypto", "kdfparams", "prf", value="none-sha256")]
    for text in texts:
        files[0].write_bytes(text.encode("utf-8", "surrogateescape"))
        problem = refusal(files).problem
        assert problem == f"{files[0]} is not a key store", text[:300]


def test_a_key_that_no_account_can_have_is_refused(files: tuple[Path, Path], content: dict[str, Any]) -> None:
    crypto = content["crypto"]
    # The cipher is a key stream: what turns key 2 into key 0 in the plain text does so in the ciphertext.
    zero = (int(crypto["ciphertext"], 16) ^ 2).to_bytes(32, "big")
    salt = bytes.fromhex(crypto["kdfparams"]["salt"])
    derived = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 2, 32)
    mac = keccak(derived[16:] + zero).hex()
    files[0].write_text(json.dumps(content | {"crypto": crypto | {"ciphertext": zero.hex(), "mac": mac}}))
    assert refusal(files).problem == f"{files[0]} is not a key store"


def test_a_transaction_that_cannot_be_signed_is_an_error_of_the_signer() -> None:
    for bad in (replace(PLAIN, nonce=-1), replace(PLAIN, to=bytes(19))):
        with pytest.raises(SignerError, match="cannot be signed"):
            KeySigner((5).to_bytes(32, "big")).sign(bad)
