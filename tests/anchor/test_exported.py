"""A static copy of the public export stands for the registry's server; what is wrong with the copy is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.source import open_source
from anchor.errors import Unreachable
from anchor.exported import ExportStatus
from anchor.status import HttpStatus
from registry.store import status, statusactions
from tests.support.auditing import change, other
from tests.support.bucket import bucket
from tests.support.exported import public_files
from tests.support.registered import Registered

Copy = tuple[Path, str, dict[int, Any]]
"""Where the copy is, the URL of a revocation list, and what the registry's server says under each anchor."""


@pytest.fixture
def copy(registered: Registered, tmp_path: Path) -> Copy:
    _, handles = registered.sealed(3)
    registered.sealed(2, first=3)
    registered.anchor()
    statusactions.revoke(registered.store, registered.vault, handles[0], "code", None, "admin")
    registered.anchor()
    for path, content in public_files(registered.store):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    lines = (tmp_path / "anchors.jsonl").read_text().splitlines()
    url = next(item["id"] for item in json.loads(lines[0])["lists"] if item["id"].endswith("-revocation"))
    name = url.rsplit("/", 1)[-1]
    return tmp_path, url, {number: status.status_evidence(registered.store, name, number) for number in (1, 2)}


def test_the_copy_gives_the_same_evidence_as_the_server_from_a_directory_and_from_a_bucket(copy: Copy) -> None:
    directory, url, told = copy
    assert told[1] != told[2]
    with bucket(directory) as address:
        for source in (ExportStatus(open_source(str(directory))), HttpStatus([address])):
            for number, evidence in told.items():
                assert json.loads(source.fetch(url, number)) == evidence


def test_an_old_copy_is_named_and_the_next_source_is_asked(copy: Copy, tmp_path_factory: Any) -> None:
    directory, url, told = copy
    old = tmp_path_factory.mktemp("old")
    (old / "registry.json").write_bytes((directory / "registry.json").read_bytes())
    with bucket(old) as stale, bucket(directory) as current:
        with pytest.raises(Unreachable, match=r"anchors/00000002\.json did not answer: it is not there: .* older"):
            HttpStatus([stale]).fetch(url, 2)
        assert json.loads(HttpStatus([stale, current]).fetch(url, 2)) == told[2]


@pytest.mark.parametrize(
    ("kind", "says"),
    [("lists", "digest of its name"), ("anchors", "own root"), ("cut", "damaged"), ("gone", "need it")],
)
def test_wrong_truncated_and_missing_files_are_named(copy: Copy, kind: str, says: str) -> None:
    directory, url, told = copy
    anchor = directory / "anchors/00000002.json"
    item = next(one for one in json.loads(anchor.read_text())["lists"] if one["id"] == url)
    file = anchor if kind == "anchors" else directory / f"lists/{item['digest']}.json"
    if kind == "lists":
        change(file, lambda document: document.update(validFrom="2020-01-01T00:00:00Z"))
    elif kind == "anchors":
        change(file, lambda line: line.update(status_root=other(line["status_root"])))
    elif kind == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    else:
        file.unlink()
    with pytest.raises(Unreachable, match=says) as refused:
        ExportStatus(open_source(str(directory))).fetch(url, 2)
    assert file.name in str(refused.value)
    if kind != "anchors":
        assert json.loads(ExportStatus(open_source(str(directory))).fetch(url, 1)) == told[1]


def test_another_list_than_the_registrys_own_is_not_answered(copy: Copy) -> None:
    with pytest.raises(Unreachable, match="no pair of lists"):
        ExportStatus(open_source(str(copy[0]))).fetch("https://elsewhere.example/x-revocation", 2)


def test_a_server_that_is_no_copy_keeps_its_own_refusal(tmp_path: Path) -> None:
    with bucket(tmp_path) as address, pytest.raises(Unreachable, match=r"evidence.*HTTP 404"):
        HttpStatus([address]).fetch("https://registry.example/v1/status-lists/uni-1-revocation", 1)


@pytest.mark.parametrize("origin", ["http://[x", "http://a b", "http://host:99999999", "nowhere"])
def test_an_origin_that_is_no_address_is_unreachable_and_the_next_source_is_asked(copy: Copy, origin: str) -> None:
    directory, url, told = copy
    with pytest.raises(Unreachable):
        HttpStatus([origin]).fetch(url, 2)
    with bucket(directory) as current:
        assert json.loads(HttpStatus([origin, current]).fetch(url, 2)) == told[2]
