"""What a verifier is shown besides the file: the contract's answer and the status lists; and who may show it.

Evidence proves itself or is worth nothing; `checks.py` decides. JSON forms are strict: exactly these members.
In JSON, digests are lower-case hex, addresses 0x and lower-case hex, times Unix seconds.
"""

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, Protocol

from registry.errors import FormatError, RegistryError
from registry.format import bitstring
from registry.format.multibase import decode_multikey, encode_multikey
from registry.format.strictjson import digest, parse, pointer
from registry.limits import MAX_DEPTH, MAX_PATH, MAX_STATUS_EVIDENCE_BYTES
from registry.verify.jsonfields import Fields

STATUS_FORMAT = "credanchor-status/1"

MAX_LISTS = 8
"""Lists in one piece of status evidence; a credential needs two."""

_ADDRESS = 20
_HASH = 32


class Unreachable(RegistryError):
    """A source did not answer, or not usably. Says nothing about the credential: the outcome is `unknown`."""

    def __init__(self, endpoint: str, problem: str) -> None:
        super().__init__(endpoint, problem)
        self.endpoint = endpoint
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.endpoint} did not answer: {self.problem}."


class Unproved(Unreachable):
    """What was handed over proves no answer: `code` and `problem` say why, `remedy` what to do. It is `unknown`."""

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        super().__init__("bundle", problem)
        self.args = (code, problem, remedy)
        self.code = code
        self.remedy = remedy

    def __str__(self) -> str:
        return self.problem


class WrongChain(RegistryError):
    """A node serves another chain than the trust profile names; its answers are not used."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"The node serves chain {self.found} instead of {self.expected}."


@dataclass(frozen=True)
class ChainFacts:
    """The contract's `lookup(root, keyId)` at one block, with where it was asked. 0 (or zero bytes) means: not there.

    Times are Unix seconds of block headers. `issuer_suspended` is as of `anchor_time`.
    """

    chain_id: int
    contract: bytes  # 20 bytes
    code_sha256: bytes  # 32 bytes, of the runtime code at the address
    block_number: int
    block_hash: bytes
    block_time: int
    finalized: bool  # the block was final for the node that answered
    log_size: int
    log_head: bytes
    closed: bool
    anchor_number: int
    anchor_position: int
    anchor_time: int
    anchor_block: int
    key_issuer: bytes
    key_added_at: int
    key_revoked_at: int
    key_compromised_at: int
    issuer_added_at: int
    issuer_suspended: bool
    latest_number: int
    latest_root: bytes
    latest_time: int

    @property
    def key_times(self) -> tuple[int, int, int, int]:
        """All times that the contract keeps about the key and its issuer."""
        return self.key_added_at, self.key_revoked_at, self.key_compromised_at, self.issuer_added_at

    def key_valid_at(self, time: int) -> bool:
        """Whether the key was in its window at `time`: added, not yet revoked or compromised (FORMAT.md section 3)."""
        if not self.key_added_at or time < self.key_added_at:
            return False
        revoked = self.key_revoked_at and time >= self.key_revoked_at
        compromised = self.key_compromised_at and time >= self.key_compromised_at
        return not revoked and not compromised

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            result[field.name] = value.hex() if isinstance(value, bytes) else value
        result["contract"] = "0x" + self.contract.hex()
        return result

    @classmethod
    def from_json(cls, value: Any) -> "ChainFacts":
        """Raises FormatError evidence.*."""
        known = Fields(value, frozenset(field.name for field in fields(cls)))
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.type is bool:
                values[field.name] = known.boolean(field.name)
            elif field.type is int:
                values[field.name] = known.integer(field.name)
            elif field.name == "contract":
                values[field.name] = known.binary(field.name, _ADDRESS, "0x")
            else:
                values[field.name] = known.binary(field.name, _HASH)
        return cls(**values)


@dataclass(frozen=True)
class ChainAnswer:
    """Facts at a final block, and whether the root is known at the newest block but not yet at that one."""

    facts: ChainFacts
    pending: bool = False


class ChainView(Protocol):
    """A way to ask one registry contract."""

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        """What the contract says about an anchor root and a key, 32 bytes each. Raises Unreachable, WrongChain."""
        ...


class StatusSource(Protocol):
    """Where status evidence comes from: a file or a registry. It is not trusted."""

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        """JSON of StatusEvidence for a revocation list's URL and its pair, as that anchor commits to them.

        A source that has only one state to show may ignore the number; the verifier looks. Raises Unreachable.
        """
        ...


@dataclass(frozen=True)
class ListEvidence:
    """One version of one status list, its place in the status tree and the issuer's signature over its list entry."""

    id: str
    version: int
    index: int
    path: tuple[bytes, ...]
    credential: dict[str, Any]
    multikey: bytes  # 34 bytes
    signature: bytes  # 64 bytes, over the 120-byte list entry

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the list's canonical form."""
        return digest(self.credential)

    @cached_property
    def bits(self) -> bytes:
        """The bit string. Raises FormatError format.bitstring."""
        subject = self.credential.get("credentialSubject")
        encoded = subject.get("encodedList") if isinstance(subject, dict) else None
        return bitstring.decode(encoded if isinstance(encoded, str) else "")

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.version,
            "index": self.index,
            "path": [sibling.hex() for sibling in self.path],
            "credential": self.credential,
            "key": encode_multikey(self.multikey),
            "signature": self.signature.hex(),
        }

    @classmethod
    def from_json(cls, value: Any, place: tuple[str | int, ...] = ()) -> "ListEvidence":
        """Raises FormatError evidence.*, format.multikey."""
        known = Fields(value, frozenset({"id", "version", "index", "path", "credential", "key", "signature"}), place)
        try:
            multikey = decode_multikey(known.text("key"))
        except FormatError as error:
            raise FormatError(error.code, pointer(*known.place("key")), error.problem, error.remedy) from None
        return cls(
            id=known.text("id"),
            version=known.integer("version"),
            index=known.integer("index"),
            path=known.hashes("path", MAX_PATH),
            credential=known.object("credential"),
            multikey=multikey,
            signature=known.binary("signature", 64),
        )


@dataclass(frozen=True)
class StatusEvidence:
    """A pair of status lists as one anchor commits to them. The status entry is leaf 0 of the anchor's tree."""

    anchor_number: int
    anchor_size: int
    anchor_path: tuple[bytes, ...]
    status_root: bytes
    lists_size: int
    lists: tuple[ListEvidence, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": STATUS_FORMAT,
            "anchor": {
                "number": self.anchor_number,
                "size": self.anchor_size,
                "path": [sibling.hex() for sibling in self.anchor_path],
            },
            "status_root": self.status_root.hex(),
            "lists_size": self.lists_size,
            "lists": [entry.to_json() for entry in self.lists],
        }

    @classmethod
    def from_json(cls, value: Any) -> "StatusEvidence":
        """Raises FormatError evidence.*."""
        known = Fields(value, frozenset({"format", "anchor", "status_root", "lists_size", "lists"}))
        if known.text("format") != STATUS_FORMAT:
            raise FormatError("evidence.format", "/format", f"This is not {STATUS_FORMAT}")
        anchor = Fields(known.object("anchor"), frozenset({"number", "size", "path"}), ("anchor",))
        return cls(
            anchor_number=anchor.integer("number"),
            anchor_size=anchor.integer("size"),
            anchor_path=anchor.hashes("path", MAX_PATH),
            status_root=known.binary("status_root", _HASH),
            lists_size=known.integer("lists_size"),
            lists=known.each("lists", MAX_LISTS, ListEvidence.from_json),
        )

    @classmethod
    def parse(cls, data: bytes) -> "StatusEvidence":
        """Read the JSON text; the same text again costs nothing. Raises FormatError format.* or evidence.*."""
        return _parse(data)


@lru_cache(maxsize=8)
def _parse(data: bytes) -> StatusEvidence:
    """Kept with the digests and bits that were worked out, for the next credential with the same lists."""
    # The lists sit three levels inside the evidence and are documents of their own.
    return StatusEvidence.from_json(parse(data, max_bytes=MAX_STATUS_EVIDENCE_BYTES, max_depth=MAX_DEPTH + 3))
