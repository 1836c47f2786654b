"""Signers by URL, as settings name them; nothing is opened here, so reading settings stays cheap.

keystore:                         the key store in the data directory (also the empty text)
https://signer.example/#0x1234…   a remote signer that speaks eth_signTransaction, and the account it signs for
awskms:KEY                        a key of AWS KMS by id, ARN or alias/NAME; `#0x1234…` behind it saves a question
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

KEYSTORE, REMOTE, AWS_KMS = "keystore", "remote", "awskms"

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")

MAX_URL = 2048
"""Characters; an ARN takes about 80."""


@dataclass(frozen=True)
class SignerUrl:
    """`kind` is one of the three above; `target` an URL or a key's id; `address` 20 bytes, None where not named."""

    kind: str
    target: str = ""
    address: bytes | None = None


def parse(url: str) -> SignerUrl:
    """Read a signer's URL. Raises ValueError, whose text tells the rule and nothing of the URL: it may hold secrets."""
    if url in ("", "keystore:"):
        return SignerUrl(KEYSTORE)
    target, _, fragment = url.partition("#")
    if len(url) > MAX_URL or (fragment and not _ADDRESS.fullmatch(fragment)):
        raise ValueError("has the account behind #, as 0x and 40 hexadecimal digits")
    address = bytes.fromhex(fragment[2:]) if fragment else None
    if target.startswith("awskms:"):
        key_id = target.removeprefix("awskms:")
        if not re.fullmatch(r"[A-Za-z0-9:/_-]+", key_id):
            raise ValueError("names a key of AWS KMS behind awskms: by its id, its ARN or alias/NAME")
        return SignerUrl(AWS_KMS, key_id, address)
    if not _is_http(target):
        raise ValueError("begins with keystore:, https://, http:// or awskms:, and is an URL")
    if address is None:
        raise ValueError("has the account behind #, as in https://signer.example/#0x1234…")
    return SignerUrl(REMOTE, target, address)


def problem(url: str) -> str:
    """What is wrong with a signer's URL; empty when nothing is."""
    try:
        parse(url)
    except ValueError as found:
        return str(found)
    return ""


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # whose text may repeat what it stumbled over
        return False
