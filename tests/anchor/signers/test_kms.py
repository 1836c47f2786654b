"""Keys in a service: DER, either s, no parity, random nonces; and every way in which such a service can fail."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anchor.errors import SignerError
from anchor.signer import Transaction, sign
from anchor.signers.aws import AwsKey
from anchor.signers.kms import KmsSigner, account
from anchor.worker.report import DONE, STOPPED
from registry.store import issuers
from tests.support.answering import answering
from tests.support.kms import ORDER, Boto, FakeKms, over_http
from tests.support.market import pending
from tests.support.registrations import add_other
from tests.support.worksite import OPERATOR, REGISTRAR, Site

PLAIN = Transaction(9_104_523, 7, bytes(range(20)), 120_000, 3 * 10**9, 10**9, b"calldata")
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_the_account_is_that_of_the_key_and_every_signature_of_a_transaction_is_good_and_another() -> None:
    kms = FakeKms(2)
    signer = KmsSigner(kms)
    assert signer.address == OPERATOR.address
    found = [sign(signer, PLAIN) for _ in range(12)]  # each checked: sender, fields, low s
    assert len({one.hash for one in found}) == 12
    assert sign(KmsSigner(kms, OPERATOR.address), PLAIN).sender == OPERATOR.address
    assert repr(signer) == f"KmsSigner(fake:key, 0x{OPERATOR.address.hex()})"


def test_with_the_account_named_the_service_is_not_asked_before_it_signs() -> None:
    class Down(FakeKms):
        def public_key(self) -> bytes:
            raise SignerError("down")

    assert sign(KmsSigner(Down(2), OPERATOR.address), PLAIN).sender == OPERATOR.address
    with pytest.raises(SignerError, match="down"):
        KmsSigner(Down(2))


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "no DER signature"),
    "noise": (lambda _: b"\x30\x06noise!", "no DER signature"),
    "cut off": (lambda der: der[:-1], "no DER signature"),
    "a byte too many": (lambda der: der + b"\0", "no DER signature"),
    "r and s without DER": (lambda _: b"\x01" * 64, "no DER signature"),
    "a megabyte": (lambda der: der + bytes(1 << 20), "no DER signature"),
    "r is 0": (lambda _: encode_dss_signature(0, 5), "that no key can make"),
    "s is 0": (lambda _: encode_dss_signature(5, 0), "that no key can make"),
    "r is the order": (lambda _: encode_dss_signature(ORDER, 5), "that no key can make"),
    "s is the order": (lambda _: encode_dss_signature(5, ORDER), "that no key can make"),
    "s is negative": (lambda _: bytes.fromhex("3006020105020180"), "no DER signature"),
    "no point of the curve": (lambda _: encode_dss_signature(5, 5), "is not by 0x" + OPERATOR.address.hex()),
    "of something else": (lambda _: FakeKms(2).sign_digest(bytes(32)), "is not by 0x" + OPERATOR.address.hex()),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_answer_that_is_no_signature_of_ours_is_refused(what: str) -> None:
    edit, reason = BROKEN[what]
    with pytest.raises(SignerError) as caught:
        sign(KmsSigner(FakeKms(2, edit)), PLAIN)
    assert reason in caught.value.problem
    assert "Nothing was signed or sent" in caught.value.remedy


def test_another_key_than_the_named_account_is_refused() -> None:
    with pytest.raises(SignerError, match="it may be another key"):
        sign(KmsSigner(FakeKms(3), OPERATOR.address), PLAIN)


def test_a_key_of_another_kind_is_refused_with_the_kind_that_it_takes() -> None:
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    edwards_der = edwards.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key, der in (
        (FakeKms(2, curve=ec.SECP256R1()), None),
        (FakeKms(2), edwards_der),
        (FakeKms(2), b""),
        (FakeKms(2), b"\0" * (1 << 20)),
    ):
        if der is not None:
            key.public_key = lambda der=der: der  # type: ignore[method-assign,misc]
        with pytest.raises(SignerError, match=r"not an Ethereum key.*ECC_SECG_P256K1|no readable public key"):
            account(key)


def test_a_worker_anchors_and_registers_with_keys_that_never_sign_the_same_bytes_twice(site: Site) -> None:
    add_other(site)
    site.seal()
    site.worker = site.rival(operator=KmsSigner(FakeKms(2)), registrar=KmsSigner(FakeKms(3)))
    site.settle()
    site.check(1)
    assert site.alarms() == set()
    assert len(site.attempts()) == 1  # what is stored is sent again, not signed again


def test_after_a_restart_the_registrar_outbids_its_own_transaction_that_it_cannot_sign_again(site: Site) -> None:
    issuers.add_issuer(site.view, "other", "did:web:other.example", {"name": "Other"})
    waiting = set()
    for _ in range(3):  # each worker dies after sending, and the next signs other bytes for the same nonce
        worker = site.rival(operator=KmsSigner(FakeKms(2)), registrar=KmsSigner(FakeKms(3)))
        for _ in range(4):
            report = worker.tick()
            assert (report.outcome, report.alarms) == (DONE, {})
        waiting |= set(pending(site, REGISTRAR))
        assert len(pending(site, REGISTRAR)) == 1
        site.expire_lease()
    assert len(waiting) == 3
    before = site.sent(REGISTRAR)
    site.mine()
    site.worker = site.rival(operator=KmsSigner(FakeKms(2)), registrar=KmsSigner(FakeKms(3)))
    site.seal()
    site.settle()
    assert site.sent(REGISTRAR) == before + 1
    assert site.alarms() == set()


def test_a_service_that_fails_in_the_middle_of_a_tick_leaves_nothing_behind_and_the_next_tick_goes_on(
    site: Site,
) -> None:
    client = Boto(FakeKms(2), ARN)
    site.seal()
    site.worker = site.rival(operator=KmsSigner(AwsKey(ARN, client)))
    client.trouble = TimeoutError("Read timeout on endpoint URL: https://kms.eu-central-1.amazonaws.com/")
    for _ in range(2):
        report = site.worker.tick()
        assert (report.outcome, report.signed, site.attempts()) == (STOPPED, [], [])
        assert "AWS KMS did not answer sign" in report.problem
    assert "eth_sendRawTransaction" not in site.rpc.log
    client.trouble = None
    site.settle()
    site.check(1)


class Denied(Exception):
    """As botocore's ClientError."""

    response = {"Error": {"Code": "AccessDeniedException", "Message": "User: arn:aws:iam::111122223333:user/secret"}}  # noqa: RUF012


@pytest.mark.parametrize(
    ("trouble", "word"), [(Denied("secret"), "AccessDeniedException"), (TimeoutError("secret"), "TimeoutError")]
)
def test_a_refusal_of_aws_is_named_by_its_code_and_nothing_of_its_text_is_shown(trouble: Exception, word: str) -> None:
    client = Boto(FakeKms(2), ARN)
    signer = KmsSigner(AwsKey(ARN, client))
    client.trouble = trouble
    with pytest.raises(SignerError) as caught:
        signer.sign(PLAIN)
    assert word in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("answer", [{}, {"Signature": "text"}, None])
def test_an_answer_of_aws_without_a_signature_is_refused(answer: Any) -> None:
    client = Boto(FakeKms(2), ARN)
    signer = KmsSigner(AwsKey(ARN, client))
    client.sign = lambda **_: answer  # type: ignore[method-assign]
    with pytest.raises(SignerError, match="AWS KMS"):
        signer.sign(PLAIN)


def test_boto3_itself_asks_as_the_service_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3")  # no dependency of ours; this is for whoever has it
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with answering(over_http(Boto(FakeKms(2), ARN))) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", url)
        assert sign(KmsSigner(AwsKey(ARN)), PLAIN).sender == OPERATOR.address
    with pytest.raises(SignerError, match=r"EndpointConnectionError|ConnectionError"):
        KmsSigner(AwsKey(ARN, timeout=1))
