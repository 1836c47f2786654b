"""The registrar's steps: refused, crashed at, waiting, replaced; each is done once all the same."""

from pathlib import Path
from typing import Any

import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from anchor.chain import ChainConfig
from anchor.errors import Unreachable
from anchor.signer import KeySigner
from registry.store import issuers, keys
from tests.support.faults import Crash
from tests.support.registrations import (
    ISSUER_ADDED,
    ISSUER_SUSPENDED,
    KEY_ADDED,
    KEY_COMPROMISED,
    KEY_REVOKED,
    NEXT_SECRET,
    OTHER,
    UNI,
    add_other,
    done,
    own_key,
    rest,
    steps,
)
from tests.support.worksite import OPERATOR, REGISTRAR, VAULT, Site, copy_site


def test_one_step_that_the_contract_refuses_is_told_and_the_others_are_done(site: Site) -> None:
    site.transact(REGISTRAR, "suspendIssuer", UNI, bytes(32))
    issuers.set_suspended(site.view, "uni", True)
    # A node that lags behind shows the issuer as not suspended: the step is tried, and refused by the newest block.
    key = add_other(site)
    lagging = site.rpc.tamper

    def lag(method: str, params: Any, ask: Any) -> Any:
        answer = lagging(method, params, ask)
        is_issuer = method == "eth_call" and params[0]["data"][10:] == UNI.hex()
        return "0x" + bytes.fromhex(answer[2:])[:63].hex() + "00" if is_issuer else answer

    site.rpc.tamper = lag
    report = site.worker.tick()
    assert "IssuerAlreadySuspended" in report.alarms["registrar-refused"]
    assert done(report) == ["add issuer other"]
    site.rpc.tamper = lagging
    site.mine()
    rest(site)
    assert steps(site) == [(ISSUER_SUSPENDED, UNI), (ISSUER_ADDED, OTHER), (KEY_ADDED, key.key_id)]
    assert site.alarms() == set()


@pytest.fixture(scope="module")
def wishes(template: tuple[Path, ChainConfig], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site where an issuer with a key shall join, and a key shall be followed by another."""
    home = tmp_path_factory.mktemp("wishes")
    site = copy_site(*template, home)
    add_other(site)
    keys.add_hosted_key(site.view, VAULT, "uni", secret=NEXT_SECRET)
    keys.revoke_key(site.view, VAULT, own_key(site).key_id)
    assert site.view.checkpoint()
    site.close()
    return home


@pytest.mark.parametrize(
    ("error", "moment"),
    [(Crash("send"), "before"), (Crash("send"), "after"), (Unreachable("in-process://chain", "test"), "after")],
    ids=["crash before", "crash after", "answer lost"],
)
def test_whatever_happens_at_the_first_send_of_each_call_every_step_is_done_once(
    wishes: Path, template: tuple[Path, ChainConfig], tmp_path: Path, error: BaseException, moment: str
) -> None:
    struck: set[str] = set()  # a restarted process may sign the same call for other fees

    def strike(method: str, params: Any, ask: Any) -> Any:
        if method != "eth_sendRawTransaction" or (call := called(params[0])) in struck:
            return ask()
        struck.add(call)
        if moment == "after":
            ask()
        raise error

    site = copy_site(wishes, template[1], tmp_path)
    old, new = keys.key_history(site.view, "uni")
    (other,) = keys.key_history(site.view, "other")
    for _ in range(20):
        site.rpc.tamper = strike
        try:
            if site.worker.tick().signed == [] and steps(site)[-1:] == [(KEY_REVOKED, old.key_id)]:
                break
        except Crash:
            site.restart()
        site.mine()
    added = [(KEY_ADDED, key.key_id) for key in sorted((new, other), key=lambda key: (key.created_at, key.key_id))]
    assert steps(site) == [(ISSUER_ADDED, OTHER), *added, (KEY_REVOKED, old.key_id)]
    assert site.sent(REGISTRAR) == 2 + 4  # two for the template
    assert len(struck) >= 4 + site.sent(OPERATOR) > 4
    assert site.alarms() == set()
    site.close()


def called(raw: str) -> str:
    """The call that a signed transaction makes."""
    return str(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["data"])


def waiting(site: Site, signer: KeySigner) -> list[dict[str, Any]]:
    """An account's transactions in the pool."""
    found = site.node.request("txpool_content")["pending"]
    mine = [value for address, value in found.items() if bytes.fromhex(address[2:]) == signer.address]
    return [transaction for value in mine for transaction in value.values()]


def lose(site: Site, signer: KeySigner) -> None:
    """The pool forgets an account's transaction."""
    (transaction,) = waiting(site, signer)
    assert site.node.request("dev_dropTransaction", transaction["hash"])


def test_registrar_and_operator_send_side_by_side_and_neither_waits_for_the_others_nonce(site: Site) -> None:
    registrar, operator = site.sent(REGISTRAR), site.sent(OPERATOR)
    site.seal()
    add_other(site)
    assert site.worker.tick().signed == ["add issuer other", "anchor 1"]
    lose(site, REGISTRAR)
    site.mine()
    assert (site.sent(REGISTRAR), site.sent(OPERATOR)) == (registrar, operator + 1)
    site.seal()
    assert site.worker.tick().signed == ["anchor 2"]  # the registrar's bytes are sent once more, not signed
    lose(site, OPERATOR)
    site.mine()
    assert (site.sent(REGISTRAR), site.sent(OPERATOR)) == (registrar + 1, operator + 1)
    site.settle()
    rest(site)
    assert [kind for kind, _ in steps(site)] == [ISSUER_ADDED, KEY_ADDED]
    assert site.sent(REGISTRAR) == registrar + 2
    site.check(2)


def test_a_transaction_that_is_seen_waiting_is_replaced_by_a_dearer_one_and_one_that_was_lost_is_sent_again(
    site: Site,
) -> None:
    sent: list[str] = []

    def keep(method: str, params: Any, ask: Any) -> Any:
        sent.extend(params if method == "eth_sendRawTransaction" else ())
        return ask()

    site.rpc.tamper = keep
    site.worker = site.rival(bump_after_blocks=3)
    before = site.sent(REGISTRAR)
    add_other(site)
    site.worker.tick()
    (first,) = waiting(site, REGISTRAR)
    for _ in range(2):  # blocks without it
        lose(site, REGISTRAR)
        site.mine()
        site.worker.tick()
        assert [one["hash"] for one in waiting(site, REGISTRAR)] == [first["hash"]]
    lose(site, REGISTRAR)
    site.mine()
    site.node.request("eth_sendRawTransaction", sent[0])  # for three blocks now, as the worker sees it
    assert done(site.worker.tick()) == ["add issuer other"]
    (second,) = waiting(site, REGISTRAR)
    assert (second["nonce"], second["input"]) == (first["nonce"], first["input"])
    for fee in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert int(second[fee], 16) * 8 > int(first[fee], 16) * 9
    site.mine()
    rest(site)
    assert [kind for kind, _ in steps(site)] == [ISSUER_ADDED, KEY_ADDED]
    assert site.sent(REGISTRAR) == before + 2


def test_what_matters_more_takes_the_place_of_a_step_that_waits(site: Site) -> None:
    add_other(site)
    key = own_key(site)
    assert done(site.worker.tick()) == ["add issuer other"]
    keys.mark_compromised(site.view, VAULT, key.key_id, 1)
    assert done(site.worker.tick()) == [f"mark key {key.key_id.hex()} as compromised"]
    assert len(waiting(site, REGISTRAR)) == 1
    site.mine()
    assert steps(site) == [(KEY_COMPROMISED, key.key_id)]
    rest(site)
    assert [kind for kind, _ in steps(site)] == [KEY_COMPROMISED, ISSUER_ADDED, KEY_ADDED]
