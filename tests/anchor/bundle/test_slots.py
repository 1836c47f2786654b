"""The proved answer for every root and key is the contract's own, in whatever state the contract is."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from anchor.bundle import slots
from anchor.bundle.make import collector
from anchor.bundle.proved import ProvedChain
from anchor.devnode import DevNode, serve
from anchor.reader import Reader
from contracts import artifact
from tests.support.history import (
    ADMIN,
    ISSUER,
    KEY,
    PREFUND,
    REGISTRAR,
    SECOND_KEY,
    STRANGER,
    History,
    Sender,
    leaves,
)


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    begin = time.time()

    def fast() -> float:
        return begin + (time.time() - begin) * 100  # each block is at least a second later than the one before

    path = tmp_path_factory.mktemp("chain") / "chain.db"
    with DevNode(path, prefund=PREFUND, finality_depth=0, safe_depth=0, wall=fast) as node, serve(node) as server:
        yield Sender(server.url)


def test_the_slots_are_those_of_the_artifact() -> None:
    layout = artifact().storage
    names = ("_tip", "_peaks", "_latestRoot", "_anchors", "_issuers", "_keys")
    ours = (slots.TIP, slots.PEAKS, slots.LATEST_ROOT, slots.ANCHORS, slots.ISSUERS, slots.KEYS)
    assert tuple(layout[name] for name in names) == ours


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_are_proved_as_the_contract_tells_them(sender: Sender, seed: int) -> None:
    chance = random.Random(seed)
    history = History.begin(sender)
    added = {KEY: 0, SECOND_KEY: history.add_key(SECOND_KEY)}
    suspended, batch = False, 0
    for _ in range(14):
        match chance.randrange(4):
            case 0 | 1:
                batch += 1
                history.anchor([], [history.batch(batch, leaves(f"{seed}", batch))])
            case 2:
                name = "reinstateIssuer" if suspended else "suspendIssuer"
                history.call(REGISTRAR, f"{name}(bytes32,bytes32)", ISSUER, bytes(32))
                suspended = not suspended
            case _ if added:
                key, since = added.popitem()
                if since and chance.random() < 0.6:
                    history.call(REGISTRAR, "markCompromised(bytes32,uint48)", key.key_id, since + 1)
                else:
                    history.call(REGISTRAR, "revokeKey(bytes32)", key.key_id)
    if seed % 2:
        history.call(ADMIN, "close(uint64,address)", 5, "0x" + "11" * 20)
    sender.until_final(history.last_block)
    trust = replace(history.trust, rpc=(sender.url,))
    reader, node = Reader(trust.rpc, *(trust.chain_id, trust.contract, trust.code_sha256)), collector(trust.rpc, trust)
    roots = [bytes.fromhex(line["root"]) for line in history.anchors] + [bytes(32), b"\x11" * 32]
    pairs = [(root, key) for root in roots for key in (KEY.key_id, SECOND_KEY.key_id, STRANGER.key_id)]
    for pair in pairs:
        assert node.lookup(*pair) == reader.lookup(*pair)
    proved = ProvedChain(node.bundle(b"{}", ()), trust, node.header.hash)
    for pair in pairs:
        assert proved.lookup(*pair) == reader.lookup(*pair)
    reader.close()
