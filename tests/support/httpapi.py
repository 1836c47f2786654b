"""The API on a filled store, and a client that holds every answer against the OpenAPI description."""

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

import jsonschema
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from api.services import Services
from api.settings import Settings
from registry.credential.integrity import add_proof
from registry.format.anchorproof import rfc3339
from registry.format.merkle import RFC9162
from registry.format.note import Checkpoint
from registry.store import batches, credentials, issuers, jwtkeys, keys, links, logkey, worktables
from registry.store.apikeys import create_api_key
from registry.store.signers import open_key
from registry.store.tables import Batch, StatusList
from registry.verify import RegistryTrust, TrustProfile
from tests.support.notes import sign_note
from tests.support.registered import CHAIN_ID, CODE, CONTRACT, Chain, Registered, register

SCOPES = ("admin", "batches:write", "credentials:read", "credentials:revoke", "operations:read")
METHODS = ("get", "post", "delete")

TRUST = TrustProfile(
    (RegistryTrust("Example Network", CHAIN_ID, CONTRACT, CODE, ("https://node.example",), test=True),)
)


@dataclass(frozen=True)
class Operation:
    """One method of one path, as OpenAPI describes it."""

    id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    description: dict[str, Any] = field(hash=False)

    @property
    def has_body(self) -> bool:
        return "requestBody" in self.description


def operations(app: FastAPI) -> list[Operation]:
    """Everything the API can do."""
    return [
        Operation(found["operationId"], method.upper(), path, tuple(found.get("x-scopes", ())), found)
        for path, item in app.openapi()["paths"].items()
        for method, found in item.items()
        if method in METHODS
    ]


class Client(TestClient):
    """A client whose every answer must be one that OpenAPI declares: status, media type, schema, problem code."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
        self._described = app.openapi()
        self._patterns = [
            (one, re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(one.path)))) for one in operations(app)
        ]
        self.checked = 0

    def request(self, method: str, url: Any, **options: Any) -> Response:
        """Send, and check the answer."""
        response: Response = super().request(method, url, **options)
        path = response.request.url.path
        for one, pattern in self._patterns:
            if one.method == ("GET" if method == "HEAD" else method) and pattern.fullmatch(path):
                self._check(one, response)
                break
        return response

    def _check(self, operation: Operation, response: Response) -> None:
        if response.status_code == 304 or not response.content:
            return
        declared = operation.description["responses"].get(str(response.status_code))
        assert declared is not None, f"{operation.id} does not declare {response.status_code}: {response.text[:300]}"
        media_type = response.headers["content-type"].partition(";")[0]
        if media_type == "application/problem+json":
            content = declared["content"][media_type]
            assert response.json()["code"] in content["examples"], f"{operation.id}: {response.text[:300]}"
        elif media_type in declared["content"]:
            content = declared["content"][media_type]
        else:  # the same file under another name, or lines of it
            content = {"schema": {}}
        if media_type.endswith("json"):
            schema = {**content["schema"], "components": self._described["components"]}
            jsonschema.validate(response.json(), schema)
        self.checked += 1


@dataclass
class Api:
    """A registry with issuers "uni" and "other", an open, an external and a final batch, and the API on top."""

    registered: Registered
    services: Services
    app: FastAPI
    client: Client
    open: str
    external: str
    final: str
    handles: list[str]  # of the final batch

    def key(self, *scopes: str, issuer: str | None = None, expires_at: int | None = None) -> dict[str, str]:
        """Headers with a fresh API key and a fresh idempotency key."""
        store = self.registered.store
        _, token = create_api_key(store, "a test's key", scopes, issuer_id=issuer, expires_at=expires_at)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}

    def places(self, operation: str = "") -> dict[str, str]:
        """What stands for the parameters of a path, where the operation succeeds."""
        with self.registered.store.read() as session:
            number = session.scalar(select(Batch.number).where(Batch.id == self.final))
            list_id = session.scalar(select(StatusList.id).where(StatusList.purpose == "revocation"))
        special = {
            "addSigned": self.external,
            "addEndorsement": self.external,
            "addStack": self.external,
            "getFiles": self.final,
            "getBatchReceipt": self.final,
        }
        batch = special.get(operation, self.open)
        if operation == "deleteBatch":  # one that nobody else needs
            batch = batches.open_batch(self.registered.store, "uni", None).id
        return {
            "issuer": "uni",
            "key_id": (self.jwt_key() if operation in {"revokeJwtKey", "getJwt"} else self.registered.key.key_id).hex(),
            "achievement": self.registered.achievement_id,
            "batch": batch,
            "handle": self.handles[0],
            "list_id": str(list_id),
            "number": f"{number:08}" if operation in {"exportAnchor", "exportBatch"} else "1",
            "digest": self.digest(),
            "path": "entries/000.p/1",
            "id": self.claim_link() if operation == "revokeClaimLink" else self.other_key(),
            "code": "not-final",
        }

    def jwt_key(self) -> bytes:
        """The id of a key with which JWTs can be made."""
        return jwtkeys.add_hosted_key(self.registered.store, self.registered.vault, "uni").key_id

    def url(self, operation: Operation) -> str:
        """The path with its parameters filled in."""
        query = {"logConsistency": "?from=1&to=1", "logInclusion": "?index=0&size=1"}.get(operation.id, "")
        return operation.path.format(**self.places(operation.id)) + query

    def digest(self) -> str:
        """Of a status list that an anchor names."""
        line = self.client.get("/v1/export/anchors.jsonl").text.splitlines()[0]
        return str(json.loads(line)["lists"][0]["digest"])

    def other_key(self) -> str:
        """The id of an API key that nobody uses."""
        return create_api_key(self.registered.store, "unused", ["credentials:read"])[0].id

    def claim_link(self) -> str:
        """The id of a claim link for the first final credential."""
        return links.claim_link(self.registered.store, self.handles[0]).id

    def file(self) -> bytes:
        """A final credential's file."""
        return credentials.file(self.registered.store, self.handles[0])

    def send(self, operation: Operation, headers: dict[str, str], body: tuple[bytes, str] | None) -> Response:
        """Call the operation."""
        data, content_type = body or (None, "")
        extra = {"Content-Type": content_type} if body else {}
        return self.client.request(operation.method, self.url(operation), content=data, headers={**headers, **extra})

    def operation(self, id: str) -> Operation:
        """One operation by its name."""
        return next(one for one in operations(self.app) if one.id == id)

    def signed(self) -> dict[str, Any]:
        """A new credential as the issuer would sign it elsewhere."""
        made = self.registered
        document = json.loads(credentials.document(made.store, self.handles[0]))
        unsigned = {name: value for name, value in document.items() if name not in ("proof", "credentialStatus")}
        unsigned["id"] = f"urn:uuid:{uuid.uuid4()}"
        signer = open_key(made.vault, made.key)
        return add_proof(unsigned, signer, made.key.verification_method, rfc3339(made.now))


def fill(made: Registered) -> tuple[str, str, str, list[str]]:
    """Ids of an open, an external and a final batch, and the handles in the final one."""
    final, handles = made.sealed(3)
    made.anchor()
    _log(made)
    opened, _ = made.batch(1, first=10)
    external = batches.open_batch(made.store, "uni", None)
    issuers.add_issuer(made.store, "other", "did:web:other.example", {"name": "Other University"})
    keys.add_hosted_key(made.store, made.vault, "other")
    return opened, external.id, final, handles


def _log(made: Registered) -> None:
    """A log of one entry with its checkpoint, as the worker leaves them."""
    entry = bytes(132)
    root = RFC9162.leaf_hash(entry)
    body = Checkpoint(logkey.ensure(made.store, made.vault).name, 1, root).body()
    note = sign_note(made.store, made.vault, body).to_bytes().decode()
    with made.store.begin() as session:
        session.add(worktables.LoggedEntry(position=0, block_number=1, preimage=entry))
        session.add(worktables.Checkpoint(size=1, root=root, note=note, signed_at=made.now))


def services_on(made: Registered, settings: Settings) -> Services:
    """Services on a filled store, with a stand-in for the chain."""
    return Services(
        settings, made.store, vault=made.vault, trust=TRUST, chain=lambda _trust, _timeout: Chain(made.store, made.now)
    )


__all__ = ["Api", "Client", "Operation", "fill", "operations", "register", "services_on"]
