"""Which rules hold on the chain that this process serves: those of the settings, else those of its profile."""

from dataclasses import dataclass
from typing import Any

from anchor.chain import ChainConfig, independent
from anchor.profiles import Explorer, Profile, explorer_at, profile
from api.datadir import Deployment
from api.settings import Settings, SettingsError

WITNESSES = 2
"""Independent endpoints that must agree before a block counts as final, where there are as many."""


@dataclass(frozen=True)
class Rule:
    """One rule in force: a field of ChainConfig, its value, and where that comes from."""

    name: str
    value: Any
    source: str

    def __str__(self) -> str:
        tag = self.name == "finality_depth" and self.value is None
        return f"{'by the tag finalized' if tag else str(self.value).lower()} ({self.source})"


def rules(settings: Settings, chain_id: int) -> list[Rule]:
    """Everything about the chain that either the settings or its profile decide."""
    known = profile(chain_id)
    return [
        _rule(settings, known, "max_fee_gwei"),
        # A cap below the profile's least tip is meant: who pays at most 0.05 gwei offers no tip of 0.1.
        _rule(settings, known, "min_tip_gwei", at_most=settings.max_fee_gwei),
        _rule(settings, known, "bump_after_blocks"),
        _rule(settings, known, "finality_depth"),
        _witnesses(settings),
    ]


def config(settings: Settings, deployment: Deployment) -> ChainConfig:
    """What the worker needs to know. Raises SettingsError when the settings do not fit together or the chain."""
    require_honest(settings, deployment.chain_id)
    try:
        return ChainConfig(
            rpc_urls=settings.rpc_urls,
            chain_id=deployment.chain_id,
            contract=bytes.fromhex(deployment.contract[2:]),
            code_sha256=bytes.fromhex(deployment.code_sha256[2:]),
            heartbeat_seconds=settings.heartbeat_seconds,
            tick_seconds=settings.tick_seconds,
            lease_seconds=settings.lease_seconds,
            timeout=settings.rpc_timeout_seconds,
            **{rule.name: rule.value for rule in rules(settings, deployment.chain_id)},
        )
    except ValueError as problem:
        raise SettingsError(f"The settings do not fit together: {problem}.") from None


def explorer(settings: Settings, chain_id: int) -> Explorer | None:
    """Where people can look at the chain; None where no website shows it."""
    return explorer_at(settings.explorer_url) if settings.explorer_url else profile(chain_id).explorer


def standing(settings: Settings, chain_id: int) -> Rule:
    """Whether what is anchored there is a test: as the settings say, else the profile; a test where neither knows."""
    if settings.test_network is not None:
        return Rule("test_network", settings.test_network, "setting")
    known = profile(chain_id)
    return Rule("test_network", known.test is not False, f"profile: {known.name}")


def is_test(settings: Settings, chain_id: int) -> bool:
    """The value of `standing`."""
    return bool(standing(settings, chain_id).value)


def require_honest(settings: Settings, chain_id: int) -> None:
    """Refuse to give credentials on a test network the standing of real ones, and what is for tests alone elsewhere.

    Raises SettingsError.
    """
    known = profile(chain_id)
    if settings.vc_api_issuer and not is_test(settings, chain_id):
        raise SettingsError(f"vc_api_issuer is not usable: it is for test networks only, and {known.name} is none.")
    if known.test and settings.test_network is False:
        raise SettingsError(
            f"test_network is not usable: it is false, and chain {chain_id} ({known.name}) is a test network, which "
            "ends one day. Set CREDANCHOR_TEST_NETWORK=true, or deploy to another chain."
        )


def _rule(settings: Settings, known: Profile, name: str, *, at_most: float = 0) -> Rule:
    chosen = getattr(settings, name)
    if chosen:
        return Rule(name, chosen, "setting")
    value = getattr(known, name)
    if at_most and value > at_most:
        return Rule(name, at_most, "setting max_fee_gwei")
    return Rule(name, value, f"profile: {known.name}")


def _witnesses(settings: Settings) -> Rule:
    if settings.final_witnesses:
        return Rule("final_witnesses", settings.final_witnesses, "setting")
    there = independent(settings.rpc_urls)
    return Rule("final_witnesses", min(WITNESSES, there), f"{there} independent in rpc_urls")


def endpoints(settings: Settings) -> tuple[str, ...]:
    """Where the chain is asked: the settings' endpoints; for an embedded chain the port that it was given."""
    there = Deployment.load(settings.deployment)
    if there is not None and there.embedded and settings.rpc_urls == Settings().rpc_urls:
        return (f"http://127.0.0.1:{there.chain_port}",)
    return settings.rpc_urls
