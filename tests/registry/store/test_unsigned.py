"""Batches whose issuer opted out of a proof in each credential: the signature over the batch covers them all."""

import json

import pytest

from registry.credential.badge import StatusRef
from registry.credential.batchsigner import BatchSigner
from registry.errors import FormatError, StateError
from registry.format.entries import ZERO32
from registry.format.strictjson import canonical
from registry.store import batches, credentials, keys, sealing, status
from registry.store.tables import Credential
from tests.support import badges
from tests.support.registered import Registered, row


def unsigned(registered: Registered, count: int) -> tuple[str, list[str]]:
    """A batch that waits to be sealed."""
    batch = batches.open_batch(registered.store, "uni", registered.achievement_id, unsigned=True)
    handles = batches.add_rows(registered.store, registered.vault, batch.id, [row(place) for place in range(count)])
    batches.request_seal(registered.store, batch.id)
    return batch.id, handles


def test_a_credential_without_a_proof_of_its_own_is_valid_and_its_change_is_seen(registered: Registered) -> None:
    _, handles = unsigned(registered, 3)
    assert sealing.Sealer(registered.store, registered.vault).seal_next()
    registered.anchor()
    data = credentials.file(registered.store, handles[1])
    evidence = json.dumps(status.status_evidence(registered.store, "uni-1-revocation")).encode()
    proofs = json.loads(data)["proof"]
    assert [proof["cryptosuite"] for proof in proofs] == ["merkle-proof-2019"]
    assert credentials.proof(registered.store, handles[1]).d_rdf == ZERO32
    report = registered.verify(data, evidence)
    assert report.verdict == "valid"
    assert report.embedded_proof is not None
    assert (report.embedded_proof.outcome, report.embedded_proof.code) == ("not_run", "embedded_proof.none")
    forged = registered.verify(data.replace("Zoë".encode(), "Zoé".encode()), evidence)
    assert forged.verdict == "invalid"


def test_the_issuer_s_secret_does_not_leave_the_sealer_for_it(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    run = sealing.run
    monkeypatch.setattr(sealing, "run", lambda job: (seen.append(job.common.secret), run(job))[1])
    unsigned(registered, 1)
    assert sealing.Sealer(registered.store, registered.vault).seal_next()
    assert seen == [None]
    registered.sealed(1, first=1)
    assert seen[1] is not None


def test_credentials_that_the_issuer_signs_itself_cannot_be_in_such_a_batch(registered: Registered) -> None:
    with pytest.raises(StateError, match="one with an achievement"):
        batches.open_batch(registered.store, "uni", None, unsigned=True)


def test_when_its_key_is_lost_half_way_an_unsigned_batch_is_sealed_with_another(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 1)
    batch_id, handles = unsigned(registered, 2)
    new = keys.add_hosted_key(registered.store, registered.vault, "uni")
    registered.put_on_chain(new.key_id)

    def revoke(_done: int, _size: int) -> None:
        key_id = batches.get_batch(registered.store, batch_id).key_id
        assert key_id is not None
        if not any(key.revoke for key in keys.key_history(registered.store, "uni")):
            keys.revoke_key(registered.store, registered.vault, key_id)

    sealer = sealing.Sealer(registered.store, registered.vault)
    while batches.get_batch(registered.store, batch_id).state != batches.SEALED:
        assert sealer.seal_next(revoke)
    with registered.store.read() as session:
        rows = [session.get_one(Credential, handle) for handle in handles]
    assert [made.d_rdf for made in rows] == [ZERO32, ZERO32]
    assert all("proof" not in json.loads(made.document or "") for made in rows)


def test_a_template_gives_what_the_long_way_gives() -> None:
    signer = BatchSigner(badges.achievement(), badges.PROFILE, None, verification_method="", created=badges.NOW)
    place = StatusRef(badges.LIST_URL, 7)
    for name in ("Ana", 'B"\\', "Zoë\u202e", "\x7f"):
        made = signer.sign(badges.row(name=name), badges.CREDENTIAL_ID, place)
        assert made == signer._build(badges.row(name=name), badges.CREDENTIAL_ID, place)
        assert canonical(json.loads(made.document)).decode() == made.document
    with pytest.raises(FormatError):
        signer.sign(badges.row(name="\ud800"), badges.CREDENTIAL_ID, place)
