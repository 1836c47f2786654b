"""GET /v1/worker and `credanchor status`: the same sentence, for whoever operates, and an exit code for a probe."""

import json
from pathlib import Path

import pytest

from api.cli.main import main
from registry.store.tables import Alarm, Cursor, Lease, Readings
from tests.support.httpapi import Api

WEI = 10**9


def looked(api: Api, age: int = 0) -> None:
    """A worker's good look, so many seconds ago."""
    now = api.registered.now
    with api.registered.store.begin() as session:
        session.add(Cursor(id=1, block_number=9, block_hash=bytes(32), latest_block=12, tick_at=now - age))
        session.add(
            Readings(
                id=1,
                final_time=now,
                base_fee=str(41 * WEI),
                max_fee=str(30 * WEI),
                balance=str(2**80),
                nonce=7,
                heartbeat_seconds=60,
            )
        )
        session.add(Lease(name="anchor", owner="host/1/x", token=1, expires=now - age + 15))


def stand(api: Api, code: str) -> None:
    with api.registered.store.begin() as session:
        session.add(Alarm(code=code, detail="what was seen", raised_at=api.registered.now))


def command(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, object]]:
    """`credanchor status --json` on the same database, at the same time."""
    monkeypatch.setattr("time.time", lambda: api.registered.now)
    home = Path(str(api.registered.store.url.database)).parent
    code = main(["status", "--json", "--data", str(home)])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("age", "alarm", "state", "exit_code"),
    [
        (0, "", "registrar", 0),
        (0, "low-balance", "registrar", 1),
        (0, "root-conflict", "stopped", 1),
        (600, "", "no-worker", 2),
    ],
)
def test_the_api_and_the_command_say_the_same_and_the_exit_code_says_who_must_act(
    api: Api,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    age: int,
    alarm: str,
    state: str,
    exit_code: int,
) -> None:
    looked(api, age)
    if alarm:
        stand(api, alarm)
    answer = api.client.get("/v1/worker", headers=api.key("operations:read")).json()
    code, printed = command(api, capsys, monkeypatch)
    assert printed == answer
    assert (answer["state"], code) == (state, exit_code)
    assert answer["chain"]["balance_wei"] == str(2**80)
    assert [one["code"] for one in answer["alarms"]] == ([alarm] if alarm else [])
    assert all(one["remedy"] for one in answer["alarms"])


def test_without_json_the_sentence_comes_first_and_each_alarm_with_its_remedy(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked(api)
    stand(api, "nodes-disagree")
    monkeypatch.setattr("time.time", lambda: api.registered.now)
    assert main(["status", "--data", str(Path(str(api.registered.store.url.database)).parent)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("stopped by alarm nodes-disagree since 20")
    assert "  what was seen" in lines
    assert lines[-1] == "  Find out which node lies or is on a fork, and remove it from rpc_urls"


def test_what_an_operator_sees_is_for_operators(api: Api) -> None:
    assert api.client.get("/v1/worker").status_code == 401
    assert api.client.get("/v1/worker", headers=api.key("batches:write")).status_code == 403
    assert api.client.get("/v1/worker", headers=api.key("operations:read", issuer="uni")).status_code == 403
    assert api.client.get("/v1/worker", headers=api.key("admin")).json()["state"] == "no-worker"
