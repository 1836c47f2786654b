"""The verifier's reader against the real contract, and against nodes that are broken, slow, hostile or elsewhere."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from anchor import reader
from anchor.devnode import DevNode, serve
from anchor.errors import Unreachable, WrongChain
from anchor.reader import Reader
from contracts import artifact
from registry.format import entries
from registry.store.tables import Anchor, IssuerKey
from tests.support import worksite
from tests.support.answering import answering
from tests.support.worksite import Site

NOBODY = bytes(32)
OPENED: list[Reader] = []


def reading(site: Site, *urls: str, **changes: object) -> Reader:
    config = replace(site.config, **changes)  # type: ignore[arg-type]
    OPENED.append(Reader(urls, config.chain_id, config.contract, config.code_sha256, timeout=5))
    return OPENED[-1]


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def facts_of(site: Site) -> tuple[bytes, bytes]:
    """Root of the newest anchor, and the issuer's key."""
    with site.view.read() as session:
        key = session.query(IssuerKey).one().key_id
        return session.query(Anchor).order_by(Anchor.number.desc()).first().root, key  # type: ignore[union-attr]


def test_an_anchor_is_pending_until_its_block_is_final_and_then_all_its_facts_are_there(site: Site) -> None:
    site.seal()
    site.worker.tick()
    root, key = facts_of(site)
    with serve(site.node) as server:
        assert not reading(site, server.url).lookup(root, key).pending  # in the pool: the chain knows nothing of it
        site.mine()
        early = reading(site, server.url).lookup(root, key)
        assert early.pending
        assert early.facts.anchor_number == 0
        assert early.facts.key_issuer == entries.issuer_id(worksite.DID)
        site.mine()
        answer = reading(site, server.url).lookup(root, key)
    (anchored,) = [entry for entry in site.log() if entry.kind == 1]
    found = answer.facts
    assert not answer.pending
    assert (found.anchor_number, found.anchor_position, found.anchor_time, found.anchor_block) == (
        1, anchored.position, anchored.time, anchored.block_number,
    )  # fmt: skip
    assert (found.latest_number, found.latest_root, found.latest_time) == (1, root, anchored.time)
    assert (found.block_number, found.block_hash) == (anchored.block_number, anchored.block_hash)
    assert found.log_size == anchored.position + 1
    assert found.key_valid_at(found.anchor_time)
    assert found.finalized
    assert found.code_sha256 == artifact().code_sha256
    with pytest.raises(Unreachable, match="http:// or https://"):
        reading(site, "file:///etc/passwd").lookup(root, key)


def test_two_requests_answer_a_first_question_and_none_a_repeated_one(site: Site) -> None:
    site.seal()
    site.worker.tick()
    site.mine(2)
    root, key = facts_of(site)
    asked: list[int] = []

    def through(body: bytes) -> tuple[int, bytes, dict[str, str]]:
        asked.append(len(json.loads(body)))
        return 200, site.node.answer(body) or b"", {}

    with answering(through) as url:
        found = reading(site, url)
        first = found.lookup(root, key)
        assert asked == [3, 2]  # chain id and two heads; code and facts at the block named by its hash
        found._heads = {node: _later(head) for node, head in found._heads.items()}
        assert found.lookup(root, key) is first
    assert asked == [3, 2]


def _later(head: reader._Head) -> reader._Head:
    head.at += 3600
    return head


def test_only_an_unreachable_node_is_replaced_by_the_next(site: Site, make_other_chain: DevNode) -> None:
    with serve(site.node) as server, serve(make_other_chain) as other:
        assert reading(site, "http://127.0.0.1:1", server.url).lookup(NOBODY, NOBODY).facts.log_size > 0
        with pytest.raises(WrongChain) as caught:
            reading(site, other.url, server.url).lookup(NOBODY, NOBODY)
    assert (caught.value.expected, caught.value.found) == (site.config.chain_id, make_other_chain.chain_id)
    with pytest.raises(Unreachable, match="did not answer"):
        reading(site, "http://127.0.0.1:1", "http://127.0.0.1:1").lookup(NOBODY, NOBODY)


@pytest.fixture
def make_other_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevNode]:
    """A chain with another id."""
    with DevNode(tmp_path_factory.mktemp("other") / "chain.db", chain_id=424_242, block_interval=0) as node:
        yield node


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        pytest.param(200, b"<html>Welcome to our hotel</html>", {}, id="HTML"),
        pytest.param(200, b"[]", {}, id="an empty batch"),
        pytest.param(200, b'"x"', {}, id="a string"),
        pytest.param(200, b'{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"no"}}', {}, id="an error"),
        pytest.param(200, b"[" * 100_000, {}, id="nested too deep"),
        pytest.param(200, b" " * (reader.MAX_ANSWER_BYTES + 1), {}, id="too long"),
        pytest.param(302, b"", {"Location": "http://127.0.0.1:1/"}, id="a redirect"),
        pytest.param(429, b"slow down", {}, id="too many requests"),
        pytest.param(500, b"", {}, id="a server error"),
    ],
)
def test_what_is_not_an_answer_is_unreachable_and_says_nothing_about_the_credential(
    site: Site, status: int, body: bytes, headers: dict[str, str]
) -> None:
    with answering(lambda _request: (status, body, headers)) as url, pytest.raises(Unreachable):
        reading(site, url).lookup(NOBODY, NOBODY)


def test_a_token_in_the_address_of_a_node_is_not_repeated(site: Site) -> None:
    with pytest.raises(Unreachable) as caught:
        reading(site, "http://user:secret@127.0.0.1:1/v3/token").lookup(NOBODY, NOBODY)
    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)


def test_other_code_at_the_address_is_reported_and_its_answers_are_not(site: Site) -> None:
    with serve(site.node) as server:
        wanted = hashlib.sha256(b"another contract").digest()
        found = reading(site, server.url, code_sha256=wanted).lookup(NOBODY, NOBODY)
        assert found.facts.code_sha256 == artifact().code_sha256 != wanted
        assert (found.facts.log_size, found.pending) == (0, False)
        empty = reading(site, server.url, contract=b"\x01" * 20).lookup(NOBODY, NOBODY)
        assert empty.facts.code_sha256 == hashlib.sha256(b"").digest()
        assert not empty.pending


def test_a_contract_that_is_not_final_yet_knows_nothing_yet(site: Site) -> None:
    site.seal()
    site.worker.tick()
    site.mine()
    root, key = facts_of(site)
    head = int(site.node.request("eth_blockNumber"), 16)
    site.node.request("dev_setFinality", "0x1", hex(head))  # final is the first block of the chain
    with serve(site.node) as server:
        early = reading(site, server.url).lookup(root, key)
        unknown = reading(site, server.url).lookup(NOBODY, key)
    assert early.pending
    assert (early.facts.code_sha256, early.facts.anchor_number) == (site.config.code_sha256, 0)
    assert not unknown.pending


def test_the_readers_constants_are_those_of_the_artifact() -> None:
    from eth_utils.abi import function_abi_to_4byte_selector

    (function,) = [item for item in artifact().abi if item.get("name") == "lookup" and item["type"] == "function"]
    assert function_abi_to_4byte_selector(function) == reader.LOOKUP_SELECTOR  # type: ignore[arg-type]
    (answer,) = function["outputs"]
    names = [member["name"] for member in answer["components"]]
    assert len(names) == reader.LOOKUP_WORDS
    assert all(member["type"] in ("uint64", "uint48", "bytes32", "bool") for member in answer["components"])
    assert (names[4], names[8], names[14]) == ("anchorNumber", "keyIssuer", "latestNumber")


def test_importing_the_reader_loads_no_web3_and_no_database() -> None:
    code = "import sys, anchor.reader; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "anchor" in loaded
    assert not loaded & {
        "web3",
        "eth_account",
        "eth_abi",
        "sqlalchemy",
        "requests",
        "fastapi",
        "pydantic",
        "pyld",
        "eth",
    }
