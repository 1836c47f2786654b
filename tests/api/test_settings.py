"""Settings: where they come from, which is stronger, what is refused, and that no secret is printed."""

from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, describe


def test_without_anything_the_defaults_hold() -> None:
    settings = Settings.load({})
    assert settings == Settings()
    assert settings.database == f"sqlite:///{Path('var').absolute()}/credanchor.db"


def test_overrides_beat_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('port = 1001\nhost = "0.0.0.0"\nrpc_urls = ["http://a.example", "http://b.example"]\n')
    environ = {"CREDANCHOR_SETTINGS": str(file), "CREDANCHOR_PORT": "1002", "CREDANCHOR_TEST_NETWORK": "false"}
    settings = Settings.load(environ, host="::1", data_dir=None)
    assert (settings.port, settings.host, settings.test_network) == (1002, "::1", False)
    assert settings.rpc_urls == ("http://a.example", "http://b.example")


def test_every_setting_can_be_set_by_environment_and_by_file(tmp_path: Path) -> None:
    examples = {
        "data_dir": "elsewhere", "database_url": "postgresql://u@h/n", "public_url": "https://r.example",
        "host": "0.0.0.0", "port": 9, "rpc_urls": "https://a.example,https://b.example", "test_network": False,
        "heartbeat_seconds": 7, "anchor_within_seconds": 20, "tick_seconds": 0.5, "lease_seconds": 4,
        "worker_stale_seconds": 8, "rpc_timeout_seconds": 1.5,
        "master_key_file": "m", "keystore_dir": "k", "trust_file": "t", "contexts_dir": "c",
        "log_level": "DEBUG", "signing_processes": 3, "max_fee_gwei": 30.5, "min_tip_gwei": 0.5, "bump_after_blocks": 9,
        "finality_depth": 12, "final_witnesses": 3, "explorer_url": "https://look.example",
        "page_rpc_urls": "https://page.example",
        "log_format": "text", "monitor_host": "0.0.0.0", "monitor_port": 9100,
        "alert_webhook": "https://alerts.example/token", "alert_secret": "at least sixteen characters",
        "operator_signer": "awskms:alias/operator", "registrar_signer": f"https://u:p@sign.example#0x{'11' * 20}",
    }  # fmt: skip
    assert {one.name for one in describe()} == {*examples, "vc_api_issuer"}  # which needs a test network
    environ = {f"CREDANCHOR_{name.upper()}": str(value).replace("False", "false") for name, value in examples.items()}
    by_environment = Settings.load(environ)
    file = tmp_path / "settings.toml"
    lines = [
        f"{name} = {str(value).lower() if not isinstance(value, str) else repr(value)}"
        for name, value in examples.items()
    ]
    file.write_text("\n".join(lines))
    assert Settings.load({}, file) == by_environment
    assert not any(getattr(by_environment, name) == getattr(Settings(), name) for name in examples)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CREDANCHOR_DATABSE_URL", "x", "Did you mean CREDANCHOR_DATABASE_URL"),
        ("CREDANCHOR_PORT", "eighty", "CREDANCHOR_PORT must be a whole number"),
        ("CREDANCHOR_PORT", "0", "port"),
        ("CREDANCHOR_TEST_NETWORK", "yes", "true or false"),
        ("CREDANCHOR_RPC_URLS", " , ", "rpc_urls"),
        ("CREDANCHOR_RPC_URLS", "ftp://x.example", "rpc_urls"),
        ("CREDANCHOR_PUBLIC_URL", "https://r.example/", "no slash"),
        ("CREDANCHOR_TICK_SECONDS", "0", "tick_seconds"),
        ("CREDANCHOR_TICK_SECONDS", "8", "lease_seconds is not usable: it is at least twice tick_seconds"),
        ("CREDANCHOR_LOG_LEVEL", "LOUD", "log_level"),
        ("CREDANCHOR_LOG_FORMAT", "xml", "log_format"),
        ("CREDANCHOR_MONITOR_PORT", "65536", "monitor_port"),
        ("CREDANCHOR_ALERT_WEBHOOK", "ftp://secret.example", "alert_webhook"),
        ("CREDANCHOR_ALERT_WEBHOOK", "https://user:secret@x.example", "alert_webhook"),
        ("CREDANCHOR_ALERT_WEBHOOK", "https://x.example/secret", "alert_secret .* at least 16"),
        ("CREDANCHOR_MAX_FEE_GWEI", "nan", "max_fee_gwei"),
        ("CREDANCHOR_MIN_TIP_GWEI", "-1", "min_tip_gwei"),
        ("CREDANCHOR_FINALITY_DEPTH", "1000000", "finality_depth"),
        ("CREDANCHOR_OPERATOR_SIGNER", "https://sign.example/secret", "operator_signer .* account behind #"),
        ("CREDANCHOR_REGISTRAR_SIGNER", "file:///secret", "registrar_signer .* begins with keystore:"),
        ("CREDANCHOR_EXPLORER_URL", "javascript:alert(1)", "explorer_url"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(variable: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.load({variable: value})


@pytest.mark.parametrize(
    "text", ["prot = 1", "port = true", "port = 'x'", "rpc_urls = [1]", "port = ", "test_network = 1"]
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        Settings.load({}, file)


def test_a_file_that_is_named_and_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load({"CREDANCHOR_SETTINGS": str(tmp_path / "none.toml")})


def test_variables_of_the_scripts_are_left_alone() -> None:
    assert Settings.load({"CREDANCHOR_VENV": "/x", "CREDANCHOR_URL": "http://x.example", "HOME": "/"}) == Settings()


def test_what_is_printed_has_no_secret_in_it() -> None:
    settings = Settings(
        database_url="postgresql://user:hunter2@db.example:5433/name",
        rpc_urls=("https://node.example/v3/abcdef0123456789", "http://u:p4ss@10.0.0.1:8545"),
        operator_signer=f"https://user:hunter2@sign.example/abcdef0123456789#0x{'11' * 20}",
        alert_webhook="https://alerts.example/hooks/abcdef0123456789",
        alert_secret="hunter2 and more of it",
    )
    text = repr(settings) + str(settings.masked())
    for secret in ("hunter2", "abcdef0123456789", "p4ss", "user"):
        assert secret not in text
    assert settings.masked()["database_url"] == "postgresql://db.example:5433/***"
    assert settings.masked()["rpc_urls"] == "https://node.example/***,http://10.0.0.1:8545/***"
    assert (settings.masked()["alert_webhook"], settings.masked()["alert_secret"]) == (
        "https://alerts.example/***",
        "***",
    )
    assert settings.masked()["operator_signer"] == "https://sign.example/***"
    assert set(settings.masked()) == {one.name for one in describe()}


def test_every_setting_is_described_and_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "api" / "README.md").read_text()
    for one in describe():
        assert len(one.describes) > 10
        assert f"| `{one.variable}` | {f'`{one.default}`' if one.default else ''} | {one.describes} |" in readme
