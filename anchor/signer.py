"""Who signs transactions: the seam for key stores, HSMs and remote signers, and the check of every signature.

A signer gets a whole transaction and returns bytes. The bytes are decoded, the sender is recovered and every field is
compared before anything else happens to them: a signer that is broken or hostile cannot make us send something else.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from anchor.errors import SignerError
from registry.format.nesting import SAFE_RECURSION, loads

sys.setrecursionlimit(SAFE_RECURSION)  # importing eth_account raised it to where deep JSON ends the process

MAX_KEYSTORE_BYTES = 64 * 1024
"""A version 3 key store takes about 500 bytes."""

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of secp256k1's order: of the two forms of a signature, nodes take the one with the smaller `s` (EIP-2)."""


@dataclass(frozen=True)
class Transaction:
    """An EIP-1559 transaction to be signed. Fees in wei per gas; `to` is 20 bytes, None makes a contract."""

    chain_id: int
    nonce: int
    to: bytes | None
    gas: int
    max_fee: int
    max_tip: int
    data: bytes
    value: int = 0

    def fields(self) -> dict[str, Any]:
        """As eth-account wants it. Without chainId it would sign for chain 0, so none is left out."""
        found: dict[str, Any] = {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": self.nonce,
            "gas": self.gas,
            "maxFeePerGas": self.max_fee,
            "maxPriorityFeePerGas": self.max_tip,
            "value": self.value,
            "data": "0x" + self.data.hex(),
        }
        if self.to is not None:
            found["to"] = to_checksum_address(self.to)
        return found


class Signer(Protocol):
    """Holds one secp256k1 key. Must not be called inside a database transaction: it may be slow."""

    @property
    def address(self) -> bytes:
        """The account, 20 bytes."""
        ...

    def sign(self, transaction: Transaction) -> bytes:
        """The signed transaction as sent by eth_sendRawTransaction. Raises SignerError."""
        ...


@dataclass(frozen=True)
class Signed:
    """A signed transaction that was checked field by field."""

    transaction: Transaction
    sender: bytes
    raw: bytes
    hash: bytes


def sign(signer: Signer, transaction: Transaction) -> Signed:
    """Have `signer` sign, and check what came back. Raises SignerError."""
    raw = signer.sign(transaction)
    return Signed(transaction, signer.address, raw, checked(raw, transaction, signer.address))


def checked(raw: bytes, transaction: Transaction, sender: bytes) -> bytes:
    """The hash of `raw`, if it is exactly `transaction` signed by `sender` (20 bytes). Raises SignerError."""
    remedy = "Nothing was sent. Look at the signer before you start the worker again"
    try:
        found = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        low = int(found["s"]) <= HALF_ORDER
        recovered = bytes.fromhex(Account.recover_transaction(raw)[2:])
    except Exception as problem:
        raise SignerError(f"The signer returned no signed transaction ({type(problem).__name__})", remedy) from None
    wanted = {
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "to": transaction.to or b"",
        "gas": transaction.gas,
        "maxFeePerGas": transaction.max_fee,
        "maxPriorityFeePerGas": transaction.max_tip,
        "value": transaction.value,
        "data": transaction.data,
        "accessList": (),
        "type": 2,
    }
    for name, value in wanted.items():
        if _plain(found.get(name)) != value:
            raise SignerError(f"The signer changed {name}", remedy)
    if not low:
        raise SignerError("The signer's signature has a high s, which no node takes (EIP-2)", remedy)
    if recovered != sender:
        raise SignerError(f"The signer signed as 0x{recovered.hex()}, not as 0x{sender.hex()}", remedy)
    return bytes(keccak(raw))


class KeySigner:
    """A key in this process's memory. Signatures follow RFC 6979: the same transaction gives the same bytes."""

    def __init__(self, secret: bytes) -> None:
        self._account = Account.from_key(secret)
        self._address = bytes.fromhex(self._account.address[2:])

    @property
    def address(self) -> bytes:
        """The account, 20 bytes."""
        return self._address

    def sign(self, transaction: Transaction) -> bytes:
        """The signed transaction. Raises SignerError."""
        try:
            return bytes(self._account.sign_transaction(transaction.fields()).raw_transaction)
        except Exception as problem:  # eth-account and rlp have errors of their own for each field
            raise SignerError(f"The transaction cannot be signed: {problem}") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(0x{self._address.hex()})"


class KeystoreSigner(KeySigner):
    """A key from a Web3 Secret Storage (version 3) file, opened with the password in another file.

    The password's file must be readable by its owner only. Opening a well-stretched key takes most of a second.
    """

    def __init__(self, keystore: Path, password: Path) -> None:
        content, word = _keystore(keystore), _password(password)
        try:
            super().__init__(bytes(Account.decrypt(content, word)))
        except Exception as problem:  # the library knows a dozen ways to stumble over a damaged file
            if str(problem) == "MAC mismatch":
                remedy = f"Check that {password} holds its password"
                raise SignerError(f"The password does not open the key store {keystore}", remedy) from None
            raise _no_keystore(keystore) from None


def _keystore(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        content = loads(data) if len(data) <= MAX_KEYSTORE_BYTES else None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise SignerError(f"The key store {path} cannot be read: {reason}", "Restore it from your backup") from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _no_keystore(path)
    return content


def _no_keystore(path: Path) -> SignerError:
    return SignerError(f"{path} is not a key store", "Name a Web3 Secret Storage file (version 3)")


def _password(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise SignerError(f"Others may read the password in {path}", f"Run: chmod 600 {path}")
        return path.read_text("utf-8").rstrip("\r\n")
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"  # the error itself would show what is in the file
    remedy = "Write the key store's password into it and nothing else"
    raise SignerError(f"The password file {path} cannot be read: {reason}", remedy)


def _plain(value: Any) -> Any:
    """Values as the decoder gives them, in the types of `Transaction`."""
    if isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    if isinstance(value, list):
        return tuple(value)
    return bytes(value) if isinstance(value, bytes) else value
