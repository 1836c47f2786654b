"""Anchor batches under every fault at random, then prove that nothing was lost and nothing is there twice."""

import argparse
import logging
import secrets
import sys

from soaking.run import soak
from soaking.world import world


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description=__doc__,
        epilog="example: scripts/soak --minutes 10 --seed 7 --chain anvil --database sqlite",
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, help="of all chances but those of time (default: a new one, printed)")
    parser.add_argument("--chain", choices=("anvil", "devnode"), default="devnode")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}, {options.minutes:g} minutes, {options.chain}, {options.database}", flush=True)
    logging.disable(logging.CRITICAL)  # that ticks fail is what this is about
    with world(options.chain, options.database, seed) as made:
        return soak(made, options.minutes * 60)


if __name__ == "__main__":
    sys.exit(main())
