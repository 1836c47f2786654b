"""Attacks with `anchors.jsonl`: lines that do not end, files that do not, numbers twice or out of order."""

import os
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from anchor import fetch
from anchor.audit.lines import AnchorLines
from anchor.audit.report import MAX_OF_A_CODE
from anchor.audit.source import open_source
from anchor.errors import Unreachable
from registry.limits import MAX_INTEGER
from tests.support.auditing import Honest, change, found, look, other
from tests.support.history import History

MB = 10**6


def opened(export: Path, last: int) -> AnchorLines:
    return AnchorLines(open_source(str(export)), last, lambda _place, _line: None)


def test_a_line_of_300_megabytes_is_refused_before_it_is_read(honest: Honest, copy: Path) -> None:
    with (copy / "anchors.jsonl").open("ab") as file:
        begin = file.tell()
        file.truncate(begin + 300 * MB)
    tracemalloc.start()
    with pytest.raises(Unreachable, match=f"anchors.jsonl.*line from byte {begin} on is longer than"):
        look(honest[0], copy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MB


def test_a_file_without_an_end_is_none(honest: Honest, copy: Path) -> None:
    lines = copy / "anchors.jsonl"
    lines.unlink()
    lines.symlink_to("/dev/zero")
    with pytest.raises(Unreachable, match="not a regular file"):
        look(honest[0], copy)
    lines.unlink()
    os.mkfifo(lines)  # whoever opens it waits for a writer
    with pytest.raises(Unreachable, match="not a regular file"):
        look(honest[0], copy)


@pytest.fixture
def endless() -> Iterator[str]:
    """/fast sends as many lines as it can, /slow one now and then, others one line, until whoever asked is gone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            many, pause = {"/slow": (b"\n", 0.02), "/fast": (b"\n" * MB, 0.0)}.get(self.path, (b" " * MB, 0.0))
            try:
                self.wfile.write(b"{}\n{}\n")
                while True:
                    self.wfile.write(many)
                    time.sleep(pause)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_server_that_never_ends_is_left_at_a_size_and_at_a_time(endless: str) -> None:
    file = BytesIO()
    with pytest.raises(Unreachable, match="exceeds 5000000 bytes"):
        fetch.save(f"{endless}/fast", file.write, timeout=5, within=60, max_bytes=5 * MB)
    assert len(file.getvalue()) <= 5 * MB
    with pytest.raises(Unreachable, match=r"or end within 0\.3 s"):
        fetch.save(f"{endless}/slow", BytesIO().write, timeout=5, within=0.3, max_bytes=5 * MB)


def test_a_line_without_an_end_is_left_as_soon_as_it_is_too_long(endless: str) -> None:
    with pytest.raises(Unreachable, match=r"anchors\.jsonl.*its line from byte 6 on is longer than 8388608 bytes"):
        open_source(endless).open("anchors.jsonl")


def test_a_number_that_comes_twice_is_named_and_the_first_line_counts(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines.insert(2, lines[1] | {"root": other(lines[1]["root"])}))
    twice = {("anchors.jsonl line 3", "export.order"), ("anchors.jsonl line 4", "export.order")}
    assert found(look(honest[0], copy)) == twice
    change(copy / "anchors.jsonl", lambda lines: lines.insert(1, lines.pop(2)))
    assert found(look(honest[0], copy)) == twice | {("anchor 2", "anchor.other-root")}


def test_faults_by_the_thousand_are_counted_and_the_first_ones_told(honest: Honest, copy: Path) -> None:
    lost = [*range(4, 4 + MAX_OF_A_CODE + 200), MAX_INTEGER]
    change(copy / "anchors.jsonl", lambda lines: lines[2]["batches"].extend(lost))
    change(copy / "anchors.jsonl", lambda lines: lines[1]["lists"][0].update(id="x" * 10**6))
    report = look(honest[0], copy)
    codes = Counter(code for _, code in found(report))
    of_anchor_2 = {"export.id": 1, "anchor.orphan": 1, "batch.orphan": 1}
    assert codes == {"batch.missing": MAX_OF_A_CODE, "batch.gap": 2} | of_anchor_2
    assert {("batch 3", "batch.gap"), (f"batches {lost[-2] + 1} to {MAX_INTEGER - 1}", "batch.gap")} <= found(report)
    assert ("batch 4", "batch.missing") in found(report)
    assert report.checked["RootsRecomputeFromLeaves"] > len(lost)
    assert report.notes == (f"There are more than {MAX_OF_A_CODE} findings batch.missing; the first are written down.",)
    assert len(report.to_bytes()) < MB


def test_lines_out_of_order_are_named_and_each_anchor_is_looked_at_all_the_same(honest: Honest, copy: Path) -> None:
    change(copy / "anchors.jsonl", lambda lines: lines.reverse())
    report = look(honest[0], copy)
    assert found(report) == {("anchors.jsonl line 1", "export.order"), ("anchors.jsonl line 3", "export.order")}
    assert report.counts == look(*honest).counts


def test_a_line_that_changes_while_the_audit_reads_it_is_no_finding(copy: Path) -> None:
    lines = opened(copy, 3)
    assert (lines.get(1) and lines.get(3) and lines.get(2)) is not None
    content = (copy / "anchors.jsonl").read_bytes()
    assert b'"number": 1,' in content
    for changed in (b"[" + content[1:], content.replace(b'"number": 1,', b'"number": 2,')):
        with (copy / "anchors.jsonl").open("r+b") as file:
            file.write(changed)
        with pytest.raises(Unreachable, match="changed while it was read"):
            lines.get(1)
    lines.close()


@pytest.mark.parametrize("other", [b"\n", b"x\n"])
def test_lines_without_end_are_given_up(copy: Path, other: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anchor.audit.lines.MAX_OTHER_LINES", 1000)
    with (copy / "anchors.jsonl").open("ab") as file:
        file.write(other * 1000)
    lines = opened(copy, 3)
    lines.finish()
    lines.close()
    with (copy / "anchors.jsonl").open("ab") as file:
        file.write(other)
    lines = opened(copy, 3)
    with pytest.raises(Unreachable, match="more than 1003 lines"):
        lines.finish()
    lines.close()


def test_memory_is_that_of_a_line_not_of_the_file(begun: History, copy: Path) -> None:
    lists = [begun.status_list("revocation", 1, [], url=f"https://registry.example/{number}") for number in range(40)]
    line = {"root": "00" * 32, "status_root": "00" * 32, "lists": lists, "batches": []}
    change(copy / "anchors.jsonl", lambda all: all.__setitem__(slice(None), [line | {"number": n} for n in range(81)]))
    size = (copy / "anchors.jsonl").stat().st_size
    assert size > MB
    read = opened(copy, 80)
    tracemalloc.start()
    assert all(read.get(number) for number in range(1, 81))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    read.close()
    assert peak < size / 5
