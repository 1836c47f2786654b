"""The trust profile: which registries a verifier believes, and where it asks. Never taken from the file being checked.

[[registry]]
name = "Example University Network"
chain_id = 11155111
contract = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
code_sha256 = "64 hex digits: SHA-256 of the contract's runtime code"
rpc = ["https://node.example"]
status = ["https://registry.example"]
heartbeat_seconds = 86400
test = true
closed_size = 41                      # only of a closed registry: where its log ends (FORMAT.md section 5)
closed_head = "64 hex digits"
deploy_block = 4711                   # optional: where the contract was deployed, for auditors
log_key = "registry.example/<registry id>+<8 hex digits>+<base64>"   # optional: who signs the registry's notes
earlier_log_keys = [{ key = "…", until = 1764000000 }]   # optional: who did before it; list none that was stolen
"""

import json
import tomllib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from registry.errors import FormatError
from registry.format.entries import registry_id
from registry.format.note import NoteKey
from registry.format.receipt import Receipt
from registry.format.strictjson import pointer
from registry.limits import MAX_INTEGER, MAX_URL_CHARS

DEFAULT_HEARTBEAT_SECONDS = 86_400
"""A latest anchor older than this is shown with its date and a warning; registries anchor at least daily."""

MAX_REGISTRIES = 100
MAX_SOURCES = 10
MAX_EARLIER_KEYS = 16
"""A registry that changes its key every year is trusted for so many; each costs a verification."""

_REQUIRED = {"name", "chain_id", "contract", "code_sha256", "rpc"}
_OPTIONAL = {"status", "heartbeat_seconds", "test", "log_key", "earlier_log_keys", "deploy_block"}
_CLOSED = {"closed_size", "closed_head"}


@dataclass(frozen=True)
class EarlierKey:
    """A key that signed before the `log_key`: receipts of what was accepted before `until`, Unix seconds, and notes."""

    key: NoteKey
    until: int

    def to_json(self) -> dict[str, Any]:
        return {"key": self.key.vkey, "until": self.until}


@dataclass(frozen=True)
class RegistryTrust:
    """One registry that the verifier believes. `test` is true unless stated: a forgotten line must not show green."""

    name: str
    chain_id: int
    contract: bytes  # 20 bytes
    code_sha256: bytes  # 32 bytes
    rpc: tuple[str, ...]
    status: tuple[str, ...] = ()
    heartbeat_seconds: int = DEFAULT_HEARTBEAT_SECONDS
    test: bool = True
    closed_size: int = 0  # entries of a closed registry's log; 0: it is not closed, or its end is not pinned
    closed_head: bytes = b""  # 32 bytes, RFC 9162 head of that many entries
    log_key: NoteKey | None = None  # signs the registry's receipts and checkpoints; None: neither is believed
    deploy_block: int = 0  # where the contract was deployed; 0: not said
    earlier_log_keys: tuple[EarlierKey, ...] = ()

    @property
    def registry_id(self) -> bytes:
        return registry_id(self.chain_id, self.contract)

    @property
    def log_keys(self) -> tuple[NoteKey, ...]:
        """The log key, and those before it; none where the profile names no log key."""
        return (self.log_key, *(one.key for one in self.earlier_log_keys)) if self.log_key else ()

    def signed(self, receipt: Receipt) -> bool:
        """Whether a receipt is signed by the log key, or by an earlier one in its time."""
        if self.log_key is None:
            return False
        in_time = (one.key for one in self.earlier_log_keys if receipt.duty.accepted_at < one.until)
        return any(receipt.verify(key) for key in (self.log_key, *in_time))

    def to_json(self) -> dict[str, Any]:
        """The same members as in TOML."""
        return (
            {
                "name": self.name,
                "chain_id": self.chain_id,
                "contract": "0x" + self.contract.hex(),
                "code_sha256": self.code_sha256.hex(),
                "rpc": list(self.rpc),
                "status": list(self.status),
                "heartbeat_seconds": self.heartbeat_seconds,
                "test": self.test,
            }
            | ({"deploy_block": self.deploy_block} if self.deploy_block else {})
            | ({"log_key": self.log_key.vkey} if self.log_key else {})
            | ({"earlier_log_keys": [one.to_json() for one in self.earlier_log_keys]} if self.earlier_log_keys else {})
            | self._closed()
        )

    def _closed(self) -> dict[str, Any]:
        return {"closed_size": self.closed_size, "closed_head": self.closed_head.hex()} if self.closed_size else {}


@dataclass(frozen=True)
class TrustProfile:
    """All registries a verifier believes."""

    registries: tuple[RegistryTrust, ...]

    def find(self, chain_id: int, contract: bytes) -> RegistryTrust | None:
        """The entry for a contract (20 bytes) on a chain, or None: then nothing of that registry is believed."""
        wanted = (chain_id, contract)
        return next((entry for entry in self.registries if (entry.chain_id, entry.contract) == wanted), None)

    @classmethod
    def parse(cls, text: str) -> "TrustProfile":
        """Read the TOML. Raises FormatError trust.* with a pointer to the member that is wrong."""
        try:
            value = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise FormatError("trust.toml", "", f"The trust profile is not TOML: {error}") from None
        return cls.from_json(value)

    @classmethod
    def from_json(cls, value: Any) -> "TrustProfile":
        """The same from {"registry": [...]}. Raises FormatError trust.*."""
        if not isinstance(value, dict) or value.keys() != {"registry"}:
            raise FormatError("trust.members", "", "A trust profile has [[registry]] tables and nothing else")
        found = value["registry"]
        if not isinstance(found, list) or not 1 <= len(found) <= MAX_REGISTRIES:
            problem = f"A trust profile has 1 to {MAX_REGISTRIES} registries"
            raise FormatError("trust.registries", "/registry", problem)
        registries = tuple(_registry(item, index) for index, item in enumerate(found))
        if len({entry.registry_id for entry in registries}) != len(registries):
            raise FormatError(
                "trust.twice", "/registry", "One registry is in the profile twice", "Remove one of the two"
            )
        return cls(registries)

    def to_toml(self) -> str:
        """The profile as TOML that `parse` reads back."""
        return "\n".join(_table(entry) for entry in self.registries)


def _registry(item: Any, index: int) -> RegistryTrust:
    def flaw(name: str, problem: str) -> FormatError:
        return FormatError("trust.value", pointer("registry", index, name), problem)

    if not isinstance(item, dict):
        raise FormatError("trust.value", pointer("registry", index), "This is not a table")
    for name in sorted(_REQUIRED - item.keys()):
        raise FormatError("trust.members", pointer("registry", index, name), "This member is missing", "Add it")
    if item.keys() & _CLOSED and not item.keys() >= _CLOSED:
        raise flaw("closed_head", "closed_size and closed_head belong together")
    for name in sorted(item.keys() - _REQUIRED - _OPTIONAL - _CLOSED):
        raise FormatError("trust.members", pointer("registry", index, name), "This member is not known", "Remove it")

    def integer(name: str, value: Any) -> int:
        if type(value) is not int or not 1 <= value <= MAX_INTEGER:
            raise flaw(name, f"This is not an integer from 1 to {MAX_INTEGER}")
        return value

    def log_key(value: Any, name: str = "log_key") -> NoteKey:
        try:
            return NoteKey.parse(value if isinstance(value, str) else "")
        except FormatError as error:
            raise flaw(name, error.problem) from None

    def earlier(values: Any) -> tuple[EarlierKey, ...]:
        name = "earlier_log_keys"
        if not isinstance(values, list) or not len(values) <= MAX_EARLIER_KEYS or "log_key" not in item:
            raise flaw(name, f"These are not up to {MAX_EARLIER_KEYS} keys before the log_key")
        if not all(isinstance(one, dict) and one.keys() == {"key", "until"} for one in values):
            raise flaw(name, "Each has a key, and until when it signed (Unix seconds), and nothing else")
        return tuple(EarlierKey(log_key(one["key"], name), integer(name, one["until"])) for one in values)

    def binary(name: str, length: int) -> bytes:
        text = item[name]
        digits = text.lower().removeprefix("0x") if isinstance(text, str) else ""
        if len(digits) != 2 * length or not set(digits) <= set("0123456789abcdef"):
            raise flaw(name, f"This is not {length} bytes in hex")
        return bytes.fromhex(digits)

    def urls(name: str, least: int) -> tuple[str, ...]:
        values = item.get(name, [])
        if not isinstance(values, list) or not least <= len(values) <= MAX_SOURCES:
            raise flaw(name, f"This is not a list of {least} to {MAX_SOURCES} addresses")
        if not all(isinstance(url, str) and _is_http(url) for url in values):
            raise flaw(name, "An address does not begin with http:// or https://")
        return tuple(values)

    if not isinstance(item["name"], str) or not item["name"].strip():
        raise flaw("name", "The name is not a text")
    if not isinstance(item.get("test", True), bool):
        raise flaw("test", "This is neither true nor false")
    return RegistryTrust(
        name=item["name"],
        chain_id=integer("chain_id", item["chain_id"]),
        contract=binary("contract", 20),
        code_sha256=binary("code_sha256", 32),
        rpc=urls("rpc", 1),
        status=urls("status", 0),
        heartbeat_seconds=integer("heartbeat_seconds", item.get("heartbeat_seconds", DEFAULT_HEARTBEAT_SECONDS)),
        test=item.get("test", True),
        closed_size=integer("closed_size", item["closed_size"]) if "closed_size" in item else 0,
        closed_head=binary("closed_head", 32) if "closed_head" in item else b"",
        deploy_block=integer("deploy_block", item["deploy_block"]) if "deploy_block" in item else 0,
        log_key=log_key(item["log_key"]) if "log_key" in item else None,
        earlier_log_keys=earlier(item["earlier_log_keys"]) if "earlier_log_keys" in item else (),
    )


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= MAX_URL_CHARS and parts.scheme in ("http", "https") and bool(parts.hostname)


def _table(entry: RegistryTrust) -> str:
    lines = ["[[registry]]"]
    for name, value in entry.to_json().items():
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    # TOML basic strings escape like JSON, and DEL besides (TOML 1.0, "String").
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
