"""Open the signer that a setting names."""

from pathlib import Path

from anchor.signer import KeystoreSigner, Signer
from anchor.signers.aws import AwsKey
from anchor.signers.kms import KmsSigner
from anchor.signers.remote import RemoteSigner
from anchor.signers.urls import KEYSTORE, REMOTE, parse


def open_signer(url: str, keystore: Path, password: Path) -> Signer:
    """The signer at `url` (see `urls`); the key store is `keystore`, opened with what is in the file `password`.

    A remote signer is not asked until it signs. Raises SignerError; ValueError for an URL that cannot be used.
    """
    found = parse(url)
    if found.kind == KEYSTORE:
        return KeystoreSigner(keystore, password)
    if found.kind == REMOTE:
        assert found.address is not None  # noqa: S101  (parse sees to it)
        return RemoteSigner(found.target, found.address)
    return KmsSigner(AwsKey(found.target), found.address)
