"""`credanchor issue --stack`: a learner's credentials become a larger one, which is checked with its components."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.store import batches, credentials
from registry.store.sealing import Sealer
from tests.support.apisamples import stack
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api
from tests.support.waiting import until

MAIL = "email=learner.0000@students.example"


@pytest.fixture
def learner(listening: tuple[Api, str], tmp_path: Path) -> Path:
    """A directory with what a learner has."""
    api, _ = listening
    folder = tmp_path / "learner"
    folder.mkdir()
    (folder / "soil.json").write_bytes(api.file())
    (folder / "notes.txt").write_text("no credential")
    return folder


def issue(listening: tuple[Api, str], *words: str | Path) -> Outcome:
    api, url = listening
    token = api.key("batches:write", "credentials:read", issuer="uni")["Authorization"].removeprefix("Bearer ")
    return credanchor("issue", *words, "--issuer", "uni", "--url", url, "--json", env={"CREDANCHOR_API_KEY": token})


def test_a_directory_of_components_becomes_a_certificate(
    listening: tuple[Api, str], learner: Path, tmp_path: Path
) -> None:
    api, _ = listening
    made, whole = api.registered, stack(api)["achievement"]
    before = len(batches.list_batches(made.store))
    with ThreadPoolExecutor() as pool:
        words = ("--stack", learner, "--achievement", whole, "--learner", MAIL, "--out", tmp_path / "files")
        running = pool.submit(issue, listening, *words)
        until(lambda: running.done() or Sealer(made.store, made.vault).seal_next())
        if not running.done():
            made.anchor()
        outcome = running.result()
    assert outcome.code == 0, outcome.err
    (file,) = outcome.json["files"]
    document = json.loads(Path(file).read_bytes())
    assert [entry["id"] for entry in document["relatedResource"]] == [json.loads(api.file())["id"]]
    assert document["credentialSubject"]["achievement"]["id"].endswith(whole)
    assert len(batches.list_batches(made.store)) == before + 1


def test_a_refusal_names_the_file_and_leaves_no_batch(listening: tuple[Api, str], learner: Path) -> None:
    api, _ = listening
    whole = stack(api)["achievement"]
    other = learner / "another.json"
    other.write_bytes(credentials.file(api.registered.store, api.handles[1]).replace(b"Soil science", b"Soil_science"))
    before = len(batches.list_batches(api.registered.store))
    outcome = issue(listening, "--stack", learner / "soil.json", other, "--achievement", whole, "--learner", MAIL)
    assert outcome.code == 1
    assert f"{other}: This component is invalid" in outcome.err
    assert "soil.json" not in outcome.err
    assert len(batches.list_batches(api.registered.store)) == before


def test_what_cannot_be_a_stack_is_told_before_a_registry_is_asked(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    many = tmp_path / "many"
    many.mkdir()
    for number in range(33):
        (many / f"{number}.json").write_text("{}")
    (tmp_path / "list.json").write_text("[]")

    def words(*more: str | Path) -> tuple[int, str]:
        outcome = credanchor("issue", "--url", "http://127.0.0.1:9", *more)
        return outcome.code, outcome.err

    assert words("--stack", many)[0] == 64  # for what?
    for path, told in (
        (many, "33 components"),
        (tmp_path / "empty", "holds no file"),
        (tmp_path / "list.json", "not a"),
    ):
        code, err = words("--achievement", "x", "--stack", path)
        assert code == 1
        assert told in err
    code, err = words("--achievement", "x", "--stack", tmp_path / "nothing.json")
    assert (code, "cannot be read" in err) == (1, True)
    assert words("roster.csv", "--achievement", "x", "--stack", many)[0] == 64
    assert words("roster.csv", "--achievement", "x", "--learner", MAIL)[0] == 64
    assert words("--achievement", "x", "--stack", many, "--learner", "ana@learner.example")[0] == 64
    assert words("--achievement", "x", "--stack", many, "--unsigned")[0] == 64
