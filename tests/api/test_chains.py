"""Chain profiles: which rules hold on which chain, what wins over them, and that test networks stay test networks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anchor.chain import GWEI
from anchor.devnode import DEVELOPMENT_CHAIN_ID
from anchor.errors import WrongChain
from anchor.profiles import ANVIL, GENERIC, HOODI, MAINNET, PROFILES, SEPOLIA, profile
from api import chains, serve
from api.background import anchoring
from api.cli import doctor
from api.cli.findings import Wrong
from api.datadir import Deployment
from api.settings import Settings, SettingsError
from tests.support import chains as nodes

TWO = ("https://one.example/key", "https://two.example/key")
UNKNOWN = 424_242


def on(chain_id: int) -> Deployment:
    return Deployment(chain_id, "0x" + "11" * 20, 1, "0x" + "22" * 32, "0x" + "33" * 32, embedded=False)


def in_force(chain_id: int, **settings: Any) -> dict[str, tuple[Any, str]]:
    return {rule.name: (rule.value, rule.source) for rule in chains.rules(Settings(**settings), chain_id)}


def test_every_public_test_network_and_development_chain_is_known_as_one_and_mainnet_is_not() -> None:
    assert [profile(chain_id).test for chain_id in (DEVELOPMENT_CHAIN_ID, ANVIL, SEPOLIA, HOODI)] == [True] * 4
    assert profile(MAINNET).test is False
    assert profile(UNKNOWN) is GENERIC
    assert GENERIC.test is None
    assert GENERIC.max_fee_gwei <= min(known.max_fee_gwei for known in PROFILES.values())


@pytest.mark.parametrize("chain_id", [*PROFILES, UNKNOWN])
def test_every_profile_makes_a_usable_configuration_and_links(chain_id: int) -> None:
    found = chains.config(Settings(rpc_urls=TWO, test_network=profile(chain_id).test is not False), on(chain_id))
    assert (found.final_witnesses, found.finality_depth) == (2, None)
    assert found.max_fee == profile(chain_id).max_fee_gwei * GWEI
    if shown := profile(chain_id).explorer:
        assert shown.transaction_link(bytes(32)).endswith(f"etherscan.io/tx/0x{'00' * 32}")
        assert shown.block_link(17).endswith("/block/17")
        assert shown.address_link(bytes(20)).endswith(f"/address/0x{'00' * 20}")


def test_settings_win_over_the_profile_and_each_rule_says_where_it_comes_from() -> None:
    assert in_force(SEPOLIA)["max_fee_gwei"] == (500, "profile: Sepolia")
    assert in_force(SEPOLIA, max_fee_gwei=3.5)["max_fee_gwei"] == (3.5, "setting")
    assert in_force(SEPOLIA, max_fee_gwei=0.01)["min_tip_gwei"] == (0.01, "setting max_fee_gwei")
    assert in_force(UNKNOWN, finality_depth=64)["finality_depth"] == (64, "setting")
    assert in_force(UNKNOWN)["bump_after_blocks"] == (5, "profile: unknown chain")
    by_tag = next(rule for rule in chains.rules(Settings(), HOODI) if rule.name == "finality_depth")
    assert str(by_tag) == "by the tag finalized (profile: Hoodi)"
    own = chains.explorer(Settings(explorer_url="https://look.example"), UNKNOWN)
    assert own is not None
    assert own.block_link(5) == "https://look.example/block/5"
    assert chains.explorer(Settings(), UNKNOWN) is None


@pytest.mark.parametrize(
    ("urls", "witnesses"),
    [
        (("http://127.0.0.1:8545",), 1),
        (TWO, 2),
        ((*TWO, "https://three.example"), 2),
        (("https://one.example/key", "https://one.example/other-key"), 1),
        (("https://user:secret@one.example", "https://one.example"), 1),
    ],
)
def test_two_hosts_must_agree_where_two_are_named_and_two_accounts_with_one_are_one(
    urls: tuple[str, ...], witnesses: int
) -> None:
    assert in_force(SEPOLIA, rpc_urls=urls)["final_witnesses"][0] == witnesses
    with pytest.raises(SettingsError, match="number of different hosts") as caught:
        chains.config(Settings(rpc_urls=urls, final_witnesses=4), on(SEPOLIA))
    assert "secret" not in str(caught.value)
    assert "key" not in str(caught.value)


def test_a_test_network_is_never_served_as_a_real_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, test_network=False)
    on(SEPOLIA).save(settings.deployment)
    for attempt in (
        lambda: chains.config(settings, on(SEPOLIA)),
        lambda: anchoring(settings, None),  # type: ignore[arg-type]  # refused before the database is looked at
    ):
        with pytest.raises(SettingsError, match=r"11155111 \(Sepolia\) is a test network"):
            attempt()
    chains.require_honest(settings, MAINNET)
    chains.require_honest(settings, UNKNOWN)
    with pytest.raises(SettingsError, match="for test networks only, and Ethereum is none"):
        chains.require_honest(Settings(vc_api_issuer="uni"), MAINNET)
    chains.require_honest(Settings(vc_api_issuer="uni"), UNKNOWN)


def test_the_profile_says_whether_it_is_a_test_unless_the_settings_do() -> None:
    unset = Settings()
    assert [chains.is_test(unset, chain_id) for chain_id in (MAINNET, SEPOLIA, UNKNOWN)] == [False, True, True]
    assert chains.is_test(Settings(test_network=True), MAINNET)  # a rehearsal, at the price of the real thing
    assert not chains.is_test(Settings(test_network=False), UNKNOWN)
    assert str(chains.standing(unset, MAINNET)) == "false (profile: Ethereum)"
    assert chains.standing(Settings(test_network=True), MAINNET).source == "setting"


def test_the_doctor_names_a_trust_profile_that_says_otherwise(tmp_path: Path) -> None:
    def standing(written: bool, **settings: Any) -> Any:
        there = Settings(data_dir=tmp_path, **settings)
        here = replace(on(MAINNET), public_url="https://registry.example")
        here.save(there.deployment)
        there.trust.write_text(here.trust(TWO, test=written, heartbeat_seconds=60).to_toml())
        return doctor.CHECKS["standing"](there)

    assert standing(written=False) == "credentials have the standing of their issuers"
    assert standing(written=True, test_network=True) == "a test: credentials have no standing"
    with pytest.raises(Wrong, match="calls this registry a test, and by settings and chain it is none") as caught:
        standing(written=True)
    assert "CREDANCHOR_TEST_NETWORK=true" in caught.value.remedy


def test_deploying_asks_every_endpoint_for_its_chain_before_anything_is_signed(tmp_path: Path) -> None:
    with nodes.devnode(tmp_path / "one", chain_id=77) as (_, one), nodes.devnode(tmp_path / "two") as (node, two):
        with pytest.raises(WrongChain) as caught:
            serve.deploy(Settings(data_dir=tmp_path, rpc_urls=(one.url, two.url)))
        assert (caught.value.expected, caught.value.found) == (77, DEVELOPMENT_CHAIN_ID)
        with pytest.raises(SettingsError, match="embedded development chain"):
            serve.deploy(Settings(data_dir=tmp_path, rpc_urls=(two.url,), test_network=False))
        assert node.request("eth_blockNumber") == "0x0"
