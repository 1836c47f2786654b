"""Endorsements: built here, signed with the issuer's key at once, and put into a batch as if signed elsewhere.

A batch is sealed and anchored as a whole, so an endorsement is confirmed, found and revoked as every credential is.
"""

import json
import uuid
from collections.abc import Sequence

from registry.credential.badge import StatusRef
from registry.credential.endorsement import Endorsement, build
from registry.credential.integrity import sign_and_digest
from registry.errors import FormatError, RowError, RowErrors, StateError
from registry.format.anchorproof import rfc3339
from registry.format.strictjson import canonical
from registry.store import batches, lists
from registry.store.engine import Store
from registry.store.signed import Checked, add_checked
from registry.store.signers import active_key, open_key
from registry.store.vault import Vault

MAX_AT_ONCE = 100
"""Endorsements in one call: each is signed inside the transaction, in some milliseconds."""


def add_endorsements(store: Store, vault: Vault, batch_id: str, wanted: Sequence[Endorsement]) -> list[str]:
    """Build, sign and add endorsements, all or none; returns their handles, in order.

    The batch must be one without an achievement. Raises NotFound, StateError, SecretError, and RowErrors with all that
    is wrong; `row` counts from 1.
    """
    if len(wanted) > MAX_AT_ONCE:
        problem = f"{len(wanted)} endorsements in one call; the most is {MAX_AT_ONCE}"
        raise RowErrors([RowError(None, None, None, "endorsement.too-many", problem, "Send them in parts")])
    with store.begin() as session:
        batch, issuer = batches.lock_for_change(session, batch_id)
        if batch.achievement_id is not None:
            raise StateError(f"Batch {batch_id!r}", "for rows of an achievement", "one without an achievement")
        batches.require_room(batch, len(wanted))
        key = active_key(session, issuer.id)
        signer, profile, now = open_key(vault, key), json.loads(issuer.profile), rfc3339(store.now())
        made, errors = [], []
        places = lists.allocate(session, store, vault, issuer, len(wanted))
        for row, (endorsement, place) in enumerate(zip(wanted, places, strict=True), 1):
            id_, status = f"urn:uuid:{uuid.uuid4()}", StatusRef(place.url, place.index)
            try:
                unsigned = build(endorsement, profile, id_, status, now)
                document, d_rdf = sign_and_digest(unsigned, signer, key.verification_method, now)
            except FormatError as error:
                errors.append(RowError(row, None, error.pointer, error.code, error.problem, error.remedy))
                continue
            made.append(Checked(canonical(document).decode(), d_rdf, id_, place.list_id, place.index))
        if errors:
            raise RowErrors(errors)
        return add_checked(store, batch_id, made)
