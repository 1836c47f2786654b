"""A node that answers the reader's questions from a prepared case: what `verify` needs of a chain, and no more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from registry.verify import ChainFacts
from tests.support.answering import Answer, answering
from tests.support.cases import Chain
from tests.support.specimen import CHAIN_ID, sha

CODE = b"specimen code"
"""Its SHA-256 is the code hash in the specimen's trust profile."""


@contextmanager
def serving(chain: Chain, heard: list[str] | None = None) -> Iterator[str]:
    """The URL of a node that knows exactly the answers of `chain`, inside a `with`; `heard` gets the methods asked."""

    def answer(body: bytes) -> Answer:
        request = json.loads(body)
        if heard is not None:
            heard.extend(one["method"] for one in (request if isinstance(request, list) else [request]))
        found = [_answer(chain, one) for one in request] if isinstance(request, list) else _answer(chain, request)
        return 200, json.dumps(found).encode(), {}

    with answering(answer) as url:
        yield url


def _answer(chain: Chain, request: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "result": _result(chain, request["method"], request["params"])}


def _result(chain: Chain, method: str, params: list[Any]) -> Any:
    if method == "eth_chainId":
        return hex(CHAIN_ID)
    if method == "eth_getCode":
        return "0x" + CODE.hex()
    facts = next(iter(chain.answers.values())).facts
    if method == "eth_getBlockByNumber":
        return {"number": hex(facts.block_number), "timestamp": hex(facts.block_time), "hash": "0x" + sha("b").hex()}
    assert method == "eth_call", method
    asked = bytes.fromhex(params[0]["data"][2:])
    known = chain.answers.get((asked[4:36], asked[36:68]))
    return "0x" + (_words(known.facts) if known else bytes(17 * 32)).hex()


def _words(facts: ChainFacts) -> bytes:
    """The contract's struct Lookup."""
    values: list[int | bytes] = [
        facts.chain_id,
        facts.log_size,
        facts.log_head,
        facts.closed,
        facts.anchor_number,
        facts.anchor_position,
        facts.anchor_time,
        facts.anchor_block,
        facts.key_issuer,
        facts.key_added_at,
        facts.key_revoked_at,
        facts.key_compromised_at,
        facts.issuer_added_at,
        facts.issuer_suspended,
        facts.latest_number,
        facts.latest_root,
        facts.latest_time,
    ]
    return b"".join(value if isinstance(value, bytes) else int(value).to_bytes(32, "big") for value in values)
