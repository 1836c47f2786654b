"""What the registry's key signed about its log, and a log that breaks its own rules."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from anchor.audit.checkpoint import Served
from anchor.audit.evidence import checkpoints, history, parts
from anchor.audit.evidence.context import PROOF
from anchor.audit.evidence.file import Evidence
from anchor.audit.pinned import Pinned
from anchor.audit.reading import read
from anchor.audit.report import Book
from anchor.audit.view import Given
from anchor.bundle import slots
from anchor.bundle.make import Collector
from anchor.jsonrpc import JsonRpc, data
from contracts import artifact
from registry.format.merkle import RFC9162, root_of
from registry.format.note import Checkpoint, Note, NoteSignature, sign
from registry.verify import RegistryTrust
from registry.verify.trust import EarlierKey
from tests.support.auditing import Honest
from tests.support.evidencing import accuse, altered, proved_by
from tests.support.history import ADMIN, REGISTRAR, History, Sender
from tests.support.receipts import LOG, LOG_KEY
from tests.support.specimen import sha


def signed(size: int, root: bytes, origin: str = LOG_KEY.name) -> bytes:
    body = Checkpoint(origin, size, root).body()
    return sign(body, LOG_KEY, LOG.sign).to_bytes()


def filed(about: History, kind: str, code: str, material: dict[str, Any]) -> bytes:
    return Evidence(kind, "A4", code, about.sender.chain_id, about.contract, material).to_bytes()


def trusting(about: History) -> RegistryTrust:
    return replace(about.trust, log_key=LOG_KEY)


def log_of(about: History) -> tuple[list[bytes], dict[str, Any]]:
    """Leaves of the log, and the proof of its size and head."""
    chain = Pinned(JsonRpc(about.sender.url), about.sender.chain_id, about.contract)
    proofs = Collector(JsonRpc(about.sender.url), about.trust, hex(chain.block.number))
    proofs.prove(slots.log)
    return [entry.leaf for entry in read(Book(), chain, about.deploy_block)], parts.proof(proofs)


def test_two_checkpoints_of_one_size_with_two_heads_need_nothing_but_the_log_key(honest: Honest) -> None:
    about = honest[0]
    material = checkpoints.of_two(signed(7, sha("one")), signed(7, sha("other")), [LOG_KEY])
    content = filed(about, "checkpoints", "checkpoint.fork", material)
    assert proved_by(about, content, trust=trusting(about)).outcome == "proved"
    assert "log_key" in proved_by(about, content).needed
    rotated = replace(trusting(about), log_key=replace(LOG_KEY, public=bytes(32)))
    assert proved_by(about, content, trust=rotated).outcome == "not_proved"
    rotated = replace(rotated, earlier_log_keys=(EarlierKey(LOG_KEY, 1),))
    assert proved_by(about, content, trust=rotated).outcome == "proved"
    for what, bad in altered(content):
        assert proved_by(about, bad, trust=trusting(about)).outcome == "not_proved", what
    for first, second in (
        (signed(7, sha("one")), signed(8, sha("other"))),
        (signed(7, sha("one")), signed(7, sha("one"))),
        (signed(7, sha("one"), "other.example/log"), signed(7, sha("other"), "other.example/log")),
    ):
        bad = filed(about, "checkpoints", "checkpoint.fork", {"first": first.decode(), "second": second.decode()})
        assert proved_by(about, bad, trust=trusting(about)).outcome == "not_proved"


def test_a_checkpoint_against_the_contracts_own_head_is_proved_at_its_size(honest: Honest) -> None:
    about = honest[0]
    leaves, proof = log_of(about)
    material = checkpoints.against_chain(signed(5, sha("a head that never was")), [LOG_KEY], leaves, proof)
    content = filed(about, "checkpoint-chain", "checkpoint.other-head", material)
    assert proved_by(about, content, trust=trusting(about)).outcome == "proved"
    for what, bad in altered(content):
        assert proved_by(about, bad, trust=trusting(about)).outcome == "not_proved", what
    true = checkpoints.against_chain(signed(5, root_of(leaves[:5], RFC9162)), [LOG_KEY], leaves, proof)
    content = filed(about, "checkpoint-chain", "checkpoint.other-head", true)
    assert "shows nothing" in proved_by(about, content, trust=trusting(about)).sentence


def test_a_node_that_is_the_contracts_own_and_proves_nothing_of_this_is_refused(honest: Honest) -> None:
    about = honest[0]
    node, number = JsonRpc(about.sender.url), hex(about.last_block)
    exact, wide = (Collector(node, about.trust, number) for _ in range(2))
    exact.prove(slots.log)
    wide.prove(slots.log)
    wide.prove(slots.newest)
    stranger = node.call("eth_getProof", ADMIN.address, [], number)["accountProof"]
    accounts = sorted({one.hex() for one in exact.account} | {one.removeprefix("0x") for one in stranger})
    proof = parts.proof(exact)
    leaves = log_of(about)[0]
    for what, changed in {
        "": {}, "storage": {"storage": parts.proof(wide)["storage"]}, "account": {"account": accounts}
    }.items():  # fmt: skip
        material = checkpoints.against_chain(signed(5, sha("never")), [LOG_KEY], leaves, proof | changed)
        content = filed(about, "checkpoint-chain", "checkpoint.other-head", material)
        verdict = proved_by(about, content, trust=trusting(about))
        assert not what or len(changed[what]) > len(proof[what])
        assert ("prove nothing of this" in verdict.sentence) == (verdict.outcome == "not_proved") == bool(what), verdict


def test_cosignatures_are_left_out_and_a_note_that_has_them_is_refused(honest: Honest) -> None:
    about = honest[0]
    one, two = (Note.parse(signed(7, sha(name))) for name in ("one", "other"))
    others = (NoteSignature("witness.example", b"1234", bytes(64)), NoteSignature(LOG_KEY.name, b"1234", bytes(64)))
    more = replace(one, signatures=(others[1], *one.signatures, others[0]))
    material = checkpoints.of_two(more.to_bytes(), two.to_bytes(), [LOG_KEY])
    assert set(material.values()) == {one.to_bytes().decode(), two.to_bytes().decode()}
    place = next(name for name, text in material.items() if text == one.to_bytes().decode())
    content = filed(about, "checkpoints", "checkpoint.fork", material | {place: more.to_bytes().decode()})
    assert proved_by(about, content, trust=trusting(about)).outcome == "not_proved"


def test_a_log_in_which_somebody_wrote_without_the_role_accuses_itself(sender: Sender, tmp_path: Path) -> None:
    operator, registrar = (keccak(text=f"{name}_ROLE") for name in ("OPERATOR", "REGISTRAR"))
    assert operator in artifact().bytecode
    about = History.begin(sender, artifact().bytecode.replace(operator, registrar))
    about.call(REGISTRAR, "anchor(uint64,bytes32)", 1, sha("a root"))
    code = data(sender.rpc.call("eth_getCode", "0x" + about.contract.hex(), "latest"))
    trust = replace(about.trust, code_sha256=hashlib.sha256(code).digest())
    report, files = accuse(about, about.write(tmp_path), trust)
    (content,) = (content for name, content in files.items() if name.startswith("A10-role.not-held"))
    assert proved_by(about, content, trust=trust).outcome == "proved"
    for what, bad in altered(content):
        assert proved_by(about, bad, trust=trust).outcome == "not_proved", what
    assert report.exit_code == 1


@pytest.mark.parametrize("code", ["role.not-held", "log.illegal"])
def test_an_honest_log_proves_nothing_against_its_registry(honest: Honest, code: str) -> None:
    about = honest[0]
    chain = Pinned(JsonRpc(about.sender.url), about.sender.chain_id, about.contract)
    entries = read(Book(), chain, about.deploy_block)
    material = {"entries": [history.to_json(entry) for entry in entries], PROOF: log_of(about)[1]}
    content = Evidence("history", "A10", code, about.sender.chain_id, about.contract, material).to_bytes()
    assert "shows nothing" in proved_by(about, content).sentence


def test_an_audit_finds_a_signed_head_that_the_log_never_had_and_files_the_proof(honest: Honest, copy: Path) -> None:
    about = honest[0]
    leaves, _ = log_of(about)
    served = copy / "log" / "checkpoint"
    served.parent.mkdir()

    served.write_bytes(signed(5, root_of(leaves[:5], RFC9162)))
    report, files = accuse(about, copy, trusting(about))
    assert (report.clean, files) == (True, {})
    assert report.checked["ServedIsWhatIsPublished"] == 1

    served.write_bytes(signed(5, sha("another history")))
    report, files = accuse(about, copy, trusting(about))
    assert [finding.code for finding in report.findings] == ["checkpoint.other-head"]
    (content,) = files.values()
    assert proved_by(about, content, trust=trusting(about)).outcome == "proved"

    served.write_bytes(signed(len(leaves) + 1, sha("a later block")))  # more than this block has: not yet comparable
    assert accuse(about, copy, trusting(about))[0].clean
    served.write_bytes(signed(5, root_of(leaves[:5], RFC9162), origin="other.example/log"))
    report, files = accuse(about, copy, trusting(about))
    assert ([finding.code for finding in report.findings], files) == (["served.checkpoint"], {})


def test_a_checkpoint_that_is_not_served_counts_as_nothing_checked(honest: Honest, copy: Path) -> None:
    report, _ = accuse(honest[0], copy, trusting(honest[0]))
    assert report.invariant("ServedIsWhatIsPublished") == "not_run"


def test_checkpoints_that_were_served_long_ago_are_held_against_the_log_and_each_other(
    honest: Honest, copy: Path
) -> None:
    about = honest[0]
    leaves, _ = log_of(about)
    true, behind = root_of(leaves[:5], RFC9162), len(leaves) + 9
    served = copy / "log" / "checkpoint"
    served.parent.mkdir()
    served.write_bytes(signed(5, true))

    def told(*earlier: bytes) -> set[str]:
        kept: list[Served] = []
        given = Given(checkpoints=tuple(map(Served.parse, earlier)), keep=kept.append)
        report, files = accuse(about, copy, trusting(about), given)
        assert [one.content for one in kept] == [signed(5, true)]
        assert {proved_by(about, one, trust=trusting(about)).outcome for one in files.values()} <= {"proved"}
        assert len(files) == len({one.code for one in report.findings})
        return {f"{one.subject}: {one.code}" for one in report.findings}

    stranger = signed(5, sha("other"), origin="other.example/log")
    assert told(signed(5, true), signed(3, root_of(leaves[:3], RFC9162)), signed(behind, sha("?")), stranger) == set()
    assert told(signed(4, sha("never"))) == {"checkpoint of 4 entries: checkpoint.other-head"}
    five, ahead = (f"checkpoint of {size} entries: checkpoint" for size in (5, behind))
    assert told(signed(5, sha("x"))) == {f"{five}.fork", f"{five}.other-head"}
    assert told(*(signed(behind, sha(name)) for name in "ab")) == {f"{ahead}.fork"}
