"""Audits that write evidence, and files of it to alter."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anchor.audit.audit import audit
from anchor.audit.evidence.verdict import Verdict
from anchor.audit.evidence.verify import verify_evidence
from anchor.audit.report import AuditReport
from anchor.audit.source import ExportSource, open_source
from anchor.audit.view import Given
from registry.format.strictjson import canonical
from registry.verify import RegistryTrust, TrustProfile
from tests.support.history import History

Files = dict[str, bytes]


def accuse(
    history: History, export: Path, trust: RegistryTrust | None = None, given: Given | None = None
) -> tuple[AuditReport, Files]:
    """The report and the evidence files by name."""
    files: Files = {}
    source, urls = open_source(str(export)), [history.sender.url]
    return audit(source, urls, trust or history.trust, given=given, evidence=files.__setitem__), files


def proved_by(history: History, content: bytes, export: ExportSource | None = None, **profile: Any) -> Verdict:
    """What a reader says who looks the block up at a node of his own."""
    trust = TrustProfile((profile.get("trust") or history.trust,))
    return verify_evidence(content, trust, block_hash_at(history), export)


def block_hash_at(history: History) -> Any:
    def look(number: int) -> bytes:
        block = history.sender.rpc.call("eth_getBlockByNumber", hex(number), False)
        return bytes.fromhex(block["hash"][2:])

    return look


def altered(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The file with each value of its material changed by one digit, left out, or with a stranger beside it."""
    value = json.loads(content)
    for path, leaf in _leaves(value["material"]):
        made = copy.deepcopy(value)
        place: Any = made["material"]
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = _other(leaf)
        yield "/".join(map(str, path)), canonical(made) + b"\n"
        if isinstance(place, list):
            del place[path[-1]]
            yield "/".join(map(str, path)) + " left out", canonical(made) + b"\n"
    for name in value["material"]:
        made = copy.deepcopy(value)
        del made["material"][name]
        yield f"{name} left out", canonical(made) + b"\n"
    value["material"]["stranger"] = 1
    yield "stranger", canonical(value) + b"\n"


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(item, dict | list) and item:
            yield from _leaves(item, (*path, key))
        else:
            yield (*path, key), item


def _other(leaf: Any) -> Any:
    if isinstance(leaf, str) and leaf:
        middle = len(leaf) // 2
        return leaf[:middle] + ("0" if leaf[middle] != "0" else "1") + leaf[middle + 1 :]
    return leaf + 1 if isinstance(leaf, int) else 1
