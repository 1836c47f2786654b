"""What anchors cost, from the chain's receipts; and the accounts that pay."""

from typing import Any

import pytest

from anchor.accounts import accounts
from anchor.contract import OPERATOR_ROLE, REGISTRAR_ROLE
from anchor.costs import Costs, costs
from anchor.errors import Unreachable
from anchor.worker.round import ANCHOR_GAS
from registry.store.anchors import settled
from tests.support.lies import answers, honest
from tests.support.market import balance, base_fee
from tests.support.worksite import OPERATOR, REGISTRAR, STRANGER, Site

TIP = 10**8


def test_costs_are_what_left_the_account_shared_by_all_credentials(site: Site) -> None:
    before = balance(site, OPERATOR)
    assert costs(site.rpc, settled(site.view, 10)) == Costs((), ())
    for size in (3, 5):
        site.seal(size)
        site.settle()
    paid = before - balance(site, OPERATOR)
    found = costs(site.rpc, settled(site.view, 10))
    assert [(cost.number, cost.credentials) for cost in found.known] == [(2, 5), (1, 3)]
    assert (found.wei, found.unknown) == (paid, ())
    assert (found.per_anchor, found.per_credential) == (paid // 2, paid // 8)
    assert [cost.number for cost in costs(site.rpc, settled(site.view, 1)).known] == [2]
    assert all(50_000 < cost.gas < ANCHOR_GAS for cost in found.known)


def test_a_receipt_that_is_gone_is_told_and_one_that_is_none_is_refused(site: Site) -> None:
    site.seal()
    site.settle()
    rows = settled(site.view, 10)
    receipt: dict[str, Any] = site.node.request("eth_getTransactionReceipt", "0x" + rows[0].tx_hash.hex())
    for answer in (None, receipt | {"blockHash": "0x" + "11" * 32}):
        site.rpc.tamper = answers({"eth_getTransactionReceipt": answer})
        found = costs(site.rpc, rows)
        assert (found.known, found.unknown, found.per_anchor, found.per_credential) == ((), (1,), None, None)
    for answer in ([], "0x", receipt | {"gasUsed": "many"}, {key: receipt[key] for key in receipt if key != "gasUsed"}):
        site.rpc.tamper = answers({"eth_getTransactionReceipt": answer})
        with pytest.raises(Unreachable, match="receipt"):
            costs(site.rpc, rows)
    site.rpc.tamper = answers({"eth_getTransactionReceipt": receipt | {"l1Fee": "0x64"}})
    [rollup] = costs(site.rpc, rows).known
    site.rpc.tamper = honest
    [plain] = costs(site.rpc, rows).known
    assert rollup.wei == plain.wei + 100


def test_accounts_show_their_roles_and_how_many_anchors_they_pay_for(site: Site) -> None:
    wanted = {OPERATOR_ROLE: OPERATOR.address, REGISTRAR_ROLE: REGISTRAR.address}
    operator, registrar = accounts(site.rpc, site.config.contract, wanted, TIP)
    assert (operator.holds, registrar.holds) == (True, True)
    assert operator.balance == balance(site, OPERATOR)
    assert operator.anchors == balance(site, OPERATOR) // (ANCHOR_GAS * (base_fee(site) + TIP))
    [stranger] = accounts(site.rpc, site.config.contract, {OPERATOR_ROLE: STRANGER.address}, TIP)
    assert stranger.holds is False
