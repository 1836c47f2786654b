"""Benchmarks, printed as tables: every figure stands beside a peer or a physical limit measured in the same run."""

import argparse
import os
import platform

from benchmarks.auditing import auditing
from benchmarks.issuing import issuing
from benchmarks.rdf import rdf
from benchmarks.stages import stages
from benchmarks.trees import trees

LEAVES = 100
"""In each anchor's batch of the audit: with --anchors 10000 a million."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: scripts/bench --count 1000")
    parser.add_argument("--count", type=int, default=10_000, help="credentials in the long stages (0: leave them out)")
    parser.add_argument("--anchors", type=int, default=300, help="anchors of 100 leaves to audit (0: leave it out)")
    parser.add_argument("--lists", type=int, default=20, help="status lists that each of them commits to")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    trees()
    rdf()
    if options.anchors:
        auditing(options.anchors, LEAVES, options.lists)
    if not options.count:
        return 0
    issuing(options.count)
    issuing(options.count, unsigned=True)
    return stages(options.count)


if __name__ == "__main__":
    raise SystemExit(main())
