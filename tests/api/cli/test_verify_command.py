"""`credanchor verify`: the exit code says what a script must know, the lines say what a person must do."""

import json
from dataclasses import replace

from registry.verify import TrustProfile
from tests.support import cannednode
from tests.support.cases import case
from tests.support.commandline import credanchor
from tests.support.desk import FOREVER, Desk
from tests.support.specimen import TRUST, list_evidence, status_evidence, status_list, to_bytes


def test_a_valid_file_ends_with_0_and_shows_all_seven_checks(desk, good):
    outcome = desk.verify(desk.write("good.json", good.data))
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith(f"{desk.directory}/good.json: valid. ")
    assert sum(line.startswith("  ✓ ") for line in lines) == 7
    assert "\x1b" not in outcome.out, "colours are for terminals"


def test_json_is_one_report_a_line(desk, good):
    path = desk.write("good.json", good.data)
    reports = [json.loads(line) for line in desk.verify(path, path, "--json").out.splitlines()]
    assert [report["file"] for report in reports] == [str(path)] * 2
    assert [report["verdict"] for report in reports] == ["valid"] * 2
    assert reports[0]["format"] == "credanchor-report/1"


def test_a_file_is_read_from_standard_input(desk, good):
    assert desk.verify("-", data=good.data).code == 0


def test_a_changed_file_ends_with_1_and_tells_what_to_do(desk, good):
    outcome = desk.verify(desk.write("bad.json", good.data.replace(b"Soil science", b"Soil_science")))
    assert outcome.code == 1
    assert ": invalid." in outcome.out
    assert "  ✗ 2 signature" in outcome.out


def test_a_revoked_file_ends_with_1(good, tmp_path):
    evidence = status_evidence(
        list_evidence(status_list("revocation", {94_567})), list_evidence(status_list("suspension"))
    )
    revoked = case(FOREVER, evidence=evidence)
    with cannednode.serving(revoked.chain) as url:
        desk = Desk(tmp_path, url)
        desk.status = desk.write("status.json", to_bytes(evidence.to_json()))
        outcome = desk.verify(desk.write("revoked.json", revoked.data))
    assert outcome.code == 1
    assert ": revoked." in outcome.out


def test_a_network_that_is_away_ends_with_2_and_says_nothing_against_the_file(desk, good):
    desk.trust = desk.write(
        "away.toml", TrustProfile((replace(TRUST, rpc=("http://127.0.0.1:9",)),)).to_toml().encode()
    )
    outcome = desk.verify(desk.write("good.json", good.data))
    assert outcome.code == 2
    assert ": unconfirmed." in outcome.out
    assert "  ? 5 anchor" in outcome.out


def test_of_several_files_a_bad_one_outranks_one_that_is_not_known(desk, good):
    fine = desk.write("good.json", good.data)
    forged = desk.write("forged.json", good.data.replace(b"Soil science", b"Soil_science"))
    desk.trust = desk.write(
        "away.toml", TrustProfile((replace(TRUST, rpc=("http://127.0.0.1:9",)),)).to_toml().encode()
    )
    assert desk.verify(fine, forged).code == 1
    assert desk.verify(fine, fine).code == 2


def test_without_evidence_of_status_the_result_is_not_known(desk, good):
    path = desk.write("good.json", good.data)
    outcome = credanchor("verify", path, "--trust", desk.trust, "--status", desk.write("empty.json", b"{}"))
    assert outcome.code == 2
    assert "  ? 6 status" in outcome.out


def test_a_test_network_ends_with_0_but_never_says_valid_alone(desk, good):
    profile = TrustProfile.parse(desk.trust.read_text()).registries[0]
    desk.trust = desk.write("test.toml", TrustProfile((replace(profile, test=True),)).to_toml().encode())
    outcome = desk.verify(desk.write("good.json", good.data))
    assert outcome.code == 0
    assert ": valid_test." in outcome.out


def test_a_missing_file_or_trust_profile_is_not_known_and_says_what_is_needed(desk, good, tmp_path):
    outcome = desk.verify(tmp_path / "nothing.json")
    assert (outcome.code, outcome.out) == (2, "")
    assert "nothing.json cannot be read" in outcome.err
    outcome = credanchor("verify", desk.write("good.json", good.data), "--data", tmp_path / "elsewhere")
    assert outcome.code == 2
    assert "--trust" in outcome.err


def test_wrong_usage_ends_with_64():
    assert credanchor("verify").code == 64


def test_a_log_that_cannot_be_read_is_not_known_and_not_invalid(desk, good):
    done = desk.verify(desk.write("good.json", good.data), "--log", desk.directory / "nowhere.jsonl")
    assert done.code == 2
    assert "nowhere.jsonl" in done.err
