"""Benchmarks, printed as tables: every figure stands beside a peer or a physical limit measured in the same run."""

import argparse
import os
import platform

from benchmarks.issuing import issuing
from benchmarks.rdf import rdf
from benchmarks.stages import stages
from benchmarks.trees import trees


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: scripts/bench --count 1000")
    parser.add_argument("--count", type=int, default=10_000, help="credentials in the long stages (0: leave them out)")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    trees()
    rdf()
    if not options.count:
        return 0
    issuing(options.count)
    issuing(options.count, unsigned=True)
    return stages(options.count)


if __name__ == "__main__":
    raise SystemExit(main())
