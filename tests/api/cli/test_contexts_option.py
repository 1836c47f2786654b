"""`--contexts`: who adds the context of a credential is told more of it; nobody is told anything wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli import checking, main
from registry.credential import integrity
from registry.credential.keys import IssuerKey
from registry.format.multibase import encode_multikey
from registry.rdfc import added, canonizer
from tests.support import cannednode, specimen
from tests.support.cases import Case, case
from tests.support.commandline import credanchor
from tests.support.contexts import URL, folder_of
from tests.support.desk import FOREVER, Desk
from tests.support.specimen import prove

CONTEXT = {"@context": {"@protected": True, "colour": "https://colours.example/vocab#colour"}}
METHOD = f"{specimen.DID}#{encode_multikey(specimen.KEY.multikey)}"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = folder_of(tmp_path / "contexts", {URL: CONTEXT})
    canonizer.add(added.read(made))
    yield made
    canonizer.add({})


@pytest.fixture
def coloured(folder: Path) -> Case:
    """A credential with a member that only the added context defines."""
    plain = {name: value for name, value in FOREVER.items() if name != "proof"}
    contexts = [*plain["@context"], URL]
    key = IssuerKey(specimen.KEY.secret)
    document = plain | {"@context": contexts, "colour": "red"}
    hashed, d_rdf = integrity.sign_and_digest(document, key, METHOD, "2026-04-10T00:00:00Z")
    return case(hashed, proof=prove(hashed, d_rdf=d_rdf))


@pytest.fixture
def desk(tmp_path: Path, coloured: Case) -> Iterator[Desk]:
    with cannednode.serving(coloured.chain) as url:
        yield Desk(tmp_path, url)


def embedded(report: dict[str, Any]) -> tuple[str, str]:
    return report["verdict"], report["embedded_proof"]["code"]


def test_the_embedded_proof_is_checked_by_who_knows_the_context(desk: Desk, coloured: Case, folder: Path) -> None:
    file = desk.write("coloured.json", coloured.data)
    assert embedded(desk.verify(file, "--json").json) == ("valid", "embedded_proof.not-readable")
    assert embedded(desk.verify(file, "--json", "--contexts", folder).json) == ("valid", "embedded_proof.ok")
    words = ("verify", file, "--trust", desk.trust, "--status", desk.status, "--json")
    assert embedded(credanchor(*words, env={"CREDANCHOR_CONTEXTS_DIR": str(folder)}).json)[1] == "embedded_proof.ok"
    assert credanchor("export-proof", file).code == 1
    assert credanchor("export-proof", file, "--contexts", folder).code == 0


def test_every_process_that_checks_knows_the_context(
    desk: Desk, coloured: Case, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checking, "POOL_FROM", 1)
    canonizer.add({})
    file = str(desk.write("coloured.json", coloured.data))
    words = ["--trust", str(desk.trust), "--status", str(desk.status), "--contexts", str(folder), "--json"]
    assert main.main(["verify", file, file, *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [embedded(json.loads(line)) for line in lines] == [("valid", "embedded_proof.ok")] * 2


def test_a_context_that_is_not_what_its_pin_says_ends_with_2_before_any_file_is_looked_at(
    desk: Desk, coloured: Case, folder: Path
) -> None:
    (folder / "0.json").write_text(json.dumps({"@context": {"colour": "https://elsewhere.example/"}}))
    outcome = desk.verify(desk.write("coloured.json", coloured.data), "--contexts", folder)
    assert (outcome.code, outcome.out) == (2, "")
    assert "0.json is not the one that index.json pins" in outcome.err
