"""A receipt that was not kept: what the registry signed, and all that its anchors hold up to the deadline."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from anchor.audit.audit import audit
from anchor.audit.evidence.materials import proof
from anchor.audit.evidence.receipt import ask
from anchor.audit.source import open_source
from anchor.audit.view import Given
from anchor.bundle.make import Collector
from registry.format.merkle import PLAIN, root_of
from registry.format.note import NoteKey
from registry.format.receipt import Duty, Receipt
from registry.format.strictjson import canonical
from tests.support.evidencing import Files, altered, proved_by
from tests.support.history import KEY, SECOND_KEY, History, leaves
from tests.support.specimen import Key

LOG = Key("log")
LOG_KEY = NoteKey("registry.example/log", LOG.multikey[2:])


def receipt(history: History, number: int, content: Sequence[bytes], by: int) -> Receipt:
    duty = Duty(history.registry_id, number, len(content), KEY.key_id, root_of(content), 1000, by)
    return Receipt(duty, LOG.sign(duty.preimage))


def accuse(history: History, export: Path, given: Receipt) -> Files:
    files: Files = {}
    trust = replace(history.trust, log_key=LOG_KEY)
    receipts = Given(receipts={"one": given.to_bytes()})
    audit(open_source(str(export)), [history.sender.url], trust, given=receipts, evidence=files.__setitem__)
    return files


def test_a_promise_that_was_dropped_or_kept_late_is_proved_and_one_that_was_kept_is_not(
    begun: History, tmp_path: Path
) -> None:
    trust = replace(begun.trust, log_key=LOG_KEY)
    first = begun.anchor([], [begun.batch(1, leaves("a", 3)), begun.batch(2, leaves("b", 1))])
    begun.anchor([begun.status_list("revocation", 1, [])], [begun.batch(3, leaves("c", 2))])
    export = begun.write(tmp_path)
    for number, name in ((9, "x"), (3, "c")):
        (content,) = accuse(begun, export, receipt(begun, number, leaves(name, 2), first)).values()
        assert proved_by(begun, content, trust=trust).outcome == "proved"
        assert "log_key" in proved_by(begun, content).needed
        for what, bad in altered(content):
            assert proved_by(begun, bad, trust=trust).outcome == "not_proved", what
    assert not accuse(begun, export, receipt(begun, 1, leaves("a", 3), first))


def test_a_batch_cannot_be_hidden_behind_a_node_of_the_tree(begun: History, tmp_path: Path) -> None:
    trust = replace(begun.trust, log_key=LOG_KEY)
    time = begun.anchor([], [begun.batch(number, leaves(str(number), 1)) for number in (1, 2, 3)])
    begun.anchor([], [begun.batch(4, leaves("4", 1))])
    export = begun.write(tmp_path)
    (content,) = accuse(begun, export, receipt(begun, 9, leaves("x", 1), time)).values()
    value = json.loads(content)
    value["material"]["receipt"] = receipt(begun, 3, leaves("3", 1), time).to_bytes().decode()
    kept = canonical(value) + b"\n"
    assert proved_by(begun, content, trust=trust).outcome == "proved"
    assert "shows nothing" in proved_by(begun, kept, trust=trust).sentence
    hidden = value["material"]["anchors"][0]
    hidden["batches"] = [hidden["batches"][0], PLAIN.node(*leaves("y", 2)).hex()]
    assert proved_by(begun, canonical(value) + b"\n", trust=trust).outcome == "not_proved"


def test_an_anchor_left_off_the_end_proves_nothing(begun: History, tmp_path: Path) -> None:
    trust = replace(begun.trust, log_key=LOG_KEY)
    begun.anchor([], [begun.batch(1, leaves("a", 1))])
    last = begun.anchor([], [begun.batch(2, leaves("b", 1))])
    export = begun.write(tmp_path)
    dropped, kept = receipt(begun, 9, leaves("x", 1), last), receipt(begun, 2, leaves("b", 1), last)
    begun.add_key(SECOND_KEY)  # a block behind the deadline
    begun.sender.until_final(begun.last_block)
    (content,) = accuse(begun, export, dropped).values()
    assert proved_by(begun, content, trust=trust).outcome == "proved"
    value = json.loads(content)
    roots = [bytes.fromhex(one["root"]) for one in begun.anchors]
    proofs = Collector(begun.sender.rpc, trust, hex(begun.last_block))
    proofs.prove(lambda read: ask(read, roots[:1], None))
    value["material"] |= {
        "receipt": kept.to_bytes().decode(), "anchors": value["material"]["anchors"][:1], "after": None,
        "proof": proof(proofs),
    }  # fmt: skip
    forged = proved_by(begun, canonical(value) + b"\n", trust=trust)
    assert forged.outcome == "not_proved"
    assert "more anchors" in forged.sentence
