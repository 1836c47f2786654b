"""`credanchor endorse`: an agency endorses a course, and the course's definition carries it from then on."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from registry.credential.achievement import Achievement
from registry.store import batches
from registry.store.sealing import Sealer
from registry.store.tables import IssuerKey
from tests.support.commandline import Outcome, credanchor
from tests.support.httpapi import Api
from tests.support.registered import ACHIEVEMENT
from tests.support.waiting import until

COURSE = "https://university.example/achievements/soil-science/v1"


def test_an_endorsement_is_anchored_and_embedded_into_the_definition_that_it_names(
    listening: tuple[Api, str], tmp_path: Path
) -> None:
    filled, url = listening
    made = filled.registered
    with made.store.read() as session:
        keys = [key.key_id for key in session.query(IssuerKey).filter(IssuerKey.issuer_id == "other")]
    made.put_on_chain(keys[0])
    definition = tmp_path / "soil.toml"
    definition.write_text(f'id = "{COURSE}"\n{ACHIEVEMENT}')
    token = filled.key("batches:write", "credentials:read", issuer="other")["Authorization"].removeprefix("Bearer ")

    def endorse(*words: str | Path) -> Outcome:
        comment = ("--issuer", "other", "--comment", "Accredited, AV-4223.", "--valid-until", "2031-01-15T00:00:00Z")
        return credanchor("endorse", *comment, *words, "--url", url, "--json", env={"CREDANCHOR_API_KEY": token})

    refused = endorse("--subject", "did:web:other.example")
    assert refused.code == 1
    assert "issuer that would endorse" in refused.err
    assert list(batches.list_batches(made.store, issuer_id="other")) == [], "given up again"

    with ThreadPoolExecutor() as pool:
        running = pool.submit(endorse, "--embed-into", definition, "--out", tmp_path / "files")
        until(lambda: running.done() or Sealer(made.store, made.vault).seal_next())
        if not running.done():
            made.anchor()
        outcome = running.result()
    assert outcome.code == 0, outcome.err
    (file,) = outcome.json["files"]
    target = tmp_path / "soil.endorsed.json"
    assert outcome.json["definition"] == os.fspath(target)
    whole = Achievement.parse(target.read_bytes(), "json")
    (inside,) = whole.data["endorsements"]
    assert inside == json.loads(Path(file).read_bytes())
    assert inside["credentialSubject"]["id"] == whole.to_open_badge("unused")["id"] == COURSE
    assert whole.to_open_badge("unused")["endorsement"] == [inside]
    before = Achievement.parse(definition.read_bytes(), "toml").data
    assert {name: value for name, value in whole.data.items() if name != "endorsements"} == before


def test_without_a_subject_or_with_another_than_the_definition_s_nothing_is_asked_of_a_registry(
    tmp_path: Path,
) -> None:
    definition = tmp_path / "soil.toml"
    definition.write_text(f'id = "{COURSE}"\n{ACHIEVEMENT}')
    assert credanchor("endorse", "--comment", "Good.").code == 64
    outcome = credanchor("endorse", "--comment", "Good.", "--subject", "urn:x-y:1", "--embed-into", definition)
    assert outcome.code == 1
    assert "not urn:x-y:1" in outcome.err
