"""A body with which each operation of the API succeeds."""

import json
from collections.abc import Callable
from typing import Any

from registry.store import achievements
from tests.support.badges import MINIMAL, parse
from tests.support.httpapi import Api
from tests.support.registered import ACHIEVEMENT

JSON = "application/json"
ROSTER = "name,email,awarded_on\nMaël Ødegård,mael@students.example,2026-01-01\n"


def _json(value: Any) -> Callable[[Api], tuple[bytes, str]]:
    return lambda _: (json.dumps(value).encode(), JSON)


def stack(api: Api, **changes: Any) -> dict[str, Any]:
    """A stack of one: a certificate for the learner of a final credential."""
    soil = "https://registry.example/v1/achievements/uni.soil-science.1"
    rule = {"stand_alone": True, "requires": {"all_of": [soil]}}
    definition = parse({**MINIMAL, "slug": "certificate", "stacking": rule})
    made = achievements.add_achievement(api.registered.store, "uni", definition)
    return {"achievement": made.id, "components": [json.loads(api.file())], **changes}


SAMPLES: dict[str, Callable[[Api], tuple[bytes, str]]] = {
    "createIssuer": _json({"id": "new", "did": "did:web:new.example", "profile": {"name": "New University"}}),
    "suspendIssuer": _json({}),
    "reinstateIssuer": _json({}),
    "setIssuer": _json({"lint": "require"}),
    "addKey": _json({"custody": "hosted"}),
    "revokeKey": _json({}),
    "addJwtKey": _json({}),
    "revokeJwtKey": _json({}),
    "markKeyCompromised": _json({"since": "2026-01-01T00:00:01Z"}),
    "addAchievement": lambda _: (ACHIEVEMENT.replace('version = "1"', 'version = "2"').encode(), "application/toml"),
    "createBatch": _json({"issuer": "uni", "achievement": "uni.soil-science.1"}),
    "addRows": lambda _: (ROSTER.encode(), "text/csv"),
    "addSigned": lambda api: (json.dumps([api.signed()]).encode(), JSON),
    "addStack": lambda api: (json.dumps(stack(api)).encode(), JSON),
    "addEndorsement": _json({"subject": "urn:x-course:7", "comment": "Accredited"}),
    "sealBatch": _json({}),
    "revokeCredential": _json({"reason": "issued-in-error", "note": "a note about Zoë"}),
    "suspendCredential": _json({"reason": "under-review"}),
    "reinstateCredential": _json({"reason": "review-ended"}),
    "createClaimLinks": _json({}),
    "revokeClaimLinks": _json({}),
    "createClaimLink": _json({}),
    "revokeClaimLink": _json({}),
    "verify": lambda api: (api.file(), "application/vc"),
    "verifyStack": lambda api: (json.dumps({"credential": json.loads(api.file()), "components": []}).encode(), JSON),
    "createApiKey": _json({"name": "student system", "scopes": ["batches:write"], "issuer": "uni"}),
    "revokeApiKey": _json({}),
}
"""By operation; those without a body are missing here."""
