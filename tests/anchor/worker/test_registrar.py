"""The registrar: issuers and keys in the contract become what the database wants, each by one step, in any weather."""

from registry.format import entries
from registry.store import batches, issuers, keys, sealing
from registry.store.tables import Issuer, IssuerKey
from tests.support.registrations import (
    ISSUER_ADDED,
    ISSUER_REINSTATED,
    ISSUER_SUSPENDED,
    KEY_ADDED,
    KEY_COMPROMISED,
    KEY_REVOKED,
    NEXT_SECRET,
    OTHER,
    UNI,
    MakeSite,
    add_other,
    alarm,
    done,
    on_chain,
    own_key,
    rest,
    steps,
)
from tests.support.worksite import REGISTRAR, VAULT, Site


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
