"""Who signs for a role: settings name a signer, else there is a key store; deploying grants roles to those accounts."""

import sys
from pathlib import Path

import pytest

from anchor.errors import SignerError
from anchor.signer import KeystoreSigner
from anchor.signers.remote import RemoteSigner
from anchor.signers.urls import AWS_KMS, KEYSTORE, REMOTE, SignerUrl, parse
from api import signers
from api.settings import Settings

ADDRESS = "0x" + "Ab" * 20
RAW = bytes.fromhex(ADDRESS[2:])
REMOTE_URL = f"https://user:word@sign.example:9000/path#{ADDRESS}"


def test_each_form_of_an_url_is_read() -> None:
    assert parse("") == parse("keystore:") == SignerUrl(KEYSTORE)
    assert parse(REMOTE_URL) == SignerUrl(REMOTE, REMOTE_URL.partition("#")[0], RAW)
    assert parse("awskms:alias/operator") == SignerUrl(AWS_KMS, "alias/operator")
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab"
    assert parse(f"awskms:{arn}#{ADDRESS}") == SignerUrl(AWS_KMS, arn, RAW)


@pytest.mark.parametrize(
    "url",
    [
        "https://sign.example/secret",
        "https://sign.example/secret#0x1234",
        f"https://[secret#{ADDRESS}",
        f"https://sign.example:secret/#{ADDRESS}",
        f"https:secret#{ADDRESS}",
        f"unix:/secret#{ADDRESS}",
        "awskms:",
        "awskms:secret key",
        f"keystore:/secret#{ADDRESS}",
        "keystore:/secret",
        "awskms:" + "secret" * 1000,
    ],
)
def test_what_is_no_signer_is_refused_by_its_rule_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_role_with_a_signer_elsewhere_has_no_key_store_and_is_not_asked_for_its_account(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, operator_signer=REMOTE_URL)
    settings.keystore.mkdir()
    assert signers.make_keystores(settings, scrypt_n=2) == ["admin", "registrar"]
    assert sorted(path.name for path in settings.keystore.iterdir()) == ["admin.json", "password", "registrar.json"]
    assert signers.address(settings, "operator") == ADDRESS.lower()
    assert isinstance(signers.signer(settings, "operator"), RemoteSigner)
    registrar = signers.signer(settings, "registrar")
    assert isinstance(registrar, KeystoreSigner)
    assert signers.address(settings, "registrar").lower() == "0x" + registrar.address.hex()


def test_without_boto3_a_key_of_aws_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    settings = Settings(data_dir=tmp_path, operator_signer=f"awskms:alias/x#{ADDRESS}")
    assert signers.address(settings, "operator") == ADDRESS.lower()
    with pytest.raises(SignerError, match="pip install boto3"):
        signers.signer(settings, "operator")
