"""The registrar: issuers and keys in the contract become what the database wants, each by one step, in any weather."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from anchor.chain import ChainConfig
from anchor.errors import Unreachable
from anchor.signer import KeySigner
from anchor.worker import TickReport
from registry.format import entries
from registry.store import batches, issuers, keys, sealing
from registry.store.tables import Alarm, Issuer, IssuerKey
from tests.support.faults import Crash
from tests.support.worksite import DID, OPERATOR, REGISTRAR, VAULT, Site, copy_site

MakeSite = Callable[..., Site]
ISSUER_ADDED, ISSUER_SUSPENDED, ISSUER_REINSTATED, KEY_ADDED, KEY_REVOKED, KEY_COMPROMISED = range(2, 8)
UNI, OTHER_DID = entries.issuer_id(DID), "did:web:other.example"
OTHER = entries.issuer_id(OTHER_DID)
NEXT_SECRET, OTHER_SECRET = (hashlib.sha256(text).digest() for text in (b"next key", b"other's key"))


def steps(site: Site) -> list[tuple[int, bytes]]:
    """What was done to issuers and keys since the site was made: kinds and subjects of the log's entries."""
    found = [(entry.kind, entry.subject) for entry in site.log() if ISSUER_ADDED <= entry.kind <= KEY_COMPROMISED]
    assert found[:2] == [(ISSUER_ADDED, UNI), (KEY_ADDED, own_key(site).key_id)]
    return found[2:]


def rest(site: Site, limit: int = 15) -> None:
    """Ticks and blocks until nothing is in flight any more, and a look at all of it as final."""
    calm = 0
    for _ in range(limit):
        before = site.sent(REGISTRAR), site.sent(OPERATOR)
        report = site.worker.tick()
        assert report.problem == ""
        site.mine()
        moved = report.signed or before != (site.sent(REGISTRAR), site.sent(OPERATOR))
        calm = 0 if moved else calm + 1
        if calm == 2:
            return
    raise AssertionError(f"no rest after {limit} ticks: {report}")


def done(report: TickReport) -> list[str]:
    """What the registrar signed; status lists are anchored meanwhile."""
    assert report.problem == ""
    return [what for what in report.signed if not what.startswith("anchor")]


def own_key(site: Site) -> IssuerKey:
    return keys.key_history(site.view, "uni")[0]


def on_chain(site: Site, key_id: bytes) -> tuple[int | None, int | None, int | None]:
    """When the key was added, revoked and compromised, as last seen on the chain."""
    key = keys.get_key(site.view, key_id)
    return key.chain_added_at, key.chain_revoked_at, key.chain_compromised_at


def add_other(site: Site) -> IssuerKey:
    issuers.add_issuer(site.view, "other", OTHER_DID, {"name": "Other University"})
    return keys.add_hosted_key(site.view, VAULT, "other", secret=OTHER_SECRET)


def alarm(site: Site, code: str) -> str:
    with site.view.read() as session:
        return session.get_one(Alarm, code).detail


def test_an_issuer_then_its_key_are_added_once_and_repeated_ticks_send_nothing_more(site: Site) -> None:
    key = add_other(site)
    assert done(site.worker.tick()) == ["add issuer other"]
    assert done(site.worker.tick()) == []  # it is on its way
    site.mine()
    assert done(site.worker.tick()) == [f"add key {key.key_id.hex()}"]
    site.mine()
    rest(site)
    (added,) = [entry for entry in site.log() if entry.subject == key.key_id]
    assert steps(site) == [(ISSUER_ADDED, OTHER), (KEY_ADDED, key.key_id)]
    assert on_chain(site, key.key_id) == (added.time, None, None)
    before = steps(site), site.sent(REGISTRAR), len(site.log())
    site.rpc.log.clear()
    for _ in range(4):
        assert site.worker.tick().signed == []
        site.mine()
    assert (steps(site), site.sent(REGISTRAR), len(site.log())) == before
    assert "eth_sendRawTransaction" not in site.rpc.log
    assert site.alarms() == set()


def test_suspended_and_reinstated_and_a_wish_that_was_taken_back_in_time_leaves_no_trace(site: Site) -> None:
    def suspended() -> tuple[bool, bool]:
        with site.view.read() as session:
            row = session.get_one(Issuer, "uni")
            return row.suspended, row.chain_suspended

    issuers.set_suspended(site.view, "uni", True)
    issuers.set_suspended(site.view, "uni", False)
    rest(site)
    assert steps(site) == []
    issuers.set_suspended(site.view, "uni", True)
    rest(site)
    assert (steps(site), suspended()) == ([(ISSUER_SUSPENDED, UNI)], (True, True))
    issuers.set_suspended(site.view, "uni", False)
    rest(site)
    assert steps(site) == [(ISSUER_SUSPENDED, UNI), (ISSUER_REINSTATED, UNI)]
    assert suspended() == (False, False)


def test_a_key_is_revoked_only_when_all_it_sealed_is_final_and_after_its_successor_is_there(site: Site) -> None:
    site.seal()
    site.seal()
    old = own_key(site)
    new = keys.add_hosted_key(site.view, VAULT, "uni", secret=NEXT_SECRET)
    keys.revoke_key(site.view, VAULT, old.key_id)
    revoke = f"revoke key {old.key_id.hex()}"
    signed: list[str] = []
    while revoke not in signed:
        final = site.states() == ["final", "final"]
        found = site.worker.tick().signed
        assert revoke not in found or final or site.states() == ["final", "final"]
        signed += found
        site.mine()
        assert len(signed) < 10
    rest(site)
    assert steps(site) == [(KEY_ADDED, new.key_id), (KEY_REVOKED, old.key_id)]
    anchors = [entry for entry in site.log() if entry.kind == 1]
    (revoked,) = [entry for entry in site.log() if entry.kind == KEY_REVOKED]
    assert anchors[0].time < revoked.time == on_chain(site, old.key_id)[1]
    site.check(2)


def test_a_compromise_is_marked_at_once_whatever_waits_and_its_batches_are_said_to_be_in_vain(site: Site) -> None:
    batch = site.seal()
    assert batch.number == 1
    key = own_key(site)
    since = int(site.node.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    site.view.clock = lambda: since + 60  # a chain whose blocks come fast is ahead of our clock
    issuers.set_suspended(site.view, "uni", True)
    keys.mark_compromised(site.view, VAULT, key.key_id, since)
    report = site.worker.tick()
    # With the first look, before the suspension, and together with the anchor that will hold the batch.
    assert report.signed == [f"mark key {key.key_id.hex()} as compromised", "anchor 1"]
    assert report.alarms["batch-in-vain"] == alarm(site, "batch-in-vain")
    assert f"Issuer uni, batch 1 ({batch.id}): The key" in alarm(site, "batch-in-vain")
    assert "signed with another key" in alarm(site, "batch-in-vain")
    site.mine()
    assert "batch-in-vain" in site.worker.tick().alarms
    assert site.states() == ["included"]
    site.mine()
    assert "batch-in-vain" not in site.worker.tick().alarms
    assert (site.states(), site.alarms()) == (["final"], set())
    rest(site)
    assert steps(site) == [(KEY_COMPROMISED, key.key_id), (ISSUER_SUSPENDED, UNI)]
    assert on_chain(site, key.key_id)[2] == since
    site.check(1)


def test_a_compromise_moves_earlier_only_never_before_the_key_and_never_into_the_future(site: Site) -> None:
    key = own_key(site)
    added = key.chain_added_at
    assert added is not None
    site.node.request("evm_increaseTime", hex(1000))
    site.mine()
    head = int(site.node.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    site.view.clock = lambda: head + 5000  # our clock is far ahead of the chain's
    keys.mark_compromised(site.view, VAULT, key.key_id, head + 4000)
    rest(site)
    (first,) = [entry for entry in site.log() if entry.kind == KEY_COMPROMISED]
    assert on_chain(site, key.key_id)[2] == head + 1 <= first.time  # as late as the contract takes it
    keys.mark_compromised(site.view, VAULT, key.key_id, head - 10)
    rest(site)
    assert on_chain(site, key.key_id)[2] == head - 10
    keys.mark_compromised(site.view, VAULT, key.key_id, 1)  # long before there was a key
    rest(site)
    assert on_chain(site, key.key_id)[2] == added
    for wish in (1, head):  # wishes that the store itself would not take
        with site.view.begin() as session:
            session.get_one(IssuerKey, key.key_id).compromised_since = wish
        rest(site)
        assert (on_chain(site, key.key_id)[2], site.alarms()) == (added, set())
    assert steps(site) == [(KEY_COMPROMISED, key.key_id)] * 3


def test_a_batch_anchored_during_a_suspension_is_in_vain_also_after_it_and_one_before_it_is_not(
    make_site: MakeSite,
) -> None:
    site = make_site(finality_depth=3)
    site.mine(3)
    before = site.seal()
    site.worker.tick()
    site.mine()
    issuers.set_suspended(site.view, "uni", True)
    site.worker.tick()
    site.mine()
    during = site.seal()
    report = site.worker.tick()
    assert site.states()[0] == "included"
    assert f"batch 2 ({during.id}): The issuer is suspended. Unless" in report.alarms["batch-in-vain"]
    assert before.id not in report.alarms["batch-in-vain"]
    site.mine()
    issuers.set_suspended(site.view, "uni", False)
    report = site.worker.tick()
    assert f"batch 2 ({during.id}): The issuer was suspended when" in report.alarms["batch-in-vain"]
    site.mine()
    after = site.seal()
    site.settle()
    assert steps(site) == [(ISSUER_SUSPENDED, UNI), (ISSUER_REINSTATED, UNI)]
    assert site.alarms() == set()
    found = [batches.state_of(site.view, batch.id)["problem"] for batch in (before, during, after)]
    assert [problem is None for problem in found] == [True, False, True]
    site.check(3)


def test_a_key_that_another_issuer_has_on_the_chain_raises_an_alarm_is_not_used_and_blocks_nothing(site: Site) -> None:
    key = add_other(site)
    site.transact(REGISTRAR, "addIssuer", "did:web:thief.example")
    site.transact(REGISTRAR, "addKey", entries.issuer_id("did:web:thief.example"), key.multikey)
    for _ in range(3):
        report = site.worker.tick()
        site.mine()
    assert key.key_id.hex() in report.alarms["key-of-another"]
    assert on_chain(site, key.key_id) == (None, None, None)
    good = keys.add_hosted_key(site.view, VAULT, "other", secret=NEXT_SECRET)
    for _ in range(3):  # the key before it is refused every time
        report = site.worker.tick()
        site.mine()
    assert "KeyExists" in report.alarms["registrar-refused"]
    assert on_chain(site, good.key_id)[0] is not None
    with site.view.read() as session:
        assert sealing.active_key(session, "other").key_id == good.key_id
    assert [kind for kind, _ in steps(site)] == [ISSUER_ADDED, KEY_ADDED, ISSUER_ADDED, KEY_ADDED]


def test_a_key_that_a_reorganisation_gives_to_another_issuer_is_not_used_any_more(make_site: MakeSite) -> None:
    site = make_site(finality_depth=8)
    site.mine(8)
    key = add_other(site)
    for _ in range(3):
        site.worker.tick()
        site.mine()
    assert on_chain(site, key.key_id)[0] is not None
    site.node.request("dev_reorg", hex(3), False)
    site.transact(REGISTRAR, "addIssuer", "did:web:thief.example")
    site.transact(REGISTRAR, "addKey", entries.issuer_id("did:web:thief.example"), key.multikey)
    site.mine(2)
    assert "key-of-another" in site.worker.tick().alarms
    assert on_chain(site, key.key_id) == (None, None, None)


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
