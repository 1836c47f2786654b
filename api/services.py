"""What the routes work with: store, vault, trust profile, chain readers. Opened once per process, closed at its end."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request

from api import contexts
from api.chains import is_test
from api.limits import READY_SECONDS
from api.problem_types import TYPES
from api.problems import Problem
from api.settings import Settings
from api.status_source import OwnStatus
from registry.errors import FormatError, StateError
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.tables import Registry
from registry.store.vault import Vault
from registry.verify.evidence import ChainView, StatusSource
from registry.verify.trust import RegistryTrust, TrustProfile

if TYPE_CHECKING:
    from api.supervisor import Background

log = logging.getLogger("credanchor.api")


class Services:
    """The parts of one process. `vault` and `trust` are opened when first needed: reading works without them."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        vault: Vault | None = None,
        trust: TrustProfile | None = None,
        chain: Callable[[RegistryTrust, float], ChainView] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self.store = store
        self.now = now
        self.work: Background | None = None
        """What goes on behind the API in this process; None in a process that only answers."""
        self._vault = vault
        self._trust = trust
        self._chain = chain or _reader
        self._lock = threading.Lock()

    @classmethod
    def build(cls, settings: Settings) -> "Services":
        """Open everything that `settings` name. Does not migrate the database.

        Raises StoreUnavailable; FormatError context.* where an added context is not what its pin says.
        """
        contexts.use(settings)
        return cls(settings, Store(settings.database))

    @property
    def vault(self) -> Vault:
        """Encrypts and opens hosted keys. Raises SecretError when the master key is missing."""
        with self._lock:
            if self._vault is None:
                self._vault = Vault.from_file(self.settings.master_key)
            return self._vault

    @property
    def trust(self) -> TrustProfile:
        """Which registries POST /v1/verify believes. Raises Problem when the file is missing or wrong."""
        with self._lock:
            if self._trust is None:
                self._trust = _read_trust(self.settings.trust)
            return self._trust

    def chains(self) -> Callable[[RegistryTrust], ChainView]:
        """Opens registry contracts, each once: what a reader remembers lives as long as one request."""
        return cache(lambda trusted: self._chain(trusted, self.settings.rpc_timeout_seconds))

    @property
    def status(self) -> StatusSource:
        """Status evidence: our own lists out of the store, those of other trusted registries over HTTP."""
        from anchor.status import HttpStatus

        origins = (origin for entry in self.trust.registries for origin in entry.status)
        return OwnStatus(self.store, HttpStatus(origins, timeout=self.settings.rpc_timeout_seconds))

    @property
    def test_network(self) -> bool:
        """Whether what this registry issues is a test."""
        try:
            return is_test(self.settings, self.bound().chain_id)
        except StateError:
            return self.settings.test_network is not False

    def bound(self) -> Registry:
        """The contract this database belongs to. Raises StateError while there is none."""
        with self.store.read() as session:
            return registry(session)

    def close(self) -> None:
        """Close the database connections."""
        self.store.close()

    def own_contract(self) -> ChainView:
        """Our own contract at the endpoints of the settings. Raises StateError while there is none."""
        row = self.bound()
        own = RegistryTrust("own", row.chain_id, row.contract, row.code_sha256, self.settings.rpc_urls)
        return self._chain(own, min(READY_SECONDS, self.settings.rpc_timeout_seconds))


def services_of(request: Request) -> Services:
    """The services of the application that serves this request; use it as a dependency."""
    services: Any = request.app.state.services
    assert isinstance(services, Services)  # noqa: S101  (create_app put it there)
    return services


def _reader(trusted: RegistryTrust, timeout: float) -> ChainView:
    from anchor.reader import Reader

    return Reader(trusted.rpc, trusted.chain_id, trusted.contract, trusted.code_sha256, timeout)


def _read_trust(path: Path) -> TrustProfile:
    try:
        return TrustProfile.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, FormatError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        log.error("the trust profile %s cannot be used: %s", path, reason)  # noqa: TRY400  (the reason says it all)
        raise Problem("trust-unavailable", TYPES["trust-unavailable"].explanation) from None
