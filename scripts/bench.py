"""Benchmarks, printed as tables: every figure stands beside a peer or a physical limit measured in the same run."""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from registry.format import merkle

SIZES = (1_000, 10_000, 100_000)
PROOFS = 2_000  # proofs walked per size; enough to be above the clock's grain
BEST_OF = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: scripts/bench --count 1000")
    parser.add_argument("--count", type=int, default=10_000, help="credentials in the demo stage (0: leave it out)")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    trees()
    return stages(options.count) if options.count else 0


def best(work: Callable[[], Any]) -> float:
    """Seconds of the fastest of a few runs."""
    times = []
    for _ in range(BEST_OF):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def trees() -> None:
    """Building, and proving with checking, beside merkletools; the limit is hashing 64 bytes once per inner node."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # merkletools warns on import that it lacks SHA-3, which is not used here
        from merkletools import MerkleTools

    print("tree and proofs (best of 3)")
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
    print("  x: how many times faster than merkletools; bare hashing: share of the time that hashing alone takes\n")


def stages(count: int) -> int:
    """The stages of `credanchor demo --once --count N`, as the demo itself measured them."""
    command = [sys.executable, "-m", "api.cli.main", "demo", "--once", "--json", "--count", str(count)]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True, cwd=Path(__file__).parents[1])
    if run.returncode != 0:
        print(f"the demo ended with exit code {run.returncode}")
        return run.returncode
    result = json.loads(run.stdout)
    print(f"demo --once --count {count}")
    for stage, seconds in result["seconds"].items():
        print(f"  {stage:<28} {seconds:>8.2f} s {count / seconds if seconds else 0:>12.0f} credentials/s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
