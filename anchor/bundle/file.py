"""The file `credanchor-bundle/1`: strict to read, and always written alike. FORMAT.md section 12."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from anchor.bundle.header import MAX_HEADER_BYTES
from registry.errors import FormatError
from registry.format.strictjson import canonical, parse, pointer
from registry.limits import MAX_DEPTH, MAX_STATUS_EVIDENCE_BYTES
from registry.verify.jsonfields import Fields

FORMAT = "credanchor-bundle/1"

MAX_CREDENTIAL_BYTES = 8 * 1024 * 1024
"""A picture with a credential baked into it, at its largest."""

MAX_CODE_BYTES = 24_576
"""Code of one contract (EIP-170)."""

MAX_NODE_BYTES = 1024
"""A trie node: a branch has at most 16 hashes, 532 bytes."""

MAX_ACCOUNT_NODES = 64
"""A path in the trie of accounts: one node for each nibble of a key, far more than there are accounts for."""

MAX_STORAGE_NODES = 2048
"""About ninety slots, for a log of 2^64 entries, and paths of a dozen nodes; with room for endorsements."""

MAX_STATUS = 16
"""Pieces of status evidence: one for the credential, one for each endorsement inside it by another issuer."""

MAX_BUNDLE_BYTES = 24 * 1024 * 1024
"""All of it: a picture at its largest in base64, one piece of status evidence at its largest, and the rest."""

_BEGIN = re.compile(rb'\s*\{\s*"format"\s*:\s*"credanchor-bundle/')
_NAMES = ("format", "chain_id", "contract", "header", "code", "account", "storage", "status", "credential")


@dataclass(frozen=True)
class Bundle:
    """What is in it, as bytes. Nothing of it is believed: ProvedChain looks."""

    chain_id: int
    contract: bytes  # 20 bytes
    header: bytes  # RLP
    code: bytes  # the contract's runtime code
    account: tuple[bytes, ...]  # nodes of the trie of accounts, ascending
    storage: tuple[bytes, ...]  # nodes of the contract's storage trie, ascending
    status: tuple[bytes, ...]  # credanchor-status/1, canonical JSON, ascending
    credential: bytes  # the file, whatever its kind

    @classmethod
    def parse(cls, data: bytes) -> "Bundle":
        """Read the JSON text. Raises FormatError format.* or evidence.* naming the member."""
        if not is_bundle(data):
            raise FormatError("evidence.format", "/format", f"This is not {FORMAT}, whose first member is its format")
        value = parse(data, max_bytes=MAX_BUNDLE_BYTES, max_depth=MAX_DEPTH + 5)
        known = Fields(value, frozenset(_NAMES))
        if known.text("format") != FORMAT:
            raise FormatError(
                "evidence.format", "/format", f"This is not {FORMAT}", "Use a newer version of credanchor"
            )
        return cls(
            chain_id=known.integer("chain_id"),
            contract=known.binary("contract", 20, "0x"),
            header=_hex(known.text("header"), ("header",), MAX_HEADER_BYTES),
            code=_base64(known.text("code"), "code", MAX_CODE_BYTES),
            account=_ascending("account", known.each("account", MAX_ACCOUNT_NODES, _trie_node)),
            storage=_ascending("storage", known.each("storage", MAX_STORAGE_NODES, _trie_node)),
            status=_ascending("status", known.each("status", MAX_STATUS, _evidence)),
            credential=_base64(known.text("credential"), "credential", MAX_CREDENTIAL_BYTES),
        )

    def to_bytes(self) -> bytes:
        """The same bytes for the same contents: members in one order, no spaces, a line's end."""
        values = {
            "format": FORMAT,
            "chain_id": self.chain_id,
            "contract": "0x" + self.contract.hex(),
            "header": self.header.hex(),
            "code": base64.b64encode(self.code).decode(),
            "account": [node.hex() for node in self.account],
            "storage": [node.hex() for node in self.storage],
            "status": self.status,
            "credential": base64.b64encode(self.credential).decode(),
        }
        parts = [f'"{name}":'.encode() + _json(value) for name, value in values.items()]
        return b"{" + b",".join(parts) + b"}\n"


def is_bundle(data: bytes) -> bool:
    """Whether a file is meant to be a bundle: `format` is its first member, as no credential's is."""
    return _BEGIN.match(data) is not None


def _json(value: Any) -> bytes:
    if isinstance(value, tuple):  # already JSON
        return b"[" + b",".join(value) + b"]"
    return json.dumps(value, separators=(",", ":")).encode()


def _hex(text: Any, place: tuple[str | int, ...], most: int) -> bytes:
    if not isinstance(text, str) or len(text) % 2 or not re.fullmatch("[0-9a-f]+", text):
        raise FormatError("evidence.hex", pointer(*place), "These are not bytes in lower-case hex")
    if len(text) > 2 * most:
        raise FormatError("evidence.too-large", pointer(*place), f"These are more than {most} bytes")
    return bytes.fromhex(text)


def _trie_node(value: Any, place: tuple[str | int, ...]) -> bytes:
    return _hex(value, place, MAX_NODE_BYTES)


def _evidence(value: Any, place: tuple[str | int, ...]) -> bytes:
    """As bytes, for whoever checks status; whether it is evidence at all is for check 6 to say."""
    if not isinstance(value, dict):
        raise FormatError("evidence.type", pointer(*place), "This is not an object")
    text = canonical(value)
    if len(text) > MAX_STATUS_EVIDENCE_BYTES:
        raise FormatError("evidence.too-large", pointer(*place), f"This is more than {MAX_STATUS_EVIDENCE_BYTES} bytes")
    return text


def _base64(text: str, name: str, most: int) -> bytes:
    """RFC 4648 section 4, with padding, in the one way there is to write these bytes."""
    if len(text) > (most + 2) // 3 * 4:
        raise FormatError("evidence.too-large", pointer(name), f"These are more than {most} bytes")
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if base64.b64encode(found).decode() != text or not found:
        raise FormatError("evidence.base64", pointer(name), "These are not bytes in canonical base64")
    return found


def _ascending(name: str, values: tuple[bytes, ...]) -> tuple[bytes, ...]:
    for place in range(1, len(values)):
        if values[place - 1] >= values[place]:
            problem = "This is there twice, or not in ascending order"
            raise FormatError("evidence.order", pointer(name, place), problem)
    return values
