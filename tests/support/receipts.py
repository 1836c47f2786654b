"""Receipts of batches that a history has, or should have; what the registry's own key signs."""

from collections.abc import Sequence

from registry.format.merkle import root_of
from registry.format.note import NoteKey
from registry.format.receipt import Duty, Receipt
from tests.support.history import KEY, History
from tests.support.specimen import Key

LOG = Key("log")
LOG_KEY = NoteKey("registry.example/log", LOG.multikey[2:])


def receipt(about: History, number: int, content: Sequence[bytes], by: int, key: Key = KEY) -> Receipt:
    """That the batch with these leaves, signed by the issuer's `key`, is anchored by that time."""
    return signed(Duty(about.registry_id, number, len(content), key.key_id, root_of(content), 1000, by))


def signed(duty: Duty, signer: Key = LOG) -> Receipt:
    return Receipt(duty, signer.sign(duty.preimage))
