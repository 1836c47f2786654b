"""Bundles of fixed keys and names: a case's chain answers as a contract's storage, in a block that never was.

The tries and the RLP are a library's, so what our own code reads was written by another.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rlp
from eth_utils import keccak
from trie import HexaryTrie

from anchor.bundle import slots
from anchor.bundle.file import Bundle
from registry.format.strictjson import canonical
from registry.verify import ChainFacts
from tests.support.cases import Case
from tests.support.specimen import CHAIN_ID, CONTRACT, sha

CODE = b"specimen code"
"""What the code hash of `specimen.TRUST` is of."""


@dataclass(frozen=True)
class Proved:
    """A bundle, and the hash (32 bytes) of the block that it speaks of."""

    bundle: Bundle
    block_hash: bytes


def prove(case: Case, *, code: bytes = CODE, asked: Case | None = None) -> Proved:
    """The case's credential and evidence, with proofs of all that the case's chain answers, or that of `asked`."""
    words: dict[int, int] = {}
    for (root, key_id), answer in case.chain.answers.items():
        words |= _words(answer.facts, root, key_id)
    storage = _trie({_word(slot): rlp.encode(_number(word)) for slot, word in words.items() if word})
    others = {sha(f"specimen account {other}")[:20]: sha("code") for other in range(40)}
    accounts = {address: rlp.encode([b"\1", b"", sha("storage"), hash]) for address, hash in others.items()}
    state = _trie(accounts | {CONTRACT: rlp.encode([b"\1", b"", storage.root_hash, keccak(code)])})
    facts = next(iter(case.chain.answers.values())).facts
    header = _header(state.root_hash, facts.block_number, facts.block_time)
    wanted = _asked(words, asked or case)
    evidence = case.status.data
    assert isinstance(evidence, bytes)
    bundle = Bundle(
        chain_id=CHAIN_ID,
        contract=CONTRACT,
        header=header,
        code=code,
        account=_nodes(state, [CONTRACT]),
        storage=_nodes(storage, [_word(slot) for slot in wanted]),
        status=(canonical(json.loads(evidence)),),
        credential=case.data,
    )
    return Proved(bundle, keccak(header))


def _asked(words: Mapping[int, int], case: Case) -> set[int]:
    """Slots that `lookup` reads, those that hold nothing included."""
    found: set[int] = set()

    def read(slot: int) -> int:
        found.add(slot % 2**256)
        return words.get(slot % 2**256, 0)

    for root, key_id in case.chain.answers:
        slots.lookup(read, root, key_id)
    return found


def _words(facts: ChainFacts, root: bytes, key_id: bytes) -> dict[int, int]:
    key, issuer = _entry(slots.KEYS, key_id), _entry(slots.ISSUERS, facts.key_issuer)
    first = int.from_bytes(keccak(_word(issuer + 1)), "big")
    words = {
        slots.TIP: facts.log_size | int(facts.closed) << 240,
        slots.LATEST_ROOT: int.from_bytes(facts.latest_root, "big"),
        _entry(slots.ANCHORS, facts.latest_root): facts.latest_number | facts.latest_time << 128,
        key: int.from_bytes(facts.key_issuer, "big"),
        key + 1: facts.key_added_at | facts.key_revoked_at << 48 | facts.key_compromised_at << 96,
        issuer: facts.issuer_added_at,
        issuer + 1: int(facts.issuer_suspended),
        first: facts.issuer_added_at if facts.issuer_suspended else 0,
    }
    anchor = facts.anchor_number | facts.anchor_position << 64 | facts.anchor_time << 128 | facts.anchor_block << 176
    words |= {_entry(slots.ANCHORS, root): anchor} if anchor else {}
    peaks = (level for level in range(64) if facts.log_size >> level & 1)
    return words | {_entry(slots.PEAKS, _word(level)): int.from_bytes(sha(f"peak {level}"), "big") for level in peaks}


def _header(state_root: bytes, number: int, time: int) -> bytes:
    """Twenty-one fields, as since Prague."""
    hashes = [sha(f"specimen header {place}") for place in range(8)]
    return bytes(
        rlp.encode(
            [
                hashes[0], hashes[1], hashes[2][:20], state_root, hashes[3], hashes[4], bytes(256), b"",
                _number(number), _number(36_000_000), _number(21_000), _number(time), b"specimen", hashes[5], bytes(8),
                _number(10**9), hashes[6], b"", b"", hashes[7], sha("requests"),
            ]
        )
    )  # fmt: skip


def _trie(items: Mapping[bytes, bytes]) -> Any:
    trie = HexaryTrie({})
    for key, value in items.items():
        trie[keccak(key)] = value
    return trie


def _nodes(trie: Any, keys: list[bytes]) -> tuple[bytes, ...]:
    """On the way to these keys, ascending; those inside others travel with them."""
    found = {rlp.encode(node) for key in keys for node in trie.get_proof(keccak(key))}
    root = trie.root_hash
    return tuple(sorted(node for node in found if len(node) >= 32 or keccak(node) == root))


def _entry(slot: int, key: bytes) -> int:
    return int.from_bytes(keccak(key + _word(slot)), "big")


def _word(value: int) -> bytes:
    return (value % 2**256).to_bytes(32, "big")


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
