"""A learner's certificate, from the first course to a revoked one, on a real node and a real worker, by command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.cli.test_serve_journey import eventually, free_port, ok, serving
from tests.support.commandline import Outcome, credanchor
from tests.support.registered import ACHIEVEMENT

ANA = "ana@learner.example"
ROSTER = f"name,email,awarded_on\nAna Andromeda,{ANA},2026-01-20\nBen Bootes,ben@learner.example,2026-01-20\n"
WATER = "https://university.example/achievements/water/v1"
RULE = "[stacking]\nstand_alone = true\n[stacking.requires]\nmin_credits = {{credits = {credits}, of = [{of}]}}\n"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[tuple[Path, Path, str]]:
    """A registry that is served, with an issuer: its data, a place for files, its address."""
    data = tmp_path / "registry"
    with serving(data, "--port", str(free_port())) as started:
        ok(credanchor("issuer", "add", "uni", "--did", "did:web:university.example", "--name", "Uni", "--data", data))
        ok(credanchor("key", "add", "uni", "--data", data))
        yield data, tmp_path, str(started["url"])


def definition(place: Path, slug: str, start: str = "", end: str = "") -> Path:
    path = place / f"{slug}.toml"
    path.write_text(start + ACHIEVEMENT.replace("soil-science", slug) + end)
    return path


def test_small_credentials_become_a_large_one_that_knows_which_they_were(here: tuple[Path, Path, str]) -> None:
    data, place, url = here
    roster = place / "roster.csv"
    roster.write_text(ROSTER)

    def issue(*words: str | Path) -> Outcome:
        return credanchor("issue", *words, "--data", data, "--json")

    for slug, start in (("soil", ""), ("water", f'id = "{WATER}"\n')):
        ok(issue(roster, "--achievement", definition(place, slug, start), "--out", place / slug))
    (soil, bens), (water, _) = (sorted((place / slug).glob("*.json")) for slug in ("soil", "water"))
    # The one without `id` is named by its address in the registry.
    listed = f'"{url}/v1/achievements/uni.soil.1", "{WATER}"'
    too_much = definition(place, "too-much", end=RULE.format(credits=6, of=listed))
    refused = issue("--stack", soil, water, "--achievement", too_much, "--learner", f"email={ANA}")
    assert (refused.code, "at most 5 credits" in refused.err) == (1, True), refused.err
    whole = definition(place, "certificate", end=RULE.format(credits=5, of=listed))
    for files, learner, told in (
        ((soil,), ANA, "2.5 credits of the 5"), ((soil, soil), ANA, "2.5 credits of the 5"),
        ((bens, water), ANA, f"{bens}: This component is of another learner"),
    ):  # fmt: skip
        refused = issue("--stack", *files, "--achievement", whole, "--learner", f"email={learner}")
        assert (refused.code, told in refused.err) == (1, True), refused.err
    words = ("--achievement", whole, "--learner", f"email={ANA}", "--out", place / "certificates")
    (file,) = ok(issue("--stack", soil, water, *words)).json["files"]

    demand = ("--component", soil, "--component", water, "--require-components")
    report = ok(credanchor("verify", file, *demand, "--data", data, "--json")).json
    assert report["verdict"] == "valid_test"
    assert report["embedded_proof"]["outcome"] == "pass"
    assert [(line["outcome"], line["file"]) for line in report["components"]] == [
        ("pass", str(soil)), ("pass", str(water)),
    ]  # fmt: skip
    assert ok(credanchor("verify", file, "--data", data)).out.count("was not given") == 2

    ok(credanchor("revoke", water, "--reason", "issued-in-error", "--data", data))
    eventually(data, [water], {"revoked": 1})
    strict = credanchor("verify", file, *demand, "--data", data, "--json")
    assert (strict.code, strict.json["verdict"]) == (1, "valid_test"), "the certificate stands"
    assert [line["code"] for line in strict.json["components"]] == ["component.ok", "component.revoked"]
    again = issue("--stack", soil, water, *words)
    assert (again.code, f"{water}: This component is revoked" in again.err) == (1, True), again.err
    assert json.loads(Path(file).read_bytes())["credentialSubject"]["creditsEarned"] == 2.5
