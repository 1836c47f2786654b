"""Stacks in the store: built from what was verified, anchored, verified, revoked; and what the store alone knows."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from registry.credential import schema
from registry.credential.stack import Component
from registry.errors import Conflict, NotFound, RowErrors, StateError
from registry.store import achievements, batches, credentials, issuers, stacking, statusactions
from registry.store.sealing import Sealer
from registry.store.status import status_evidence
from tests.support.badges import MINIMAL, parse
from tests.support.registered import Registered

SOIL = "https://registry.example/v1/achievements/uni.soil-science.1"
MAIL = {"email": "learner.0000@students.example"}


def certificate(registered: Registered, version: str = "1", credits: float = 2.5) -> str:
    """A certificate that needs some credits of soil science: its id in the store."""
    rule = {"min_credits": {"credits": credits, "of": [SOIL]}}
    definition = {**MINIMAL, "slug": "certificate", "version": version}
    made = parse({**definition, "stacking": {"stand_alone": True, "requires": rule}})
    return achievements.add_achievement(registered.store, "uni", made).id


def anchored(registered: Registered, count: int = 1) -> list[str]:
    _, handles = registered.sealed(count)
    registered.anchor()
    return handles


def component(registered: Registered, handle: str) -> Component:
    return Component.of(json.loads(credentials.file(registered.store, handle)))


def evidence(registered: Registered) -> bytes:
    return json.dumps(status_evidence(registered.store, "uni-1-revocation")).encode()


def add(registered: Registered, batch: str, achievement: str, *parts: Component) -> list[str]:
    return stacking.add_stack(registered.store, registered.vault, batch, achievement, parts, learner=MAIL)


def test_a_stack_is_anchored_and_verifies_and_is_revoked_like_any_credential(registered: Registered) -> None:
    store = registered.store
    part = component(registered, *anchored(registered))
    batch = batches.open_batch(store, "uni", None).id
    (handle,) = add(registered, batch, certificate(registered), part)
    batches.request_seal(store, batch)
    assert Sealer(store, registered.vault).seal_next()
    registered.anchor()
    content = credentials.file(store, handle)
    made = json.loads(content)
    assert schema.problems(made) == []
    assert made["relatedResource"] == [part.related()]
    assert made["credentialSubject"]["achievement"]["id"].endswith("/v1/achievements/uni.certificate.1")
    report = registered.verify(content, evidence(registered))
    assert report.verdict == "valid"
    assert report.embedded_proof and report.embedded_proof.outcome == "pass"
    statusactions.revoke(store, registered.vault, handle, "withdrawn", None, "admin")
    registered.anchor()
    assert registered.verify(content, evidence(registered)).verdict == "revoked"


def test_a_component_that_was_revoked_or_suspended_a_minute_ago_counts_no_more(registered: Registered) -> None:
    store = registered.store
    handle, other = anchored(registered, 2)
    part, whole = component(registered, handle), certificate(registered)
    batch = batches.open_batch(store, "uni", None).id
    for change in (statusactions.suspend, statusactions.revoke):
        change(store, registered.vault, handle, "under-review", None, "admin")
        with pytest.raises(RowErrors) as caught:
            add(registered, batch, whole, part)
        assert [(error.row, error.code) for error in caught.value.errors] == [(1, "stack.component")]
        if change is statusactions.suspend:
            statusactions.reinstate(store, registered.vault, handle, "review-ended", None, "admin")
    assert batches.get_batch(store, batch).size == 0
    with pytest.raises(RowErrors):  # of another learner than the address says
        add(registered, batch, whole, component(registered, other))


def test_the_definition_of_a_stack_stays_as_it_was(registered: Registered) -> None:
    part = component(registered, *anchored(registered))
    whole = certificate(registered)
    certificate(registered, credits=1)  # not used yet
    certificate(registered)
    add(registered, batches.open_batch(registered.store, "uni", None).id, whole, part)
    with pytest.raises(Conflict):
        certificate(registered, credits=1)


def test_a_rule_that_is_changed_while_a_stack_is_made_never_differs_from_the_one_that_was_applied(
    registered: Registered,
) -> None:
    part = component(registered, *anchored(registered))
    whole = certificate(registered, credits=2.5)
    batch = batches.open_batch(registered.store, "uni", None).id

    def change() -> bool:
        try:
            certificate(registered, credits=1.25)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        changing, adding = pool.submit(change), pool.submit(add, registered, batch, whole, part)
        (handle,), changed = adding.result(), changing.result()
    badge = json.loads(credentials.document(registered.store, handle))
    (demand,) = (
        item["targetDescription"]
        for item in badge["credentialSubject"]["achievement"]["alignment"]
        if item["targetType"] == "ext:ComponentAchievement"
    )
    now = achievements.definition(achievements.get_achievement(registered.store, whole))
    kept = now.data["stacking"]["requires"]["min_credits"]["credits"]
    assert kept == (1.25 if changed else 2.5)
    assert f"{kept} credits" in demand


def test_a_stack_goes_into_its_own_issuer_s_open_batch_without_achievement(registered: Registered) -> None:
    part, whole = component(registered, *anchored(registered)), certificate(registered)
    rows, _ = registered.batch(1, first=7)
    with pytest.raises(StateError, match="without an achievement"):
        add(registered, rows, whole, part)
    batch = batches.open_batch(registered.store, "uni", None).id
    issuers.add_issuer(registered.store, "other", "did:web:other.example", {"name": "Other University"})
    theirs = achievements.definition(achievements.get_achievement(registered.store, whole))
    achievements.add_achievement(registered.store, "other", theirs)
    for nothing in ("uni.nothing.1", "other.certificate.1"):
        with pytest.raises(NotFound):
            add(registered, batch, nothing, part)
    assert batches.get_batch(registered.store, batch).size == 0
