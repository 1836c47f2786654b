"""Print the configuration in force, secrets masked, and check all it names: files, database, chain, contract, API.

Exit code: 0 all is well, 1 something is wrong, 2 something did not answer.
"""

import argparse
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import doctor_chain, options
from api.cli.failures import NOT_KNOWN, REFUSED, exit_code
from api.cli.findings import Finding, Wrong
from api.cli.output import GREEN, RED, YELLOW, colour, emit, facts

if TYPE_CHECKING:
    from api.chains import Rule
    from api.settings import Settings

TIMEOUT_SECONDS = 5.0

Check = Callable[["Settings"], "str | list[Finding]"]
"""What a check gives when all is well, or one finding for each thing that it looked at."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor doctor`."""
    options.with_data(parser)
    options.with_json(parser)
    options.example(parser, "credanchor doctor --data ./registry")


def run(arguments: argparse.Namespace) -> int:
    """Check everything; one bad thing does not hide the next."""
    settings = options.settings(arguments)
    findings = [found for name, check in CHECKS.items() for found in _make(name, check, settings)]
    marks = {"ok": colour("✓", GREEN), "wrong": colour("✗", RED), "unknown": colour("?", YELLOW)}
    lines = [facts(settings.masked()), ""]
    if in_force := _rules(settings):
        lines += ["On this chain:", facts({rule.name: rule for rule in in_force}), ""]
    for found in findings:
        lines.append(f"{marks[found.outcome]} {found.name:<12} {found.detail}")
        if found.remedy:
            lines.append(f"  {'':<12} {found.remedy}")
    value = {
        "settings": settings.masked(),
        "chain": [asdict(rule) for rule in _rules(settings)],
        "checks": [asdict(found) for found in findings],
    }
    emit(arguments.json, value, "\n".join(lines))
    outcomes = {found.outcome for found in findings}
    return REFUSED if "wrong" in outcomes else NOT_KNOWN if "unknown" in outcomes else 0


def _make(name: str, check: Check, settings: "Settings") -> list[Finding]:
    try:
        found = check(settings)
        return [Finding(name, "ok", found)] if isinstance(found, str) else found
    except Wrong as problem:
        return [Finding(name, "wrong", problem.detail, problem.remedy)]
    except Exception as problem:
        # Whatever a check meets is what the reader came to see; the others still run.
        return [Finding(name, "unknown" if exit_code(problem) == NOT_KNOWN else "wrong", str(problem) or repr(problem))]


def _rules(settings: "Settings") -> list["Rule"]:
    """What holds on the chain of the deployment, and why; nothing while there is none."""
    from api import chains
    from api.datadir import DataDirError, Deployment

    try:
        there = Deployment.load(settings.deployment)
    except DataDirError:  # the check of the deployment says it
        there = None
    return [chains.standing(settings, there.chain_id), *chains.rules(settings, there.chain_id)] if there else []


def _files(settings: "Settings") -> str:
    if not settings.data_dir.is_dir():
        raise Wrong(
            f"there is no directory {settings.data_dir}", "Start with `credanchor serve`, or name it with --data."
        )
    loose = [path for path in _secrets(settings) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if loose:
        names = " ".join(map(str, loose))
        raise Wrong(f"others can read {names}", f"chmod 600 {names}, and change what is in them if others were there.")
    return f"{settings.data_dir}, secrets readable by you only"


def _secrets(settings: "Settings") -> Iterator[Path]:
    yield from (path for path in (settings.master_key, settings.client) if path.exists())
    yield from settings.keystore.glob("*")


def _contexts(settings: "Settings") -> str:
    from registry.rdfc import added

    if settings.contexts is None:
        return "the shipped ones only"
    urls = sorted(added.read(settings.contexts))
    return f"the shipped ones and {', '.join(urls) or 'none'} of {settings.contexts}"


def _master_key(settings: "Settings") -> str:
    from registry.store.engine import Store, StoreUnavailable
    from registry.store.signers import require_master_key
    from registry.store.vault import Vault

    vault, store = Vault.from_file(settings.master_key), Store(settings.database)
    try:
        with suppress(StoreUnavailable):  # which is for the next check to say
            require_master_key(store, vault)
    finally:
        store.close()
    return f"{settings.master_key}"


def _database(settings: "Settings") -> str:
    from registry.store.engine import Store, at_head

    store = Store(settings.database)
    try:
        if not at_head(store):
            raise Wrong("the schema is not of this version", "credanchor migrate")
        return f"{store.dialect}, schema of this version"
    finally:
        store.close()


def _deployment(settings: "Settings") -> str:
    from api.datadir import Deployment

    found = Deployment.load(settings.deployment)
    if found is None:
        raise Wrong("no contract was deployed", "credanchor deploy, or credanchor serve for an embedded chain.")
    return f"contract {found.contract} on chain {found.chain_id}, public address {found.public_url}"


def _standing(settings: "Settings") -> str:
    """A profile written while the settings said otherwise would contradict every page."""
    from api import chains
    from api.datadir import Deployment
    from registry.verify.trust import TrustProfile

    there = Deployment.load(settings.deployment)
    if there is None:
        return "there is no chain yet that it depends on"
    test = chains.is_test(settings, there.chain_id)
    profile = TrustProfile.parse(settings.trust.read_text("utf-8"))
    entry = profile.find(there.chain_id, bytes.fromhex(there.contract[2:]))
    if entry is not None and entry.test is not test:
        said, is_ = ("a test", "none") if entry.test else ("no test", "one")
        setting = f"CREDANCHOR_TEST_NETWORK={str(entry.test).lower()}"
        raise Wrong(
            f"{settings.trust} calls this registry {said}, and by settings and chain it is {is_}",
            f"Correct `test` in that file and tell those who verify, or set {setting}.",
        )
    return "a test: credentials have no standing" if test else "credentials have the standing of their issuers"


def _chain(settings: "Settings") -> str:
    from anchor.reader import Reader
    from registry.verify.trust import TrustProfile

    profile = TrustProfile.parse(settings.trust.read_text("utf-8"))
    answers = []
    for one in profile.registries:
        facts = (
            Reader(one.rpc, one.chain_id, one.contract, one.code_sha256, TIMEOUT_SECONDS)
            .lookup(bytes(32), bytes(32))
            .facts
        )
        answers.append(
            f"{one.name}: block {facts.block_number}, log of {facts.log_size}, {facts.latest_number} anchors"
        )
    return "; ".join(answers)


def _api(settings: "Settings") -> str:
    from api.client import ApiError, Client

    known = options.known_client(settings.data_dir)
    if not known:
        raise Wrong(f"there is no {settings.client}", "credanchor serve writes it.")
    client = Client(known["url"], known["api_key"])
    client.get("/v1/api-keys")  # the key is accepted
    try:
        client.get("/readyz")
    except ApiError as problem:
        checks = problem.problem.get("checks", {})
        bad = "; ".join(f"{name}: {check.get('detail')}" for name, check in checks.items() if not check.get("ok"))
        raise Wrong(bad or str(problem), "The log of `credanchor serve` says more.") from None
    return f"{known['url']} is ready"


CHECKS: dict[str, Check] = {
    "files": _files,
    "contexts": _contexts,
    "master key": _master_key,
    "database": _database,
    "deployment": _deployment,
    "standing": _standing,
    "chain": _chain,
    "endpoint": doctor_chain.endpoints,
    "account": doctor_chain.accounts,
    "clock": doctor_chain.clock,
    "API": _api,
}
