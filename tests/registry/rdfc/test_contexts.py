"""The shipped contexts are the reviewed ones, and there is no way to any other."""

import json
from pathlib import Path

import pytest

from registry.errors import FormatError
from registry.rdfc import contexts

FOLDER = Path(contexts.__file__).parent / "data"


def test_every_shipped_context_is_the_one_that_its_pin_says() -> None:
    assert len(contexts.CONTEXTS) == 10
    for url in contexts.CONTEXTS:
        assert "@context" in contexts.CONTEXTS[url], url


def test_every_shipped_file_has_a_pin_and_a_provenance() -> None:
    told = (FOLDER / "PROVENANCE.md").read_text(encoding="utf-8")
    names = sorted(path.name for path in FOLDER.glob("*.json"))
    assert names == sorted(name for name, _ in contexts._SHIPPED.values())
    for url, (name, pin) in contexts._SHIPPED.items():
        assert f"`{name}`" in told
        assert url in told
        assert f"`{pin[:8]}…" in told


def test_a_context_file_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in FOLDER.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = json.loads((tmp_path / "credentials-v2.json").read_bytes())
    changed["@context"]["name"] = "https://attacker.example/name"
    (tmp_path / "credentials-v2.json").write_text(json.dumps(changed))
    monkeypatch.setattr(contexts, "_FOLDER", tmp_path)
    fresh = contexts.Shipped()
    assert fresh[contexts.OPEN_BADGES]
    with pytest.raises(FormatError) as caught:
        fresh[contexts.VC_V2]
    assert caught.value.code == "context.changed"
