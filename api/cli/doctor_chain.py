"""What `credanchor doctor` checks on the chain: every endpoint beside the others, roles and balances, clocks."""

import time
from typing import TYPE_CHECKING

from api.cli.failures import CliError
from api.cli.findings import Finding, Wrong

if TYPE_CHECKING:
    from api.datadir import Deployment
    from api.settings import Settings

TIMEOUT_SECONDS = 5.0

SKEW_SECONDS = 5
"""Between the clocks of this machine and of the database: a third of the worker's lease."""

REGISTRAR_STEPS = 5
"""A new issuer takes two transactions of the registrar, a new key one; with less than this it will stop soon."""


def endpoints(settings: "Settings") -> list[Finding]:
    """Each endpoint that is in order, and each trouble with its remedy."""
    from anchor.profiles import profile
    from anchor.survey import survey, troubles
    from api import chains

    there = _deployment(settings)
    rules = {rule.name: rule.value for rule in chains.rules(settings, there.chain_id)}
    sights = survey(chains.endpoints(settings), _contract(there), rules["finality_depth"], TIMEOUT_SECONDS)
    code, pace = bytes.fromhex(there.code_sha256[2:]), profile(there.chain_id).block_seconds
    found = troubles(sights, there.chain_id, code, pace, time.time())
    fine = [
        Finding("endpoint", "ok", f"{one.endpoint} at block {one.heads.latest.number}, final {one.heads.final.number}")
        for one in sights
        if one.heads and not any(one.endpoint in trouble.places for trouble in found)
    ]
    return fine + [Finding("endpoint", "wrong" if one.wrong else "unknown", one.detail, one.remedy) for one in found]


def accounts(settings: "Settings") -> list[Finding]:
    """Operator and registrar: their roles in the contract, and their balances in anchors' worth."""
    from anchor.accounts import accounts as look
    from anchor.contract import OPERATOR_ROLE, REGISTRAR_ROLE
    from anchor.errors import Inconsistent, Unreachable
    from anchor.jsonrpc import JsonRpc
    from anchor.worker.round import RESERVE_ANCHORS
    from api import chains, signers

    there = _deployment(settings)
    roles = {OPERATOR_ROLE: "operator", REGISTRAR_ROLE: "registrar"}
    least = {OPERATOR_ROLE: RESERVE_ANCHORS, REGISTRAR_ROLE: REGISTRAR_STEPS}
    wanted = {name: bytes.fromhex(signers.address(settings, key)[2:]) for name, key in roles.items()}
    tip = chains.config(settings, there).min_tip
    problem: Exception = Unreachable("chain", "no endpoint is configured")
    for url in chains.endpoints(settings):
        rpc = JsonRpc(url, timeout=TIMEOUT_SECONDS)
        try:
            seen = look(rpc, _contract(there), wanted, tip)
            break
        except (Unreachable, Inconsistent) as found:
            problem = found  # another endpoint may answer
        finally:
            rpc.close()
    else:
        raise problem
    findings = []
    for one in seen:
        name, shown = roles[one.role], f"0x{one.address.hex()}"
        detail = f"{name} {shown} holds {one.balance} wei, {one.anchors} anchors' worth"
        if not one.holds:
            remedy = f"The administrator grants it: grantRole({one.role}, {shown}) at {there.contract}."
            findings.append(Finding("account", "wrong", f"{name} {shown} has not the role {one.role}", remedy))
        elif one.anchors < least[one.role]:
            findings.append(Finding("account", "wrong", detail, f"Send ether to {shown}."))
        else:
            findings.append(Finding("account", "ok", detail))
    return findings


def clock(settings: "Settings") -> str:
    """The database's clock beside this machine's; the chain's is looked at with each endpoint."""
    from registry.store.engine import Store

    store = Store(settings.database)
    try:
        skew = store.now() - int(time.time())
    finally:
        store.close()
    if abs(skew) > SKEW_SECONDS:
        raise Wrong(f"the database's clock differs by {skew} s from the one here", "Set both clocks (NTP).")
    return "this machine and the database agree"


def _deployment(settings: "Settings") -> "Deployment":
    from api.datadir import Deployment

    found = Deployment.load(settings.deployment)
    if found is None:
        raise CliError("no contract was deployed")
    return found


def _contract(there: "Deployment") -> bytes:
    return bytes.fromhex(there.contract[2:])
