"""What tests of the registrar ask: which steps were done, and when nothing is left to do."""

import hashlib
from collections.abc import Callable

from anchor.worker import TickReport
from registry.format import entries
from registry.store import issuers, keys
from registry.store.tables import Alarm, IssuerKey
from tests.support.worksite import DID, OPERATOR, REGISTRAR, VAULT, Site

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
