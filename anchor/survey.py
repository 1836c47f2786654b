"""All endpoints looked at side by side: which answers, which lags, which contradicts the others, whose clock is off."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from anchor.errors import Inconsistent, Unreachable
from anchor.jsonrpc import JsonRpc, RpcError
from anchor.node import Heads, Node, block_by_tag

LAG_BLOCKS = 5
"""Blocks behind the most advanced endpoint from which one is late: nodes of one chain differ by one or two."""

LAG_FINAL = 64
"""The same for final blocks: two epochs of Ethereum, in which finality comes in one step."""

AHEAD_SECONDS = 30
"""A block's time may run ahead of an honest clock by a slot; more, and the clock here is slow."""

OLD_BLOCKS, OLD_SECONDS = 10, 120
"""A newest block older than both: the node has lost its peers, or the clock here is fast."""


@dataclass(frozen=True)
class Sight:
    """One endpoint: what it said, or the problem. `common` is its hash of the newest block that is final for all."""

    endpoint: str
    heads: Heads | None
    problem: str = ""
    common: bytes | None = None


@dataclass(frozen=True)
class Trouble:
    """`wrong`: something is to be repaired; else it could not be looked at. `places` are the endpoints it is about."""

    places: tuple[str, ...]
    wrong: bool
    detail: str
    remedy: str


def survey(rpc_urls: Sequence[str], contract: bytes, finality_depth: int | None, timeout: float) -> list[Sight]:
    """Look at each endpoint, in the order of `rpc_urls`. Raises nothing: what fails is in the answer."""
    rpcs = [JsonRpc(url, timeout=timeout) for url in rpc_urls]
    try:
        nodes = [Node(rpc) for rpc in rpcs]
        seen = [_sight(node, contract, finality_depth) for node in nodes]
        finals = [sight.heads.final.number for sight in seen if sight.heads]
        return (
            [_with_common(node, sight, min(finals)) for node, sight in zip(nodes, seen, strict=True)]
            if finals
            else seen
        )
    finally:
        for rpc in rpcs:
            rpc.close()


def troubles(
    sights: Sequence[Sight], chain_id: int, code_sha256: bytes, block_seconds: float, now: float
) -> list[Trouble]:
    """Everything that is not as it should be; `now` is this machine's clock in Unix seconds."""
    ours = [sight for sight in sights if sight.heads and sight.heads.chain_id == chain_id]
    best = max((sight.heads.latest.number for sight in ours if sight.heads), default=0)
    final = max((sight.heads.final.number for sight in ours if sight.heads), default=0)
    found: list[Trouble] = []
    for sight in sights:
        place, heads = sight.endpoint, sight.heads
        if heads is None:
            found.append(Trouble((place,), False, f"{place}: {sight.problem}", "See that it answers, or name another."))
        elif heads.chain_id != chain_id:
            found.append(
                Trouble(
                    (place,), True, f"{place} serves chain {heads.chain_id}, not {chain_id}", "Remove it from rpc_urls."
                )
            )
        else:
            found += _of_ours(place, heads, code_sha256, best, final)
            found += _clock(place, heads, block_seconds, now)
    told = {sight.endpoint: sight.common for sight in ours if sight.common}
    if len(set(told.values())) > 1:
        which = ", ".join(f"{place} 0x{value.hex()[:12]}…" for place, value in told.items())
        remedy = "One lies or is on a fork: find out which, remove it. Nothing becomes final meanwhile."
        found.append(Trouble(tuple(told), True, f"the endpoints disagree about a final block: {which}", remedy))
    return found


def _sight(node: Node, contract: bytes, finality_depth: int | None) -> Sight:
    try:
        return Sight(node.endpoint, node.heads(contract, finality_depth))
    except Unreachable as problem:
        return Sight(node.endpoint, None, problem.problem)
    except (Inconsistent, RpcError) as problem:
        return Sight(node.endpoint, None, str(problem))


def _with_common(node: Node, sight: Sight, number: int) -> Sight:
    if sight.heads is None:
        return sight
    try:
        [answer] = node.ask([block_by_tag(hex(number))])
        return Sight(sight.endpoint, sight.heads, common=node.header(answer).hash)
    except (Unreachable, Inconsistent):
        return sight


def _of_ours(place: str, heads: Heads, code_sha256: bytes, best: int, final: int) -> list[Trouble]:
    found = []
    if best - heads.latest.number > LAG_BLOCKS:
        behind = f"{place} is {best - heads.latest.number} blocks behind, at {heads.latest.number}"
        found.append(Trouble((place,), True, behind, "Wait until it has caught up, or name another."))
    elif sha256(heads.code).digest() != code_sha256:
        remedy = "Name the deployment that fits the chain, or a node that keeps its state."
        found.append(Trouble((place,), True, f"{place} shows other code at the contract's address, or none", remedy))
    if final - heads.final.number > LAG_FINAL:
        late = f"{place} has block {heads.final.number} as final, another one {final}"
        found.append(
            Trouble((place,), True, late, "Its consensus client is late or cut off: see its log, or name another.")
        )
    return found


def _clock(place: str, heads: Heads, block_seconds: float, now: float) -> list[Trouble]:
    age = now - heads.latest.time
    if age < -AHEAD_SECONDS:
        return [
            Trouble(
                (place,),
                True,
                f"{place}: its newest block is {-age:.0f} s ahead of the clock here",
                "Set the clock (NTP).",
            )
        ]
    if block_seconds and age > max(OLD_SECONDS, OLD_BLOCKS * block_seconds):
        remedy = "It has lost its peers, or the clock here is fast: see its log, and set the clock (NTP)."
        return [Trouble((place,), True, f"{place}: its newest block is {age:.0f} s old", remedy)]
    return []
