"""Deploy the registry contract to a chain, once, and write deployment.json and trust.toml into the data directory.

The keys of admin, registrar and operator are made in the data directory if they are not there, unless a setting names
another signer (CREDANCHOR_OPERATOR_SIGNER, CREDANCHOR_REGISTRAR_SIGNER). The first run tells which accounts need ether;
run it again when they have some. `credanchor serve` does all this for the embedded chain.
"""

import argparse
from typing import Any

from api.cli import options
from api.cli.failures import REFUSED, CliError
from api.cli.output import emit, facts

ADMIN_DELAY_SECONDS = 2 * 86_400
"""Between the announcement of a new administrator and its taking office: time for everybody to see and object."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor deploy`."""
    parser.add_argument("--rpc", action="append", metavar="URL", help="a node of the chain (else CREDANCHOR_RPC_URLS)")
    parser.add_argument("--public-url", metavar="URL", help="where the world will find the registry")
    says = f"seconds a change of administrator takes ({ADMIN_DELAY_SECONDS})"
    parser.add_argument("--admin-delay", type=int, default=ADMIN_DELAY_SECONDS, metavar="SECONDS", help=says)
    options.with_data(parser)
    options.with_json(parser)
    options.example(
        parser, "credanchor deploy --rpc https://node.example --public-url https://registry.example --data ./registry"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make keys, ask for ether, deploy."""
    from dataclasses import asdict, replace

    from anchor import profiles
    from anchor.errors import InsufficientFunds
    from api import chains, datadir, serve, signers

    settings = options.settings(
        arguments, rpc_urls=tuple(arguments.rpc) if arguments.rpc else None, public_url=arguments.public_url
    )
    datadir.prepare(settings.data_dir)
    if there := datadir.Deployment.load(settings.deployment):
        raise CliError(
            f"{settings.data_dir} belongs to contract {there.contract} on chain {there.chain_id} already.",
            "A registry has one contract. Use another data directory for another one.",
        )
    signers.make_keystores(settings, scrypt_n=datadir.SCRYPT_N)
    accounts = {role: signers.address(settings, role) for role in datadir.ROLES}
    try:
        deployment = serve.deploy(settings, admin_delay=arguments.admin_delay)
    except InsufficientFunds as problem:
        raise CliError(
            f"{problem}\n{facts(accounts)}", "Send ether to each of them, then run this again.", REFUSED
        ) from None
    deployment = replace(deployment, public_url=settings.public_url)
    deployment.save(settings.deployment)
    profile = deployment.trust(
        settings.rpc_urls,
        test=chains.is_test(settings, deployment.chain_id),
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    datadir.write(settings.trust, profile.to_toml())
    shown = chains.explorer(settings, deployment.chain_id)
    link = shown.address_link(bytes.fromhex(deployment.contract[2:])) if shown else None
    result: dict[str, Any] = asdict(deployment) | {"accounts": accounts, "explorer": link}
    on = f"{deployment.chain_id}, {profiles.profile(deployment.chain_id).name}"
    rows = {"contract": deployment.contract, "chain": on, **accounts} | ({"look at it": link} if link else {})
    text = facts(rows)
    emit(arguments.json, result, f"{text}\n\nVerifiers need the entry in {settings.trust}. Next: credanchor serve")
    return 0
