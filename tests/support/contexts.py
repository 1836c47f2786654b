"""Folders of contexts as an operator makes them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.format import strictjson
from registry.rdfc import added, canonizer
from tests.support.badges import shared_json

URL = "https://contexts.example/v1"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
CLR_PIN = "7defe702c102faf14108579b7d65ef39ecf4c3bbef925b803e15bd77cd6e3394"


def folder_of(folder: Path, contexts: Mapping[str, Any]) -> Path:
    """A folder with these contexts, rightly pinned."""
    folder.mkdir(exist_ok=True)
    index = {}
    for number, (url, document) in enumerate(contexts.items()):
        (folder / f"{number}.json").write_text(json.dumps(document))
        index[url] = {"file": f"{number}.json", "sha256": strictjson.digest(document).hex()}
    (folder / added.INDEX).write_text(json.dumps(index))
    return folder


def add(folder: Path) -> Path:
    """Let this process know the official CLR context, by its published pin; `canonizer.add({})` undoes it."""
    made = folder_of(folder, {CLR: shared_json("contexts", "clr-v2p0-2.0.1.json")})
    assert json.loads((made / added.INDEX).read_text())[CLR]["sha256"] == CLR_PIN
    canonizer.add(added.read(made))
    return made
