"""The data directory: what a registry on one machine keeps, who may read it, and that only one process serves it.

credanchor.db    database            deployment.json  contract, ports, public address
chain.db         embedded chain      client.json      address and API key for the command line   (0600)
master.key       opens hosted keys   trust.toml       trust profile: give its entry to verifiers
keystore/        admin, registrar, operator and their password                                   (0600)
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registry.errors import RegistryError
from registry.format.nesting import loads
from registry.format.note import NoteKey
from registry.verify.trust import RegistryTrust, TrustProfile

ROLES = ("admin", "registrar", "operator")
"""Each has a key of its own, so that the worker's can be lost without losing the registry."""

DEVELOPMENT_SCRYPT_N = 1 << 12
"""Key stretching on the embedded chain: 20 ms a key. Its ether is worth nothing and the password lies beside it."""

SCRYPT_N = 1 << 18
"""Key stretching of real keys, the Web3 Secret Storage default: most of a second for each guess."""

PASSWORD_FILE = "password"  # noqa: S105 (its name)


class DataDirError(RegistryError):
    """Something in the data directory is missing, taken or damaged: what, and what to do."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}." + (f" {self.remedy}." if self.remedy else "")


@dataclass(frozen=True)
class Deployment:
    """The contract this directory belongs to. Hashes and addresses are hex with 0x; a port of 0 was not chosen yet."""

    chain_id: int
    contract: str
    deploy_block: int
    deploy_block_hash: str
    code_sha256: str
    embedded: bool
    public_url: str = ""
    port: int = 0
    chain_port: int = 0

    @classmethod
    def load(cls, path: Path) -> "Deployment | None":
        """What was saved, None when there is nothing yet. Raises DataDirError."""
        try:
            return cls(**loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as problem:
            raise DataDirError(f"{path} cannot be used: {problem}", "Restore it from your backup") from None

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        write(path, json.dumps(asdict(self), indent=2) + "\n")

    def facts(self) -> dict[str, Any]:
        """The contract as `bind_registry` takes it, addresses and hashes as bytes."""
        return {
            "chain_id": self.chain_id,
            "contract": bytes.fromhex(self.contract[2:]),
            "deploy_block": self.deploy_block,
            "deploy_block_hash": bytes.fromhex(self.deploy_block_hash[2:]),
            "code_sha256": bytes.fromhex(self.code_sha256[2:]),
            "public_url": self.public_url,
        }

    def trust(
        self, rpc: tuple[str, ...], *, test: bool, heartbeat_seconds: int, log_key: NoteKey | None = None
    ) -> TrustProfile:
        """The trust profile that believes this registry and no other."""
        entry = RegistryTrust(
            name="Embedded test registry" if self.embedded else f"Registry on chain {self.chain_id}",
            chain_id=self.chain_id,
            contract=bytes.fromhex(self.contract[2:]),
            code_sha256=bytes.fromhex(self.code_sha256[2:]),
            rpc=rpc,
            status=(self.public_url,),
            heartbeat_seconds=heartbeat_seconds,
            test=test,
            log_key=log_key,
            deploy_block=self.deploy_block,
        )
        return TrustProfile((entry,))


def prepare(directory: Path) -> None:
    """Make the directory, closed to other users; an existing one is left as it is."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)


def write(path: Path, content: str, mode: int = 0o644) -> None:
    """Replace a file, whole or not at all, with these permissions from the first byte on."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory for this process; the lock ends with the process, however it ends. Raises DataDirError."""
    with (directory / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            remedy = "Stop it first, or use another data directory (--data)"
            raise DataDirError(f"{directory} is being served already, by process {holder}", remedy) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def make_keystores(directory: Path, *, scrypt_n: int, roles: Sequence[str] = ROLES) -> list[str]:
    """Make the keys of those roles that have none; returns the roles whose key was made."""
    from eth_account import Account

    directory.mkdir(exist_ok=True, mode=0o700)
    password_file = directory / PASSWORD_FILE
    if not password_file.exists():
        write(password_file, secrets.token_urlsafe(32) + "\n", 0o600)
    password = password_file.read_text("utf-8").strip()
    made = []
    for role in roles:
        path = directory / f"{role}.json"
        if not path.exists():
            sealed = Account.encrypt(Account.create().key, password, kdf="scrypt", iterations=scrypt_n)
            write(path, json.dumps(sealed) + "\n", 0o600)
            made.append(role)
    return made


def address(directory: Path, role: str) -> str:
    """The address of a role's key, without opening it: "0x" and 40 hex digits. Raises DataDirError."""
    return "0x" + str(_keystore(directory / f"{role}.json")["address"]).removeprefix("0x")


def _keystore(path: Path) -> dict[str, Any]:
    try:
        return dict(loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as problem:
        raise DataDirError(f"The key store {path} cannot be read: {problem}", "Restore it from your backup") from None
