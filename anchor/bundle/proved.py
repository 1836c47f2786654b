"""The contract's answers out of proofs under a block hash: a `ChainView` that asks nobody."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from anchor.bundle import rlp, slots
from anchor.bundle.file import Bundle
from anchor.bundle.hashing import keccak
from anchor.bundle.header import Header
from anchor.bundle.trie import ASK_FOR_ANOTHER, Trie
from registry.verify.evidence import ChainAnswer, ChainFacts, Unproved
from registry.verify.trust import RegistryTrust

NAME_THE_BLOCK = (
    "Look the block up by its number, at a node of your own or an explorer of your choice, and give the hash "
    "that you find there with --block-hash"
)
_ACCOUNT_FIELDS = 4


class ProvedChain:
    """One registry's contract at the block of a bundle, for a verifier who learned the block's hash elsewhere.

    Naming the hash (32 bytes) is the verifier's word that this is a final block of the profile's chain; without one
    nothing is answered.
    """

    def __init__(self, bundle: Bundle, registry: RegistryTrust, block_hash: bytes | None) -> None:
        self._bundle = bundle
        self._registry = registry
        self._block_hash = block_hash

    def lookup(self, root: bytes, key_id: bytes) -> ChainAnswer:
        """What the contract said at that block about an anchor root and a key, 32 bytes each.

        Raises Unproved: block-not-named, other-block, other-registry, header, proof, not-in-bundle.
        """
        if isinstance(self._opened, Unproved):
            raise self._opened
        header, storage = self._opened

        def word(slot: int) -> int:
            return read_word(storage, slot)

        found = slots.lookup(word, root, key_id)
        return ChainAnswer(facts_at(header, self._bundle.chain_id, self._bundle.contract, self._bundle.code, found))

    @cached_property
    def _opened(self) -> tuple[Header, Trie] | Unproved:
        """Header and storage, if each follows from the one before; else why not, which is kept as well."""
        try:
            return self._open()
        except Unproved as problem:
            return problem

    def _open(self) -> tuple[Header, Trie]:
        bundle = self._bundle
        if (bundle.chain_id, bundle.contract) != (self._registry.chain_id, self._registry.contract):
            problem = "The bundle proves something about another registry than the one that is asked."
            raise Unproved("other-registry", problem, ASK_FOR_ANOTHER)
        header = Header.read(bundle.header)
        shown = f"block {header.number}, hash 0x{header.hash.hex()}"
        if self._block_hash is None:
            problem = f"The bundle speaks of {shown}. So far only the bundle itself says that there is such a block."
            raise Unproved("block-not-named", problem, NAME_THE_BLOCK)
        if header.hash != self._block_hash:
            problem = f"The bundle speaks of {shown}, not of the block whose hash you gave."
            raise Unproved("other-block", problem, NAME_THE_BLOCK)
        storage_root, code_hash = account_of(Trie(header.state_root, bundle.account), bundle.contract)
        if keccak(bundle.code) != code_hash:
            problem = "The bundle's code is not the code that the contract had at that block."
            raise Unproved("proof", problem, ASK_FOR_ANOTHER)
        return header, Trie(storage_root, bundle.storage)


def facts_at(header: Header, chain_id: int, contract: bytes, code: bytes, found: Mapping[str, Any]) -> ChainFacts:
    """What `slots.lookup` found, with where: `contract` has 20 bytes, `code` is what runs there."""
    return ChainFacts(
        chain_id=chain_id,
        contract=contract,
        code_sha256=hashlib.sha256(code).digest(),
        block_number=header.number,
        block_hash=header.hash,
        block_time=header.time,
        finalized=True,  # whoever names the block's hash says so
        **found,
    )


def account_of(accounts: Trie, address: bytes) -> tuple[bytes, bytes]:
    """Storage root and code hash of the account at `address` (20 bytes). Raises Unproved: proof, not-in-bundle."""
    try:
        fields = rlp.decode(accounts.get(address) or b"\x80")
    except rlp.BadRlp as problem:
        raise Unproved("proof", f"The account is not canonical RLP: {problem}.", ASK_FOR_ANOTHER) from None
    if fields == b"":
        raise Unproved("proof", "At that block there was nothing at the contract's address.", ASK_FOR_ANOTHER)
    if not isinstance(fields, list) or len(fields) != _ACCOUNT_FIELDS:
        raise Unproved("proof", "The account has not the fields of one.", ASK_FOR_ANOTHER)
    storage_root, code_hash = fields[2:]
    if not (isinstance(storage_root, bytes) and isinstance(code_hash, bytes) and len(storage_root + code_hash) == 64):
        raise Unproved("proof", "The account has not the fields of one.", ASK_FOR_ANOTHER)
    return storage_root, code_hash


def read_word(storage: Trie, slot: int) -> int:
    """The word at a storage slot, 0 where it is proved that there is none. Raises Unproved: proof, not-in-bundle."""
    value = storage.get((slot % 2**256).to_bytes(32, "big"))
    if not value:
        return 0
    try:
        found = rlp.integer(rlp.decode(value))
    except rlp.BadRlp as problem:
        raise Unproved("proof", f"A word of storage is not canonical RLP: {problem}.", ASK_FOR_ANOTHER) from None
    if found == 0:
        raise Unproved("proof", "A word of storage is written as 0, which no trie holds.", ASK_FOR_ANOTHER)
    return found
