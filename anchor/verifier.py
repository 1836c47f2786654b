"""A verifier ready to use: a trust profile with its chain readers and its sources of status lists."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from anchor.reader import Reader
from anchor.status import HttpStatus
from registry.verify.components import Given
from registry.verify.evidence import ChainView, StatusSource
from registry.verify.forms import Forms
from registry.verify.report import Report
from registry.verify.trust import RegistryTrust, TrustProfile
from registry.verify.verify import OpenChain, verify


class Verifier:
    """Checks files against the chains of one trust profile. Keeps what it has asked: a batch of files asks once.

    `status` overrides where status lists come from; otherwise the profile's origins are asked. `chain` overrides what
    opens a registry's contract. `logs` are the contents of log files by name: where there are any, they stand for the
    chains of closed registries whose end the profile pins.
    """

    def __init__(
        self,
        trust: TrustProfile,
        status: StatusSource | None = None,
        chain: OpenChain | None = None,
        logs: Mapping[str, bytes] | None = None,
    ) -> None:
        self.trust = trust
        self.status = status or HttpStatus(origin for one in trust.registries for origin in one.status)
        self.chain = chain or self._reader
        self._logs = logs or {}
        self._readers: dict[RegistryTrust, ChainView] = {}
        self._forms = Forms()

    def check(self, data: bytes, *, now: datetime, components: Sequence[Given] = ()) -> Report:
        """The report on the file `data`, as of `now` (with a time zone). Bad input is an outcome, not an exception."""
        return verify(
            data, trust=self.trust, chain=self.chain, status=self.status, now=now, forms=self._forms,
            components=components,
        )  # fmt: skip

    def _reader(self, registry: RegistryTrust) -> ChainView:
        if registry not in self._readers:
            self._readers[registry] = self._open(registry)
        return self._readers[registry]

    def _open(self, registry: RegistryTrust) -> ChainView:
        if self._logs and registry.closed_size:
            from anchor.closedlog import ClosedLog  # needs an ABI decoder, which takes longer to load than most checks

            return ClosedLog(registry, self._logs)
        return Reader(registry.rpc, registry.chain_id, registry.contract, registry.code_sha256)
