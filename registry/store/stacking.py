"""Stacks: credentials awarded for others, built here by the rule of their definition and put into a batch.

The components come verified: that takes a chain, of which the store knows nothing. What the store knows better than the
chain is asked here: a component that was revoked or suspended a minute ago, and is not anchored as such yet.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credential.badge import StatusRef
from registry.credential.integrity import sign_and_digest
from registry.credential.stack import Component, Form, build
from registry.errors import NotFound, RowError, RowErrors, StateError
from registry.format.anchorproof import rfc3339
from registry.format.strictjson import canonical
from registry.store import achievements, batches, lists
from registry.store.engine import Store
from registry.store.signed import Checked, add_checked
from registry.store.signers import active_key, open_key
from registry.store.tables import Credential
from registry.store.vault import Vault


def add_stack(
    store: Store,
    vault: Vault,
    batch_id: str,
    achievement_id: str,
    components: Sequence[Component],
    *,
    learner: Mapping[str, Any],
    form: Form = "certificate",
) -> list[str]:
    """Build, sign and add one credential for what `components` make together; returns its handle in a list.

    The batch must be one without an achievement. `learner` and `form` are as for `registry.credential.stack.build`.
    Raises NotFound, StateError, SecretError, FormatError, and RowErrors with all that is wrong; `row` counts the
    components from 1.
    """
    with store.begin() as session:
        batch, issuer = batches.lock_for_change(session, batch_id)
        if batch.achievement_id is not None:
            raise StateError(f"Batch {batch_id!r}", "for rows of an achievement", "one without an achievement")
        batches.require_room(batch, 1)
        # Locked and read here, so that the rule is that of the version that can never change from now on.
        row = achievements.load(session, achievement_id, lock=True)
        if row.issuer_id != issuer.id:
            raise NotFound("achievement", achievement_id)
        definition = achievements.definition(row)
        _refuse_ended(session, components)
        key = active_key(session, issuer.id)
        now = rfc3339(store.now())
        (place,) = lists.allocate(session, store, vault, issuer, 1)
        id_ = f"urn:uuid:{uuid.uuid4()}"
        unsigned = build(
            definition,
            components,
            learner,
            json.loads(issuer.profile),
            credential_id=id_,
            status=StatusRef(place.url, place.index),
            now=now,
            achievement_url=definition.data.get("id") or achievements.url(session, row.id),
            form=form,
        )
        document, d_rdf = sign_and_digest(unsigned, open_key(vault, key), key.verification_method, now)
        row.used = True
        made = Checked(canonical(document).decode(), d_rdf, id_, place.list_id, place.index)
        return add_checked(store, batch_id, [made])


def _refuse_ended(session: Session, components: Sequence[Component]) -> None:
    ids = [component.id for component in components]
    query = select(Credential.credential_id, Credential.status).where(Credential.credential_id.in_(ids))
    ended = {id_: status for id_, status in session.execute(query) if status != "active"}
    errors = [
        RowError(
            row, None, f"/components/{row - 1}", "stack.component", f"This component is {ended[id_]}", "Leave it out"
        )
        for row, id_ in enumerate(ids, 1)
        if id_ in ended
    ]
    if errors:
        raise RowErrors(errors)
