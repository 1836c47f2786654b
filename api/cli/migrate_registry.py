"""Move the registry to a new contract, on the same chain or another one; safe to run again after an interruption.

The successor's first log entry commits to the whole old log, then the old contract is closed for ever in its favour.
The successor gets a data directory, a database and a public address of its own, with the issuers, their keys in force,
achievements and API keys. The old directory goes on serving what was issued: keep `credanchor serve` running on it.
Stop the registry before, and let its worker anchor everything: nothing can be anchored or revoked in it afterwards.
"""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from api.cli import options
from api.cli.deploy import ADMIN_DELAY_SECONDS
from api.cli.failures import REFUSED, CliError
from api.cli.output import emit, facts


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor migrate-registry`."""
    options.with_data(parser)
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="data directory of the successor")
    parser.add_argument("--public-url", required=True, metavar="URL", help="where the world will find the successor")
    parser.add_argument(
        "--rpc", action="append", metavar="URL", help="a node of the old chain (else CREDANCHOR_RPC_URLS)"
    )
    parser.add_argument(
        "--to-rpc", action="append", metavar="URL", help="a node of the new chain (else the old chain's)"
    )
    says = "SQLAlchemy URL of its database, new and empty; a password belongs into PGPASSFILE (else SQLite in DIR)"
    parser.add_argument("--to-database", default="", metavar="URL", help=says)
    says = f"seconds a change of administrator takes ({ADMIN_DELAY_SECONDS})"
    parser.add_argument("--admin-delay", type=int, default=ADMIN_DELAY_SECONDS, metavar="SECONDS", help=says)
    options.with_json(parser)
    options.example(
        parser,
        "credanchor migrate-registry --data ./registry --to ./registry-2 \\",
        "  --public-url https://registry-2.example --to-rpc https://node.other-chain.example",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check, deploy, close, carry over, register."""
    from anchor.errors import InsufficientFunds
    from api import datadir, migrating, signers

    old = options.settings(arguments, rpc_urls=tuple(arguments.rpc) if arguments.rpc else None)
    new = replace(
        old,
        data_dir=arguments.to,
        database_url=arguments.to_database,
        public_url=arguments.public_url,
        rpc_urls=tuple(arguments.to_rpc) if arguments.to_rpc else old.rpc_urls,
    )
    try:
        moved = migrating.move(old, new, _say, admin_delay=arguments.admin_delay)
    except InsufficientFunds as problem:
        accounts = {role: signers.address(old, role) for role in datadir.ROLES}
        remedy = "Send ether to each of them, then run this again."
        raise CliError(f"{problem}\n{facts(accounts)}", remedy, REFUSED) from None
    before = moved.predecessor
    shown: dict[str, Any] = {
        "contract": moved.deployment.contract,
        "chain": moved.deployment.chain_id,
        "continues": f"0x{before.contract.hex()} on chain {before.chain_id}",
        "log entries": before.size,
        "log head": before.head.hex(),
        "issuers": moved.issuers,
    }
    result = asdict(moved.deployment) | {
        "predecessor": {
            "chain_id": before.chain_id,
            "contract": "0x" + before.contract.hex(),
            "size": before.size,
            "head": before.head.hex(),
        },
        "issuers": moved.issuers,
        "registered": moved.registered,
    }
    later = (
        "" if moved.registered else "\nIssuers and keys still wait for the new chain: the successor's worker goes on."
    )
    told = f"Verifiers need both entries in {new.trust}. Next: credanchor serve --data {new.data_dir}"
    emit(arguments.json, result, f"{facts(shown)}\n{later}\n{told}; and go on serving {old.data_dir}")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr)
