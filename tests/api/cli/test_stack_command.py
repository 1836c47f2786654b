"""`credanchor issue --stack`: a learner's credentials become a larger one, which is checked with its components."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.credential.baking import bake
from registry.format import strictjson
from registry.format.digests import sri
from registry.store import batches, credentials
from registry.store.sealing import Sealer
from tests.support import cannednode
from tests.support.apisamples import stack
from tests.support.cases import Chain, case
from tests.support.commandline import Outcome, credanchor
from tests.support.desk import Desk
from tests.support.httpapi import Api
from tests.support.pictures import SVG
from tests.support.specimen import document, to_bytes
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


def test_each_of_many_learners_gets_one_and_who_does_not_is_told_why(
    listening: tuple[Api, str], learner: Path, tmp_path: Path
) -> None:
    api, _ = listening
    made, whole = api.registered, stack(api)["achievement"]
    second, third = (credentials.file(made.store, handle) for handle in api.handles[1:])
    (learner / "again.json").write_bytes(second)
    (learner / "second.svg").write_bytes(bake(SVG, second))
    altered = learner / "third.json"
    altered.write_bytes(third.replace(b"Soil science", b"Soil_science"))
    (learner / "other.json").write_bytes(api.file().replace(b"uni.soil-science.1", b"uni.another.1"))
    (learner / "stranger.json").write_bytes(to_bytes(document()))
    (learner / "list.json").write_text("[]")
    roster = tmp_path / "roster.csv"
    forged = learner / "forged.json"
    forged.write_bytes(api.file().replace(b"Soil science", b"Soil_science").replace(b"urn:uuid:", b"urn:x:", 1))
    rows = [f"learner.{number:04}@students.example,{number}" for number in range(4)]
    roster.write_text("\n".join(["email,learner_id", *rows]))
    before = len(batches.list_batches(made.store))
    words = ("--stack", learner, "--achievement", whole, "--learners", roster, "--learner", "awarded_on=2026-01-01")
    outcome = issue(listening, *words)
    assert (outcome.code, outcome.err) == (1, "")
    told = [(one["row"], one["components"], one["problem"]) for one in outcome.json["learners"]]
    assert told[0] == (1, [str(learner / "soil.json")], None)
    assert told[1] == (2, [str(learner / "again.json")], None)
    assert (told[2][:2], f"{altered}: This component is invalid" in told[2][2]) == ((3, [str(altered)]), True)
    assert told[3] == (4, [], "No file among these is of this learner.")
    left = {entry["file"]: entry["problem"] for one in outcome.json["learners"] for entry in one["left_out"]}
    assert "does not name" in left.pop(str(learner / "other.json"))
    assert "same credential" in left.pop(str(learner / "second.svg"))
    assert "This component is invalid" in left.pop(str(forged)), "it costs its learner nothing"
    assert not left
    unused = {entry["file"]: entry["problem"] for entry in outcome.json["unused"]}
    assert "none of the learners" in unused.pop(str(learner / "stranger.json"))
    assert "not a JSON object" in unused.pop(str(learner / "list.json"))
    assert not unused

    assert len(batches.list_batches(made.store)) == before + 1
    assert (outcome.json["state"], outcome.json["size"]) == ("sealing", 2)
    assert Sealer(made.store, made.vault).seal_next()
    issued = [credentials.document(made.store, row.handle) for row in credentials.list_credentials(
        made.store, outcome.json["id"], limit=10
    )]  # fmt: skip
    assert [json.loads(one)["relatedResource"][0]["id"] for one in issued] == [
        json.loads(file)["id"] for file in (api.file(), second)
    ]

    nobody = issue(listening, "--stack", altered, *words[2:])
    assert (nobody.code, nobody.json["id"]) == (1, None)
    assert [one["problem"] is None for one in nobody.json["learners"]] == [False] * 4
    assert len(batches.list_batches(made.store)) == before + 1
    unnamed = issue(listening, "--stack", learner / "soil.json", "--achievement", whole, "--learners")
    assert (unnamed.code, unnamed.json["id"]) == (1, None)
    assert "salted hashes do not" in unnamed.json["unused"][0]["problem"]


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
    assert words("roster.csv", "--achievement", "x", "--as", "clr")[0] == 64
    assert words("roster.csv", "--achievement", "x", "--learners", "roster.csv")[0] == 64
    assert words("--achievement", "x", "--stack", many, "--as", "transcript")[0] == 64
    assert words("--achievement", "x", "--stack", many, "--learner", "ana@learner.example")[0] == 64
    assert words("--achievement", "x", "--stack", many, "--unsigned")[0] == 64


def test_verify_tells_of_each_component_and_demands_them_when_asked(tmp_path: Path) -> None:
    part = case(document(id="urn:uuid:00000001-7425-40de-944b-e07fc1f90ae7", validUntil=None))
    other = case(document(id="urn:uuid:00000002-7425-40de-944b-e07fc1f90ae7", validUntil=None))
    hashed = {name: value for name, value in json.loads(part.data).items() if name != "proof"}
    related = {"id": hashed["id"], "mediaType": "application/vc", "digestSRI": sri(strictjson.digest(hashed))}
    whole = case(document(relatedResource=[related], validUntil=None))
    folder = tmp_path / "courses"
    folder.mkdir()
    right, strange = folder / "right.json", folder / "strange.json"
    right.write_bytes(part.data)
    strange.write_bytes(other.data)
    answers = {**part.chain.answers, **other.chain.answers, **whole.chain.answers}
    with cannednode.serving(Chain(answers)) as url:
        desk = Desk(tmp_path, url)
        certificate = desk.write("certificate.json", whole.data)
        alone = desk.verify(certificate)
        assert alone.code == 0
        assert f"-   component  {hashed['id']} was not given" in alone.out
        assert desk.verify(certificate, "--require-components").code == 1
        found = desk.verify(certificate, "--component", folder, "--require-components")
        assert found.code == 0, found.out
        assert f"✓   component  {right} is what the credential commits to. Valid." in found.out
        assert f"-   component  {strange} is no component" in found.out
        report = desk.verify(certificate, "--component", right, "--json").json
        assert [(line["outcome"], line["file"], line["verdict"]) for line in report["components"]] == [
            ("pass", str(right), "valid")
        ]
        right.write_bytes(part.data.replace(b'"creditsEarned":2.5', b'"creditsEarned":25'))
        altered = desk.verify(certificate, "--component", right)
        assert (altered.code, "✗   component" in altered.out) == (0, True)
        assert altered.out.startswith(f"{certificate}: valid.")
        assert desk.verify(certificate, "--component", right, "--require-components").code == 1
        nothing = desk.verify(certificate, "--component", tmp_path / "nothing.json")
        assert (nothing.code, "cannot be read" in nothing.err) == (1, True)
