"""Other nodes' word on a block that one calls final. Agreement is counted; disagreement is an alarm, never a vote."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from anchor.chain import ChainConfig
from anchor.contract import RegistryContract
from anchor.errors import Halted
from anchor.node import Header, Node, block_by_tag
from anchor.worker.observe import TRANSIENT


@dataclass(frozen=True)
class Testimony:
    """`agreeing` counts independent nodes, the first among them; `silent` says of each other one why it is not."""

    agreeing: int
    silent: tuple[str, ...]


def witnesses(
    first: Node, others: Iterable[Node], contract: RegistryContract, config: ChainConfig, final: Header
) -> Testimony:
    """Which nodes see `final` as final, and in it the same code and the same log head as `first` does.

    All are asked, also when enough agree: two that do would otherwise outvote a third. One that does not answer or lags
    behind says nothing; two under one host are one. Raises Halted when one contradicts.
    """
    question = contract.read(final.hash, "head")
    head = first.data(first.ask([question])[0])
    agreeing, silent = {first.endpoint}, []
    for node in others:
        try:
            doubt = _doubt(node, contract, config, final)
            if doubt == "" and node.data(node.ask([question])[0]) != head:
                doubt = "shows another log in it"
        except TRANSIENT as problem:
            silent.append(f"{node.endpoint}: {problem}")
            continue
        if doubt is None:
            silent.append(f"{node.endpoint} has not heard of its finality yet")
        elif doubt:
            raise Halted(
                "nodes-disagree",
                f"{first.endpoint} says that block {final.number} is final; {node.endpoint} {doubt}",
                "One of them lies, is on a fork or is another chain's. Find out which, and remove it from rpc_urls",
            )
        else:
            agreeing.add(node.endpoint)
    return Testimony(len(agreeing), tuple(silent))


def _doubt(node: Node, contract: RegistryContract, config: ChainConfig, final: Header) -> str | None:
    """What a node says against the block; None: nothing yet, since for it the block is not final."""
    heads = node.heads(contract.address, config.finality_depth)
    if heads.chain_id != config.chain_id:
        return f"serves chain {heads.chain_id}, not {config.chain_id}"
    if heads.final.number < final.number:
        return None
    if sha256(heads.code).digest() != config.code_sha256:
        return "shows other code at the contract's address"
    [mine] = node.ask([block_by_tag(hex(final.number))])
    return "" if node.header(mine).hash == final.hash else "has another block there"
