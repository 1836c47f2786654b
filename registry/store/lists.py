"""Status lists as they are written: pairs of them, random places in them, one signed version per change.

Every caller holds the lock on the issuer's row (`issuers.load(..., lock=True)`), so that versions follow each other.
"""

import secrets
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.credential.integrity import add_proof
from registry.credential.statuslist import list_credential
from registry.format import entries
from registry.format.anchorproof import rfc3339
from registry.format.strictjson import canonical
from registry.limits import MIN_STATUS_LIST_BYTES
from registry.store.engine import Store
from registry.store.setup import registry
from registry.store.signers import active_key, find_active, open_key, usable
from registry.store.tables import Credential, Issuer, IssuerKey, StatusList, StatusListVersion
from registry.store.vault import Vault

LENGTH = MIN_STATUS_LIST_BYTES * 8
"""Entries of a new list, 131,072: the least the standard allows. Whole lists travel; more would cost everybody."""

FULL_AT = 0.5
"""A list is full when half of it is taken: random places stay cheap to find, and say nothing about the order."""

REVOCATION = "revocation"
SUSPENSION = "suspension"


@dataclass(frozen=True)
class Place:
    """An entry of a list pair, reserved for one credential. `list_id` names the revocation list of the pair."""

    list_id: str
    url: str
    index: int


def create_pair(session: Session, store: Store, vault: Vault, issuer: Issuer) -> StatusList:
    """Make the issuer's next pair, both at version 1 with no bit set; returns the revocation list."""
    mine = (StatusList.issuer_id == issuer.id, StatusList.purpose == REVOCATION)
    number = 1 + (session.scalar(select(func.count()).select_from(StatusList).where(*mine)) or 0)
    base = registry(session).public_url
    pair = []
    for purpose in (REVOCATION, SUSPENSION):
        id_ = f"{issuer.id}-{number}-{purpose}"
        pair.append(
            StatusList(
                id=id_,
                issuer_id=issuer.id,
                purpose=purpose,
                url=f"{base}/v1/status-lists/{id_}",
                length=LENGTH,
                version=0,
            )
        )
        session.add(pair[-1])
        session.flush()
        sign_version(session, store, vault, issuer, pair[-1], bits=bytes(LENGTH // 8))
    return pair[0]


def sign_version(
    session: Session, store: Store, vault: Vault, issuer: Issuer, list_: StatusList, *, bits: bytes
) -> StatusListVersion:
    """Write the next version of a list: its bits, the signed credential and the signature over the list entry."""
    key = active_key(session, issuer.id)
    signer = open_key(vault, key)
    now = store.now()
    unsigned = list_credential(list_.url, issuer.did, list_.purpose, bits, rfc3339(now))
    text = canonical(add_proof(unsigned, signer, key.verification_method, rfc3339(now)))
    version = list_.version + 1
    digest = entries.entry_hash(text)
    row = StatusListVersion(
        list_id=list_.id,
        version=version,
        bits=zlib.compress(bits),
        credential=text.decode(),
        digest=digest,
        key_id=key.key_id,
        signature=signer.sign(entries.list_entry(registry(session).registry_id, list_.url, version, digest)),
        created_at=now,
    )
    session.add(row)
    list_.version = version
    session.flush()
    return row


def newest(session: Session, list_: StatusList) -> StatusListVersion:
    """The version in force now."""
    return session.get_one(StatusListVersion, (list_.id, list_.version))


def bits_of(version: StatusListVersion) -> bytearray:
    """The bit string of a version, uncompressed."""
    return bytearray(zlib.decompress(version.bits))


def put_bit(bits: bytearray, index: int, value: bool) -> None:
    """Set one entry; entry 0 is the most significant bit of byte 0 (Bitstring Status List 1.0, section 3.2)."""
    mask = 0x80 >> (index % 8)
    bits[index // 8] = bits[index // 8] | mask if value else bits[index // 8] & ~mask


def lists_of(session: Session, issuer_id: str) -> list[StatusList]:
    """All lists of an issuer, oldest first."""
    query = select(StatusList).where(StatusList.issuer_id == issuer_id)
    return sorted(session.scalars(query), key=lambda list_: (_number(list_.id), list_.purpose))


def sign_again(session: Session, store: Store, vault: Vault, issuer: Issuer) -> int:
    """New versions, same bits, of the lists whose newest version was signed by a key that must not sign any more.

    Returns how many; 0 too when the issuer has no usable key left: then verifiers see the lists end with the key.
    """
    if find_active(session, issuer.id) is None:
        return 0
    signed = 0
    for list_ in lists_of(session, issuer.id):
        version = newest(session, list_)
        if not usable(session.get_one(IssuerKey, version.key_id)):
            sign_version(session, store, vault, issuer, list_, bits=bytes(bits_of(version)))
            signed += 1
    return signed


def allocate(session: Session, store: Store, vault: Vault, issuer: Issuer, count: int) -> list[Place]:
    """Reserve `count` random free places, in as few pairs as hold them; makes new pairs when these are full.

    The caller writes the credentials that take the places, in the same transaction.
    """
    taken = _taken(session, issuer.id)
    places: list[Place] = []
    pairs = [list_ for list_ in lists_of(session, issuer.id) if list_.purpose == REVOCATION]
    while len(places) < count:
        list_ = pairs.pop(0) if pairs else create_pair(session, store, vault, issuer)
        room = min(int(list_.length * FULL_AT) - taken[list_.id], count - len(places))
        if room > 0:
            used = session.scalars(select(Credential.status_index).where(Credential.revocation_list_id == list_.id))
            places += [Place(list_.id, list_.url, index) for index in free_indexes(list_.length, used, room)]
    return places


def free_indexes(length: int, used: Iterable[int | None], count: int) -> list[int]:
    """`count` different entries that are not in `used`, chosen by the system's randomness."""
    free = sorted(set(range(length)).difference(index for index in used if index is not None))
    return secrets.SystemRandom().sample(free, count)


def _taken(session: Session, issuer_id: str) -> Counter[str]:
    query = (
        select(Credential.revocation_list_id, func.count())
        .join(StatusList, StatusList.id == Credential.revocation_list_id)
        .where(StatusList.issuer_id == issuer_id)
        .group_by(Credential.revocation_list_id)
    )
    return Counter({id_: count for id_, count in session.execute(query) if id_ is not None})


def _number(list_id: str) -> int:
    return int(list_id.rsplit("-", 2)[1])
