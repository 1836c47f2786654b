"""Notes in the registry's name, for tests that have no checkpoint to look at."""

from registry.format.note import Note
from registry.store import logkey
from registry.store.engine import Store
from registry.store.vault import Vault


def sign_note(store: Store, vault: Vault, text: str) -> Note:
    """A note of `text` by the registry's key, which is made where there is none."""
    if logkey.public_key(store) is None:
        logkey.ensure(store, vault)
    with store.read() as session:
        return logkey.signed(session, vault, text, store.now())
