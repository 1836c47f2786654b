"""Credentials issued through the product, from roster to final anchor, for verifiers that others wrote.

One issuer, one anchor, and a badge of each kind: `files` are what learners hold, `documents` what is published.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anchor.chain import ChainConfig
from anchor.deploy import deploy
from anchor.worker import Worker
from registry.credential.badge import SCHEMA_URL
from registry.credential.integrity import add_proof
from registry.credential.keys import IssuerKey
from registry.format.anchorproof import rfc3339
from registry.rdfc.contexts import CONTEXTS
from registry.store import achievements, batches, credentials, keys, signed, status, statusactions
from registry.store.engine import Store
from registry.store.sealing import Sealer
from tests.support import badges
from tests.support.registered import achievement, row
from tests.support.worksite import ADMIN, DID, OPERATOR, REGISTRAR, SECRET, VAULT, bind

Document = dict[str, Any]
Verdicts = dict[str, dict[str, Any]]
Ask = Callable[..., Verdicts]
KEY = IssuerKey(SECRET)
METHOD = f"{DID}#{KEY.multibase}"
OFFICIAL_SCHEMA = badges.SHARED / "schemas" / "ob_v3p0_achievementcredential_schema.json"
"""Of 1EdTech, whose licence does not let us ship it."""
ROUNDS = 40  # of the worker; a batch is final after about ten


@dataclass(frozen=True)
class Issued:
    """`files`: "valid", "revoked" and "plain", which the issuer signed itself without status and schema."""

    files: dict[str, Document]
    documents: dict[str, Document]
    config: ChainConfig


def issue(store: Store, url: str, mine: Callable[[], Any]) -> Issued:
    """Deploy to the node at `url`, issue, anchor until it is final, and revoke one. `mine` makes a block."""
    made = deploy(url, ADMIN, operator=OPERATOR.address, registrar=REGISTRAR.address)
    config = ChainConfig(rpc_urls=(url,), chain_id=made.chain_id, contract=made.contract, code_sha256=made.code_sha256)
    bind(store, config, made.deploy_block, made.deploy_block_hash)
    achievements.add_achievement(store, "uni", achievement())
    worker = Worker(store, config, OPERATOR, REGISTRAR)

    def work(until: Callable[[], bool]) -> None:
        for _ in range(ROUNDS):
            if until():
                return
            report = worker.tick()
            assert report.problem == ""
            mine()
        raise AssertionError(f"not done after {ROUNDS} rounds")

    work(lambda: keys.key_history(store, "uni")[0].chain_added_at is not None)
    rows = batches.open_batch(store, "uni", "uni.soil-science.1").id
    handles = batches.add_rows(store, VAULT, rows, [row(number) for number in range(3)])
    own = batches.open_batch(store, "uni", None).id
    handles += signed.add_signed(store, own, [plain(store)])
    for batch in (rows, own):
        batches.request_seal(store, batch)
        assert Sealer(store, VAULT).seal_next()
    work(lambda: all(batches.state_of(store, batch)["state"] == "final" for batch in (rows, own)))
    worker.release()
    statusactions.change_status(store, VAULT, [statusactions.Change(handles[2], "revoke", "error")], "judges")
    files = {
        name: json.loads(credentials.file(store, handle))
        for name, handle in zip(("valid", "revoked", "plain"), (handles[0], handles[2], handles[3]), strict=True)
    }
    return Issued(files, published(store, files["valid"]), config)


def plain(store: Store) -> Document:
    """A badge that the issuer made and signed by itself: no status, no schema, nothing beyond the standards."""
    unsigned = badges.unsigned()
    document = {name: unsigned[name] for name in unsigned if name not in {"credentialStatus", "credentialSchema"}}
    now = rfc3339(store.now())
    return add_proof({**document, "validFrom": now}, KEY, METHOD, now)


def published(store: Store, valid: Document) -> dict[str, Document]:
    """What is found at an address: our contexts, the issuer's DID document, its status list as it is now, and so on."""
    list_url = valid["credentialStatus"]["statusListCredential"]
    list_ = json.loads(status.list_credential(store, list_url.rpartition("/")[2]))
    documents = {**CONTEXTS, did_url(DID): did_document(DID, KEY), list_url: list_}
    documents["https://issuers.example/list.json"] = {"registry": {DID: {"name": "Example University"}}}
    if OFFICIAL_SCHEMA.exists():
        documents[SCHEMA_URL] = json.loads(OFFICIAL_SCHEMA.read_bytes())
    return documents


def did_url(did: str) -> str:
    """Where a did:web without a path is published."""
    return f"https://{did.removeprefix('did:web:')}/.well-known/did.json"


def did_document(did: str, key: IssuerKey) -> Document:
    """As issuers publish it, with one key."""
    method = f"{did}#{key.multibase}"
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {"id": method, "type": "Multikey", "controller": did, "publicKeyMultibase": key.multibase}
        ],
        "assertionMethod": [method],
    }
