"""A copy of a closed contract's log says of every root and key what the contract itself says."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from anchor.audit import logfile
from anchor.audit.log import fetch
from anchor.audit.pinned import Pinned
from anchor.closedlog import ClosedLog
from anchor.errors import Unreachable
from anchor.jsonrpc import JsonRpc
from anchor.reader import Reader
from registry.format.entries import issuer_key_id
from registry.verify.trust import RegistryTrust
from tests.support.history import ISSUER, KEY, REGISTRAR, SECOND_KEY, STRANGER, History, leaves

OF_THE_BLOCK = {"block_number", "block_hash", "block_time", "closed"}
"""What a living contract says of the block it was asked at, and not of itself."""


@pytest.fixture
def history(begun: History) -> History:
    """Anchors before, in and after a suspension, a second key, a revocation and a compromise that reaches back."""
    begun.anchor([], [begun.batch(1, leaves("a", 2))])
    begun.call(REGISTRAR, "suspendIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    begun.anchor([], [begun.batch(2, leaves("b", 1))])
    begun.call(REGISTRAR, "reinstateIssuer(bytes32,bytes32)", ISSUER, bytes(32))
    since = begun.add_key(SECOND_KEY)
    begun.anchor([], [begun.batch(3, leaves("c", 3), SECOND_KEY)])
    begun.call(REGISTRAR, "revokeKey(bytes32)", KEY.key_id)
    begun.call(REGISTRAR, "markCompromised(bytes32,uint48)", SECOND_KEY.key_id, since + 1)
    begun.anchor([], [])
    return begun


def entries_of(history: History) -> list[Any]:
    return fetch(Pinned(JsonRpc(history.sender.url), history.sender.chain_id, history.contract), 0)


def pinned(history: History, entries: list[Any]) -> RegistryTrust:
    head = logfile.head_at(entries, len(entries))
    assert head is not None
    return replace(history.trust, closed_size=len(entries), closed_head=head)


def test_every_root_and_key_gets_the_contracts_own_answer(history: History) -> None:
    entries = entries_of(history)
    trust = pinned(history, entries)
    log = ClosedLog(trust, {"log": logfile.to_lines(entries).encode()})
    reader = Reader((history.sender.url,), trust.chain_id, trust.contract, trust.code_sha256)
    roots = [entry.subject for entry in entries if entry.kind == 1] + [bytes(32), b"\x11" * 32]
    keys = [KEY.key_id, SECOND_KEY.key_id, STRANGER.key_id, issuer_key_id(b"\xed\x01" + bytes(32))]
    assert len(roots) == 6
    differing = set()
    for root in roots:
        for key in keys:
            found, wanted = asdict(log.lookup(root, key).facts), asdict(reader.lookup(root, key).facts)
            differing |= {name for name in wanted if found[name] != wanted[name]}
            assert {name for name in wanted if found[name] != wanted[name]} <= OF_THE_BLOCK, (root, key)
    assert differing  # the two are not one
    reader.close()


def changed(lines: list[str], case: str) -> str:
    first = json.loads(lines[1])
    match case:
        case "cut":
            return "".join(lines[:-1])
        case "swapped":
            return "".join([*lines[:2], lines[3], lines[2], *lines[4:]])
        case "another time":
            return "".join([lines[0], json.dumps(first | {"time": first["time"] - 1}) + "\n", *lines[2:]])
        case "another root":
            return "".join(line.replace('"subject": "', '"subject": "00', 1) for line in lines)
        case "not json":
            return "".join([lines[0], "{\n", *lines[1:]])
        case "long line":
            return "".join([lines[0][:-2] + " " * 200_000 + "}\n", *lines[1:]])
        case _:
            return ""


@pytest.mark.parametrize("case", ["cut", "swapped", "another time", "another root", "not json", "long line", "empty"])
def test_a_log_that_is_not_the_contracts_says_nothing_about_anything(history: History, case: str) -> None:
    entries = entries_of(history)
    lines = logfile.to_lines(entries).splitlines(keepends=True)
    with pytest.raises(Unreachable, match="log"):
        ClosedLog(pinned(history, entries), {"log": changed(lines, case).encode()}).lookup(bytes(32), KEY.key_id)


def test_the_log_of_another_contract_is_not_believed_even_if_the_profile_pins_its_end(history: History) -> None:
    entries = entries_of(history)
    other = replace(pinned(history, entries), contract=b"\x22" * 20)
    log = ClosedLog(other, {"log": logfile.to_lines(entries).encode()})
    for _ in range(2):  # what was wrong is remembered
        with pytest.raises(Unreachable, match="not the log of this registry's contract"):
            log.lookup(bytes(32), KEY.key_id)


def test_the_right_one_is_found_among_several_and_what_follows_the_pinned_end_is_not_believed(history: History) -> None:
    entries = entries_of(history)
    earlier = entries[:-1]
    good, other = logfile.to_lines(entries).encode(), b"\xff\xfe not a log"
    log = ClosedLog(pinned(history, earlier), {"a": other, "b": good})
    last = entries[-1].subject
    assert log.lookup(last, KEY.key_id).facts.anchor_number == 0
    assert log.lookup(last, KEY.key_id).facts.latest_number == 3
