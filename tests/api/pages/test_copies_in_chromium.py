"""The browser takes status evidence from a static copy on a plain file server exactly where Python does."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from anchor.errors import Unreachable
from anchor.status import HttpStatus
from registry.store import status, statusactions
from registry.store.engine import Store
from tests.support.auditing import change, other
from tests.support.bucket import bucket
from tests.support.exported import public_files
from tests.support.registered import register

pytestmark = pytest.mark.browser

ASK = """async ([origins, list, number]) => {
    const { httpStatus } = await import("/static/verifier/sources.js");
    return httpStatus(origins).fetch(list, number).then(
        (bytes) => new TextDecoder().decode(bytes),
        (error) => error.constructor.name,
    );
}"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the files in `tmp_path` are served."""
    with bucket(tmp_path) as url:
        yield url


def file_of(copy: Path, url: str) -> Path:
    """The list with this URL under anchor 2."""
    lists = json.loads((copy / "anchors/00000002.json").read_text())["lists"]
    return copy / f"lists/{next(item['digest'] for item in lists if item['id'] == url)}.json"


def edit(path: str, edits: Callable[[Any], None]) -> Callable[[Path, str], None]:
    return lambda copy, url: change(copy / path if path else file_of(copy, url), edits)


def cut(copy: Path, url: str) -> None:
    file = file_of(copy, url)
    file.write_bytes(file.read_bytes()[:-40])


A_YEAR_AGO = int(time.time()) - 365 * 86400
ANCHOR = "anchors/00000002.json"
WRONG: dict[str, Callable[[Path, str], None]] = {
    "an older copy": lambda copy, _: (copy / ANCHOR).unlink(),
    "no copy": lambda copy, _: (copy / "registry.json").unlink(),
    "another format": edit("registry.json", lambda about: about.update(format="credanchor-export/2")),
    "another registry": edit("registry.json", lambda about: about.update(registry_id=other(about["registry_id"]))),
    "a list altered": edit("", lambda document: document.update(validFrom="2020-01-01T00:00:00Z")),
    "a list cut": cut,
    "a list gone": lambda copy, url: file_of(copy, url).unlink(),
    "another status root": edit(ANCHOR, lambda line: line.update(status_root=other(line["status_root"]))),
    "another entry": edit(ANCHOR, lambda line: line.update(entries=["00" * 32, *line["entries"][1:]])),
    "an entry less": edit(ANCHOR, lambda line: line.update(batches=[*line["batches"], 9])),
    "another number": edit(ANCHOR, lambda line: line.update(number=3)),
    "a member more": edit(ANCHOR, lambda line: line.update(more=1)),
    "no pair": edit(ANCHOR, lambda line: line["lists"].pop()),
    "no key": edit(ANCHOR, lambda line: line["lists"][0].update(key="z6Mk")),
    "an anchor that is an older one": lambda copy, _: shutil.copy(copy / "anchors/00000001.json", copy / ANCHOR),
}  # fmt: skip


def test_a_copy_is_taken_or_refused_as_in_python(
    bench: Page, address: str, sqlite_store: Store, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    registered = register(sqlite_store)
    _, handles = registered.sealed(3)
    registered.sealed(2, first=3)
    registered.anchor()
    statusactions.revoke(registered.store, registered.vault, handles[0], "code", None, "admin")
    registered.anchor()
    whole = tmp_path_factory.mktemp("whole")
    for path, content in public_files(registered.store):
        (whole / path).parent.mkdir(exist_ok=True)
        (whole / path).write_bytes(content)
        os.utime(whole / path, (A_YEAR_AGO, A_YEAR_AGO))  # so old that a browser would keep it for weeks, were it let
    lists = json.loads((whole / ANCHOR).read_text())["lists"]
    url = next(item["id"] for item in lists if item["id"].endswith("-revocation"))
    name = url.rsplit("/", 1)[-1]
    copy = tmp_path

    def python(list_url: str, number: int) -> Any:
        try:
            return json.loads(HttpStatus([address]).fetch(list_url, number))
        except Unreachable:
            return "Unreachable"

    def browser(list_url: str, number: int, *origins: str) -> Any:
        found = bench.evaluate(ASK, [[*origins, address], list_url, number])
        return found if found == "Unreachable" else json.loads(found)

    def restore() -> None:
        shutil.rmtree(copy)
        shutil.copytree(whole, copy)

    restore()
    for number in (1, 2):
        told = status.status_evidence(registered.store, name, number)
        assert python(url, number) == browser(url, number) == told
        assert browser(url, number, f"{address}/elsewhere", "https://[") == told, "the next origin is asked"
    assert python("https://x.example/y-revocation", 2) == browser("https://x.example/y-revocation", 2) == "Unreachable"
    for case, harm in WRONG.items():
        restore()
        harm(copy, url)
        assert (python(url, 2), browser(url, 2)) == ("Unreachable", "Unreachable"), case
