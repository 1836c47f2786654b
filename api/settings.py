"""Every setting of a Credanchor process: `CREDANCHOR_*` environment variables over one TOML file over defaults.

Each field of `Settings` describes itself; `describe()` lists them, `masked()` prints what is in force without secrets.
The environment variable is the field's name in capitals behind `CREDANCHOR_`; the TOML key is the field's name.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anchor.signers import urls as signers
from api import webhook
from api.masking import shown
from api.setting_sources import FILE_VARIABLE, PREFIX, SettingsError, from_environment, from_file

__all__ = ["Described", "Settings", "SettingsError", "describe"]

SECONDS_A_DAY = 86_400

MAX_PROCESSES = 256
"""More signing processes than any machine has cores is a slip of the pen."""

MAX_RULE = 1_000_000
"""A million gwei per unit of gas, or as many blocks of waiting, is a slip of the pen, too."""


def _setting(default: Any, describes: str, *, secret: bool = False, whole: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"describes": describes, "secret": secret, "whole": whole})


def _path(default: str, describes: str) -> Any:
    # The lint rule against calls as defaults (RUF009) means shared mutable ones; a path is neither.
    return _setting(Path(default), describes)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, typed and checked. Build it with `Settings.load()`; tests may call the constructor."""

    data_dir: Path = _path("var", "Directory of database, keys and deployment. Readable by this user only.")  # noqa: RUF009
    database_url: str = _setting(
        "", "SQLAlchemy URL of the database. Empty: SQLite file credanchor.db in data_dir.", secret=True
    )
    public_url: str = _setting(
        "http://127.0.0.1:8000", "Origin under which the world reaches this API. Status list URLs begin with it."
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8000, "Port to listen on.")
    rpc_urls: tuple[str, ...] = _setting(
        ("http://127.0.0.1:8545",),
        "JSON-RPC endpoints of the chain, asked in this order. Separate by commas.",
        secret=True,
    )
    page_rpc_urls: tuple[str, ...] = _setting(
        (),
        "JSON-RPC endpoints for browsers; all see them. Empty: the embedded chain's own; else this server checks.",
    )
    test_network: bool | None = _setting(
        None,
        "Whether it is all a test: API keys say so, credentials have no standing. Empty: as the chain's profile, and a "
        "test where that does not know.",
    )
    max_fee_gwei: float = _setting(
        0.0,
        "Most the worker pays for a unit of gas, in gwei, whatever the market says. 0: as the chain's profile.",
    )
    min_tip_gwei: float = _setting(0.0, "Least tip that is offered, in gwei. 0: as the chain's profile.")
    bump_after_blocks: int = _setting(
        0, "Blocks that a transaction is seen waiting before a dearer one replaces it. 0: as the chain's profile."
    )
    finality_depth: int = _setting(
        0,
        "Blocks below the newest that are not final yet, where there is no tag `finalized`. 0: as the chain's profile.",
    )
    final_witnesses: int = _setting(
        0, "Endpoints that must agree on a block before it is final. 0: two where rpc_urls has two hosts, else one."
    )
    explorer_url: str = _setting("", "Origin of a website that shows the chain. Empty: as the chain's profile.")
    heartbeat_seconds: int = _setting(
        SECONDS_A_DAY, "The worker anchors at least this often, so that revocation status never looks stale. Seconds."
    )
    anchor_within_seconds: int = _setting(
        0,
        "Admission receipts promise that a batch is anchored this long after it was sealed. 0: twice "
        "heartbeat_seconds. Seconds.",
    )
    tick_seconds: float = _setting(2.0, "Pause between two looks of the worker at chain and database. Seconds.")
    lease_seconds: int = _setting(
        15, "Silence of the worker at work after which another one takes over. At least twice tick_seconds. Seconds."
    )
    worker_stale_seconds: int = _setting(
        120, "Age of the last good look of any worker from which it counts as late. Seconds."
    )
    rpc_timeout_seconds: float = _setting(10.0, "Longest wait for one answer of a chain endpoint. Seconds.")
    signing_processes: int = _setting(0, "Processes that sign large batches. 0: one for each core.")
    master_key_file: Path = _path("master.key", "Key that encrypts issuers' keys; relative to data_dir.")  # noqa: RUF009
    keystore_dir: Path = _path(  # noqa: RUF009
        "keystore", "Ethereum key stores of admin, registrar and operator; relative to data_dir."
    )
    operator_signer: str = _setting(
        "", "Who signs anchors: keystore: (or empty), https://…#0xADDRESS, or awskms:KEY-ID.", secret=True
    )
    registrar_signer: str = _setting("", "Who signs for issuers and keys, in the same forms.", secret=True)
    trust_file: Path = _path("trust.toml", "Trust profile that POST /v1/verify uses; relative to data_dir.")  # noqa: RUF009
    contexts_dir: str = _setting(
        "", "Directory of JSON-LD contexts that are known besides the shipped ones; relative to data_dir. Empty: none."
    )
    vc_api_issuer: str = _setting(
        "",
        "Issuer whose key signs what POST /credentials/issue (W3C VC-API) is given. Test networks only. Empty: off.",
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR. No level logs names, mail addresses or tokens.")
    log_format: str = _setting("json", "json: one object a line, for programs. text: the same for people.")
    monitor_host: str = _setting("127.0.0.1", "Address where /livez, /readyz and /metrics answer without a key.")
    monitor_port: int = _setting(0, "Port for the same, apart from the API's and in `credanchor worker`, too. 0: none.")
    alert_webhook: str = _setting("", "URL that is told when an alarm is raised or over. Empty: nobody.", secret=True)
    alert_secret: str = _setting(
        "", "Signs what alert_webhook is told (Standard Webhooks), 16 characters or more.", secret=True, whole=True
    )

    def __post_init__(self) -> None:
        _check(0 < self.port < 65536, "port", "lies between 1 and 65535")
        _check(bool(self.rpc_urls), "rpc_urls", "names at least one endpoint")
        for name, urls in (
            ("rpc_urls", self.rpc_urls),
            ("page_rpc_urls", self.page_rpc_urls),
            ("public_url", (self.public_url,)),
        ):
            for url in urls:
                parts = urlsplit(url)
                _check(parts.scheme in {"http", "https"} and bool(parts.hostname), name, "is an http or https URL")
        parts = urlsplit(self.explorer_url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not self.explorer_url.endswith("/")
        _check(usable or not self.explorer_url, "explorer_url", "is an http or https URL without a slash at its end")
        for name in ("operator_signer", "registrar_signer"):
            _check(not (rule := signers.problem(getattr(self, name))), name, rule)
        _check(not self.public_url.endswith("/"), "public_url", "has no slash at its end")
        for name in ("heartbeat_seconds", "tick_seconds", "worker_stale_seconds", "rpc_timeout_seconds"):
            _check(getattr(self, name) > 0, name, "is more than 0")
        _check(self.anchor_within_seconds >= 0, "anchor_within_seconds", "is 0 or more")
        # A lease that runs out between two looks would go from worker to worker for no reason.
        _check(self.lease_seconds >= 2 * self.tick_seconds, "lease_seconds", "is at least twice tick_seconds")
        for name in ("max_fee_gwei", "min_tip_gwei", "bump_after_blocks", "finality_depth", "final_witnesses"):
            _check(0 <= getattr(self, name) < MAX_RULE, name, f"is 0 or more and below {MAX_RULE}")
        _check(0 <= self.signing_processes <= MAX_PROCESSES, "signing_processes", f"lies between 0 and {MAX_PROCESSES}")
        _check(not self.vc_api_issuer or self.test_network is not False, "vc_api_issuer", "is for test networks only")
        _check(self.log_format in {"json", "text"}, "log_format", "is json or text")
        _check(0 <= self.monitor_port < 65536, "monitor_port", "lies between 0 and 65535")
        _check_webhook(self.alert_webhook, self.alert_secret)
        _check(self.log_level in {"DEBUG", "INFO", "WARNING", "ERROR"}, "log_level", "is DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, file: Path | None = None, **overrides: Any) -> "Settings":
        """Settings in force: `overrides` over `environ` over the TOML file over defaults. Raises SettingsError.

        `file` None means the one that CREDANCHOR_SETTINGS names, if it does.
        """
        file = file or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)
        known = {one.name: one for one in fields(cls)}
        values = from_file(file, known) if file else {}
        values |= from_environment(environ, known)
        values |= {name: value for name, value in overrides.items() if value is not None}
        return cls(**values)

    @property
    def anchor_within(self) -> int:
        """Seconds from sealing to the deadline of a receipt."""
        return self.anchor_within_seconds or 2 * self.heartbeat_seconds

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'credanchor.db'}"

    @property
    def chain_database(self) -> Path:
        """Where the embedded chain keeps its blocks."""
        return self.data_dir / "chain.db"

    @property
    def master_key(self) -> Path:
        """File of the master key."""
        return self.data_dir / self.master_key_file

    @property
    def keystore(self) -> Path:
        """Directory of the Ethereum key stores and their password."""
        return self.data_dir / self.keystore_dir

    @property
    def deployment(self) -> Path:
        """Where the contract was deployed, as `credanchor deploy` wrote it."""
        return self.data_dir / "deployment.json"

    @property
    def client(self) -> Path:
        """URL and API key for the command line, mode 0600."""
        return self.data_dir / "client.json"

    @property
    def trust(self) -> Path:
        """The trust profile's file."""
        return self.data_dir / self.trust_file

    @property
    def contexts(self) -> Path | None:
        """Directory of the contexts that the operator adds."""
        return self.data_dir / self.contexts_dir if self.contexts_dir else None

    def masked(self) -> dict[str, str]:
        """Every setting as text, secrets hidden: safe to print and to paste into a report."""
        return {
            one.name: shown(getattr(self, one.name), secret=one.metadata["secret"], whole=one.metadata["whole"])
            for one in fields(self)
        }


@dataclass(frozen=True)
class Described:
    """One setting as documentation shows it."""

    name: str
    variable: str
    default: str
    describes: str


def describe() -> list[Described]:
    """All settings in their order, for `doctor`, the README and its test."""
    return [
        Described(
            one.name,
            PREFIX + one.name.upper(),
            shown(one.default),
            one.metadata["describes"],
        )
        for one in fields(Settings)
    ]


def _check_webhook(url: str, secret: str) -> None:
    if not url:
        return
    _check(webhook.usable(url), "alert_webhook", "is an http or https URL without a user's name in it")
    try:
        webhook.key(secret)
    except ValueError as rule:
        _check(False, "alert_secret", str(rule))


def _check(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise SettingsError(f"{name} is not usable: it {rule}.")
