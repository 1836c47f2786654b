"""A learner's record, from its courses to a revoked one, on a real node and a real worker, by command."""

import json
from pathlib import Path

from registry.format import strictjson
from tests.api.cli.test_serve_journey import eventually, free_port, ok, serving
from tests.api.cli.test_stack_journey import ANA, ROSTER, definition
from tests.support.badges import shared_json
from tests.support.commandline import Outcome, credanchor
from tests.support.contexts import CLR, folder_of

IDS = {slug: f"https://university.example/achievements/{slug}/v1" for slug in ("soil", "water", "whole")}
RULE = f'[stacking]\nstand_alone = true\n[stacking.requires]\nall_of = ["{IDS["soil"]}", "{IDS["water"]}"]\n'


def test_courses_become_a_record_that_holds_them_and_tells_what_became_of_each(tmp_path: Path) -> None:
    contexts = folder_of(tmp_path / "contexts", {CLR: shared_json("contexts", "clr-v2p0-2.0.1.json")})
    data, roster, port = tmp_path / "registry", tmp_path / "roster.csv", str(free_port())
    roster.write_text(ROSTER)
    whole = definition(tmp_path, "whole", f'id = "{IDS["whole"]}"\n', RULE)

    def issue(*words: str | Path) -> Outcome:
        return credanchor("issue", *words, "--data", data, "--json")

    def verify(file: str | Path, *words: str | Path) -> Outcome:
        return credanchor("verify", file, *words, "--data", data, "--json")

    with serving(data, "--port", port, watched={"CREDANCHOR_CONTEXTS_DIR": str(contexts)}):
        ok(credanchor("issuer", "add", "uni", "--did", "did:web:university.example", "--name", "Uni", "--data", data))
        ok(credanchor("key", "add", "uni", "--data", data))
        for slug in ("soil", "water"):
            course = definition(tmp_path, slug, f'id = "{IDS[slug]}"\n')
            ok(issue(roster, "--achievement", course, "--out", tmp_path / slug))
        (soil, bens), (water, _) = (sorted((tmp_path / slug).glob("*.json")) for slug in ("soil", "water"))
        how = ("--as", "clr", "--achievement", whole, "--learner", f"email={ANA}")
        refused = issue("--stack", bens, water, *how)
        assert f"{bens}: This component is of another learner" in refused.err
        (file,) = ok(issue("--stack", soil, water, *how, "--out", tmp_path / "records")).json["files"]

        made = json.loads(Path(file).read_bytes())
        held = made["credentialSubject"]["verifiableCredential"]
        assert [strictjson.canonical(each) for each in held] == [
            strictjson.canonical(json.loads(path.read_bytes())) for path in (soil, water)
        ]
        report = ok(verify(file, "--contexts", contexts, "--require-components")).json
        assert (report["verdict"], report["embedded_proof"]["code"]) == ("valid_test", "embedded_proof.ok")
        assert [line["code"] for line in report["components"]] == ["component.ok"] * 2
        report = ok(verify(file, "--require-components")).json
        assert (report["verdict"], report["embedded_proof"]["code"]) == ("valid_test", "embedded_proof.not-readable")

        held[1]["credentialSubject"]["creditsEarned"] = 25
        forged = tmp_path / "forged.json"
        forged.write_text(json.dumps(made))
        refused = verify(forged)
        assert (refused.code, refused.json["components"]) == (1, None)

        ok(credanchor("revoke", water, "--reason", "issued-in-error", "--data", data))
        eventually(data, [water], {"revoked": 1})
        strict = verify(file, "--require-components")
        assert (strict.code, strict.json["verdict"]) == (1, "valid_test"), "the record stands"
        assert [line["code"] for line in strict.json["components"]] == ["component.ok", "component.revoked"]
        refused = issue("--stack", soil, water, *how)
        assert (refused.code, f"{water}: This component is revoked" in refused.err) == (1, True), refused.err
        ok(credanchor("revoke", file, "--reason", "issued-in-error", "--data", data))
        eventually(data, [Path(file)], {"revoked": 1})
