"""Trees and proofs beside merkletools."""

import hashlib
import warnings
from typing import Any

from benchmarks.clock import best

from registry.format import merkle

SIZES = (1_000, 10_000, 100_000)
PROOFS = 2_000  # proofs walked per size; enough to be above the clock's grain


def trees() -> None:
    """Building, and proving with checking, beside merkletools; the limit is hashing 64 bytes once per inner node."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # merkletools warns on import that it lacks SHA-3, which is not used here
        from merkletools import MerkleTools

    print("\ntree and proofs (best of 3)")
    print(
        f"{'leaves':>8} {'build':>10} {'merkletools':>12} {'bare hashing':>13} {'proof+check':>12} {'merkletools':>12}"
    )
    for size in SIZES:
        leaves = [hashlib.sha256(n.to_bytes(8, "big")).digest() for n in range(size)]
        theirs = MerkleTools("sha256")

        def build_theirs(theirs: Any = theirs, leaves: list[bytes] = leaves) -> None:
            theirs.reset_tree()
            theirs.add_leaf([leaf.hex() for leaf in leaves], False)
            theirs.make_tree()

        def bare(leaves: list[bytes] = leaves) -> None:
            sha256 = hashlib.sha256
            for n in range(len(leaves) - 1):
                sha256(leaves[n] + leaves[n + 1]).digest()

        ours = merkle.Tree(leaves)
        step = max(1, size // PROOFS)
        indexes = range(0, size, step)

        def prove(ours: merkle.Tree = ours, leaves: list[bytes] = leaves, indexes: range = indexes) -> None:
            for index in indexes:
                if merkle.root_from_path(leaves[index], index, len(leaves), ours.path(index)) != ours.root:
                    raise AssertionError(index)

        def prove_theirs(theirs: Any = theirs, leaves: list[bytes] = leaves, indexes: range = indexes) -> None:
            root = theirs.get_merkle_root()
            for index in indexes:
                if not theirs.validate_proof(theirs.get_proof(index), leaves[index].hex(), root):
                    raise AssertionError(index)

        def build_ours(leaves: list[bytes] = leaves) -> bytes:
            return merkle.Tree(leaves).root

        build, build_peer, limit = best(build_ours), best(build_theirs), best(bare)
        if theirs.get_merkle_root() != ours.root.hex():
            raise AssertionError("the two trees differ")
        proofs, proofs_peer = best(prove), best(prove_theirs)
        print(
            f"{size:>12}  {build * 1e3:>9.1f} ms  {build_peer / build:>10.1f} x  {limit / build:>12.0%}  "
            f"{len(indexes) / proofs:>10.0f}/s  {proofs_peer / proofs:>10.1f} x"
        )
    print("  x: how many times faster than merkletools; bare hashing: share of the time that hashing alone takes")
