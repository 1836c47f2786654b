"""Status evidence for POST /v1/verify: our own lists straight from the store, other registries' over HTTP."""

import json

from registry.errors import RegistryError
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.status import status_evidence
from registry.verify.evidence import StatusSource, Unreachable

LIST_PATH = "/v1/status-lists/"


class OwnStatus:
    """A StatusSource. `elsewhere` is asked for lists that this registry does not keep."""

    def __init__(self, store: Store, elsewhere: StatusSource | None = None) -> None:
        self._store = store
        self._elsewhere = elsewhere

    def fetch(self, list_id: str, anchor_number: int) -> bytes:
        """Evidence for the list and its pair under that anchor. Raises Unreachable, whatever is in the way."""
        try:
            with self._store.read() as session:
                own = registry(session).public_url + LIST_PATH
            name = list_id.removeprefix(own)
            if list_id.startswith(own) and "/" not in name:
                return json.dumps(status_evidence(self._store, name, anchor_number)).encode()
        except RegistryError as error:
            raise Unreachable("this registry's status lists", str(error).rstrip(".")) from error
        if self._elsewhere is None:
            raise Unreachable(list_id, "no trusted source of status lists is configured for it")
        return self._elsewhere.fetch(list_id, anchor_number)
