"""The byte strings that are hashed and signed, as FORMAT.md lays them out.

Integers are unsigned, 8 bytes, big-endian. Tags are 16 ASCII bytes. No preimage is 64 bytes, so none can be a node.
"""

import hashlib

from registry.errors import FormatError

ZERO32 = bytes(32)
"""D_rdf of a document outside JSON-LD, and the status root of a registry without status lists."""

LEAF_PREFIX_BYTES = 104
BATCH_ENTRY_BYTES = 128
BATCH_PREFIX_BYTES = 96
LIST_ENTRY_BYTES = 120
STATUS_ENTRY_BYTES = 88
LOG_ENTRY_BYTES = 132

_TAG_REGISTRY = b"credanchor-regi1"
_TAG_LEAF = b"credanchor-leaf1"
_TAG_BATCH = b"credanchor-batc1"
_TAG_LIST = b"credanchor-list1"
_TAG_STATUS = b"credanchor-stat1"
_TAG_LOG = b"credanchor-entr1"


def registry_id(chain_id: int, contract: bytes) -> bytes:
    """Identity of a registry, 32 bytes: its chain and its contract's 20-byte address. Part of every hash below."""
    return _sha256(_TAG_REGISTRY + _u64(chain_id) + _sized(contract, 20))


def leaf_prefix(registry: bytes, batch: int, index: int, size: int, d_jcs: bytes) -> bytes:
    """First 104 bytes of a leaf's preimage: everything but D_rdf. In a plain Merkle path this is one `left` step."""
    return _TAG_LEAF + _sized(registry) + _u64(batch) + _u64(index) + _u64(size) + _sized(d_jcs)


def leaf_hash(prefix: bytes, d_rdf: bytes) -> bytes:
    """The leaf of one credential, 32 bytes."""
    return _sha256(_sized(prefix, LEAF_PREFIX_BYTES) + _sized(d_rdf))


def batch_entry(registry: bytes, batch: int, size: int, issuer_key_id: bytes, root: bytes) -> bytes:
    """What the issuer's key signs for a whole batch, 128 bytes; its hash is the batch's leaf in the anchor tree."""
    return _TAG_BATCH + _sized(registry) + _u64(batch) + _u64(size) + _sized(issuer_key_id) + _sized(root)


def list_entry(registry: bytes, list_id: str, version: int, list_digest: bytes) -> bytes:
    """One version of a status list, 120 bytes; the issuer's key signs it. `list_digest` = SHA-256(JCS(list))."""
    return _TAG_LIST + _sized(registry) + list_hash(list_id) + _u64(version) + _sized(list_digest)


def list_hash(list_id: str) -> bytes:
    """SHA-256 of a status list's URL, 32 bytes; list entries are sorted by it."""
    return _sha256(list_id.encode("utf-8"))


def status_entry(registry: bytes, anchor_number: int, status_root: bytes) -> bytes:
    """Entry 0 of every anchor, 88 bytes: all status lists in force."""
    return _TAG_STATUS + _sized(registry) + _u64(anchor_number) + _sized(status_root)


def entry_hash(entry: bytes) -> bytes:
    """SHA-256 of an entry: a leaf of the anchor tree or of the status tree, 32 bytes."""
    return _sha256(entry)


def issuer_key_id(multikey: bytes) -> bytes:
    """Name of a key in the contract, 32 bytes: SHA-256 of the 34-byte multikey."""
    return _sha256(_sized(multikey, 34))


def issuer_id(did: str) -> bytes:
    """Name of an issuer in the contract, 32 bytes: SHA-256 of its identifier in UTF-8."""
    return _sha256(did.encode("utf-8"))


def log_entry(  # noqa: PLR0917 (the order of the bytes)
    position: int, kind: int, subject: bytes, time: int, block: int, actor: bytes, payload: bytes
) -> bytes:
    """Preimage of one entry of the contract's log, 132 bytes; hash it with `merkle.RFC9162.leaf_hash`.

    `payload` is the event's payload itself; its SHA-256 is what the entry holds.
    """
    head = _TAG_LOG + _u64(position) + _u64(kind) + _sized(subject) + _u64(time) + _u64(block)
    return head + _sized(actor, 20) + _sha256(payload)


MAX_PREIMAGE_BYTES = 1 + LOG_ENTRY_BYTES
"""Of what is hashed here and is no leaf of a batch: a byte of RFC 9162 and an entry of the contract's log."""

_KINDS = {
    (_TAG_BATCH, BATCH_ENTRY_BYTES): "the entry of a batch",
    (_TAG_LIST, LIST_ENTRY_BYTES): "the entry of a status list",
    (_TAG_STATUS, STATUS_ENTRY_BYTES): "the entry of the status lists",
    ((b"\0" + _TAG_LOG)[:16], MAX_PREIMAGE_BYTES): "an entry of the contract's log",
}


def kind_of(preimage: bytes) -> str:
    """What it is the preimage of, if not of a leaf of a batch: an entry, or a node above two others. Else empty."""
    if len(preimage) == 64:
        return "two nodes below it"
    return _KINDS.get((preimage[:16], len(preimage)), "")


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _u64(number: int) -> bytes:
    if not 0 <= number < 1 << 64:
        raise FormatError("format.integer", "", f"{number} does not fit 8 unsigned bytes")
    return number.to_bytes(8, "big")


def _sized(value: bytes, length: int = 32) -> bytes:
    if len(value) != length:
        raise FormatError("format.length", "", f"A value has {len(value)} bytes where {length} are needed")
    return value
