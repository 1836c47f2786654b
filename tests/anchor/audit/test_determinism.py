"""Two auditors of one block write the same bytes, whichever nodes they ask; which nodes those were is in their logs."""

import logging
from contextlib import ExitStack
from typing import Any

import pytest

from anchor.audit.audit import audit
from anchor.audit.source import open_source
from tests.support.auditing import Honest, found, other
from tests.support.proxy import Proxy


def fork(method: str, answer: Any) -> Any:
    return answer | {"hash": other(answer["hash"])} if method == "eth_getBlockByNumber" else answer


def test_two_auditors_through_different_nodes_write_the_same_bytes(
    honest: Honest, caplog: pytest.LogCaptureFixture
) -> None:
    history, export = honest
    reports, secret = [], "token"
    with caplog.at_level(logging.WARNING), ExitStack() as open_:
        for away in (9, 7):
            node, witness, liar = (
                open_.enter_context(Proxy(history.sender.url, *alter)) for alter in ((), (), (fork,))
            )
            urls = [node, witness, f"http://127.0.0.1:{away}/{secret}", liar]
            reports.append(audit(open_source(str(export)), urls, history.trust, block=history.last_block))
            assert liar in caplog.text
            assert f"127.0.0.1:{away}" in caplog.text
            assert secret not in caplog.text
    first, second = (report.to_bytes() for report in reports)
    assert first == second
    assert b"127.0.0.1" not in first
    assert "Node 3 could not be asked" in str(reports[0].notes)
    assert found(reports[0]) == {("node 4", "node.disagrees")}
    assert reports[0].head["witnesses"] == 1
