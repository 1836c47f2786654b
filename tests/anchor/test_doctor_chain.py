"""`credanchor doctor` on a chain: endpoints, roles and balances, each with its remedy."""

from pathlib import Path

import pytest

from anchor.devnode import DevNode, serve
from anchor.worker.round import ANCHOR_GAS
from api.cli import doctor_chain
from api.datadir import Deployment
from api.settings import Settings
from tests.support.lies import head
from tests.support.market import leave
from tests.support.worksite import CALM, OPERATOR, REGISTRAR, STRANGER, Site


def settings(site: Site, *urls: str, **more: str) -> Settings:
    """Of a registry whose signers are elsewhere."""
    config = site.config
    texts = ("0x" + config.contract.hex(), 1, "0x" + "00" * 32, "0x" + config.code_sha256.hex())
    found = Settings(
        data_dir=site.home,
        rpc_urls=urls,
        operator_signer=more.get("operator_signer", f"https://sign.example#0x{OPERATOR.address.hex()}"),
        registrar_signer=f"https://sign.example#0x{REGISTRAR.address.hex()}",
    )
    Deployment(config.chain_id, *texts, embedded=False).save(found.deployment)
    return found


def test_endpoints_that_are_in_order_are_listed_and_one_of_another_chain_is_named(site: Site, tmp_path: Path) -> None:
    with DevNode(tmp_path / "foreign.db", chain_id=77, **CALM) as node, serve(node) as far, serve(site.node) as good:
        found = doctor_chain.endpoints(settings(site, good.url, far.url, "http://127.0.0.1:9/secret"))
    assert [(one.outcome, bool(one.remedy)) for one in found] == [("ok", False), ("wrong", True), ("unknown", True)]
    assert found[0].detail.startswith(f"{good.url} at block {head(site)}, final ")
    assert found[1].detail == f"{far.url} serves chain 77, not 9104523"
    assert "secret" not in found[2].detail


@pytest.mark.parametrize(
    ("trouble", "outcomes", "words"),
    [
        ("none", ["ok", "ok"], "anchors' worth"),
        ("poor", ["wrong", "ok"], "anchors' worth"),
        ("no role", ["wrong", "ok"], "has not the role OPERATOR_ROLE"),
    ],
)
def test_accounts_are_told_with_role_balance_and_remedy(
    site: Site, trouble: str, outcomes: list[str], words: str
) -> None:
    more = {"operator_signer": f"https://sign.example#0x{STRANGER.address.hex()}"} if trouble == "no role" else {}
    with serve(site.node) as server:
        chosen = settings(site, "http://127.0.0.1:9", server.url, **more)  # the first is down: the next is asked
        if trouble == "poor":
            leave(site, OPERATOR, ANCHOR_GAS * 10**8)  # at any base fee less than thirty anchors cost
        found = doctor_chain.accounts(chosen)
    assert [one.outcome for one in found] == outcomes
    assert words in found[0].detail
    assert found[1].detail.startswith(f"registrar 0x{REGISTRAR.address.hex()} holds ")
    if outcomes[0] == "wrong":
        assert ("Send ether to 0x" if trouble == "poor" else "grantRole(OPERATOR_ROLE, 0x") in found[0].remedy
