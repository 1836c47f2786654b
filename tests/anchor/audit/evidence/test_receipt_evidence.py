"""A receipt that was not kept: what the registry signed, and all that its anchors hold up to the deadline."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from anchor.audit.evidence.file import Evidence
from anchor.audit.evidence.parts import proof
from anchor.audit.evidence.receipt import CODES, ask
from anchor.audit.view import Given
from anchor.bundle.make import Collector
from registry.format import entries
from registry.format.merkle import PLAIN
from registry.format.receipt import Receipt
from registry.format.strictjson import canonical
from registry.verify import RegistryTrust
from tests.support import evidencing
from tests.support.evidencing import Files, altered, proved_by
from tests.support.history import KEY, SECOND_KEY, History, leaves
from tests.support.receipts import LOG_KEY, receipt


def accuse(history: History, export: Path, given: Receipt) -> Files:
    """What proves that this receipt was not kept."""
    receipts = Given(receipts={"one": given.to_bytes()})
    files = evidencing.accuse(history, export, replace(history.trust, log_key=LOG_KEY), receipts)[1]
    return {name: content for name, content in files.items() if name.startswith("A8-")}


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
    begun.anchor([], [])
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
    value["material"] |= {"begin": 1, "anchors": [said(begun, 1)], "proof": asked(begun, trust, 1, 1, last)}
    value["material"]["receipt"] = kept.to_bytes().decode()
    forged = proved_by(begun, canonical(value) + b"\n", trust=trust)
    assert forged.outcome == "not_proved"
    assert "more anchors" in forged.sentence


def test_a_file_is_as_long_as_the_registry_was_idle_and_not_as_its_history(begun: History, tmp_path: Path) -> None:
    trust = replace(begun.trust, log_key=LOG_KEY)
    for number in (1, 2):
        begun.anchor([], [begun.batch(number, leaves(str(number), 1))])
    due = begun.anchor([], [])
    begun.anchor([], [begun.batch(4, leaves("4", 1))])
    begun.anchor([], [begun.batch(3, leaves("3", 1))])
    export = begun.write(tmp_path)
    shown = {}
    for name, number, by in (("never", 9, due), ("late", 2, 2000), ("passed over", 3, due)):
        (content,) = accuse(begun, export, receipt(begun, number, leaves(str(number), 1), by)).values()
        assert proved_by(begun, content, trust=trust).outcome == "proved", name
        material = json.loads(content)["material"]
        shown[name] = (material["begin"], len(material["anchors"]))
    assert shown == {"never": (4, 1), "late": (1, 1), "passed over": (2, 3)}


def test_a_file_cannot_begin_behind_the_anchor_that_kept_the_promise(begun: History, tmp_path: Path) -> None:
    trust = replace(begun.trust, log_key=LOG_KEY)
    begun.anchor([], [begun.batch(1, leaves("a", 1)), begun.batch(2, leaves("b", 1))])
    begun.anchor([], [begun.batch(3, leaves("c", 1))])
    due = begun.anchor([], [])
    begun.anchor([], [begun.batch(4, leaves("d", 1))])
    begun.write(tmp_path)
    kept = receipt(begun, 2, leaves("b", 1), due)
    for begin in range(5):
        last = max(begin, 4)
        material = {
            "receipt": kept.to_bytes().decode(), "begin": begin,
            "anchors": [said(begun, number) for number in range(begin, last + 1)],
            "proof": asked(begun, trust, begin, last, due),
        }  # fmt: skip
        evidence = Evidence("receipt", "A8", CODES[0], begun.sender.chain_id, begun.contract, material)
        verdict = proved_by(begun, evidence.to_bytes(), trust=trust)
        assert verdict.outcome == "not_proved"
        assert ("those before" if begin != 1 else "shows nothing") in verdict.sentence, begin


def test_an_anchor_that_never_was_cannot_stand_for_the_one_that_kept_the_promise(
    begun: History, tmp_path: Path
) -> None:
    trust = replace(begun.trust, log_key=LOG_KEY)
    due = begun.anchor([], [begun.batch(1, leaves("a", 1))])
    begun.add_key(SECOND_KEY)  # a block behind the deadline
    begun.write(tmp_path)
    nothing = entries.entry_hash(entries.status_entry(begun.registry_id, 1, bytes(32)))
    proofs = Collector(begun.sender.rpc, trust, hex(begun.last_block))
    proofs.prove(lambda read: ask(read, [nothing], due))
    kept, early = receipt(begun, 1, leaves("a", 1), due), receipt(begun, 2, leaves("b", 1), 10**10)
    forged = {"anchors": [{"status_root": bytes(32).hex(), "batches": []}], "proof": proof(proofs)}
    true = {"anchors": [said(begun, 1)], "proof": asked(begun, trust, 1, 1, 10**10)}
    for given, shown, says in ((kept, forged, "not that of its anchor"), (early, true, "shows nothing")):
        material = {"receipt": given.to_bytes().decode(), "begin": 1} | shown
        evidence = Evidence("receipt", "A8", CODES[0], begun.sender.chain_id, begun.contract, material)
        verdict = proved_by(begun, evidence.to_bytes(), trust=trust)
        assert (verdict.outcome, says in verdict.sentence) == ("not_proved", True), verdict


def said(about: History, number: int) -> dict[str, Any]:
    """What an anchor is made of; 0 stands for 1."""
    line = about.anchors[max(number, 1) - 1]
    files = [about.files[f"batches/{batch:08d}.json"] for batch in line["batches"]]
    batches = [
        {"number": one["number"], "size": one["size"], "key_id": KEY.key_id.hex(), "root": one["root"]} for one in files
    ]
    return {"status_root": line["status_root"], "batches": batches}


def asked(about: History, trust: RegistryTrust, begin: int, end: int, deadline: int) -> dict[str, Any]:
    """The proof of anchors `begin` to `end`."""
    roots = [bytes.fromhex(one["root"]) for one in about.anchors[max(begin - 1, 0) : end]]
    proofs = Collector(about.sender.rpc, trust, hex(about.last_block))
    proofs.prove(lambda read: ask(read, roots, deadline))
    return proof(proofs)
