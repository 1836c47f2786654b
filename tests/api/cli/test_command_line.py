"""The command line as a whole: every command explains itself, mistakes are met with a hint, `verify` starts light."""

import argparse
import subprocess
import sys

import pytest

from api.cli import main
from tests.support.commandline import ROOT, credanchor, environment

WRITTEN = [name for name in main.COMMANDS if (ROOT / f"api/cli/{name.replace('-', '_')}.py").exists()]
"""All of them, once the demo's own file is there."""

HEAVY = {"web3", "eth_account", "sqlalchemy", "alembic", "fastapi", "pydantic", "uvicorn", "pyld", "merkletools", "eth"}


def parsers(name: str) -> dict[str, argparse.ArgumentParser]:
    """The parser of a command and those of its subcommands, by what one types."""
    parser = main.build(name)
    found = {name: parser}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {f"{name} {sub}": each for sub, each in action.choices.items()}
    return found


def test_every_command_of_the_overview_exists():
    assert list(main.COMMANDS) == WRITTEN


@pytest.mark.parametrize("name", WRITTEN)
def test_every_command_explains_itself_with_an_example_and_speaks_json(name):
    found = parsers(name)
    leaves = {words: parser for words, parser in found.items() if len(found) == 1 or words != name}
    assert leaves
    for words, parser in leaves.items():
        text = parser.format_help()
        assert f"credanchor {words}" in text.partition("example:\n")[2], f"{words} has no example of itself"
        assert "--json" in text, f"{words} has no --json"
        assert parser.description, f"{words} does not say what it does"


def test_the_examples_can_be_parsed():
    import shlex

    parsed = 0
    for name in WRITTEN:
        for parser in parsers(name).values():
            lines = (parser.epilog or "").replace("\\\n", " ").splitlines()[1:]
            for line in filter(lambda line: line.strip().startswith("credanchor "), lines):
                arguments = shlex.split(line.split(" | ")[0], comments=True)[1:]
                main.build(arguments[0]).parse_args(arguments[1:])
                parsed += 1
    assert parsed >= len(WRITTEN)


def test_a_mistyped_command_is_met_with_the_one_that_was_meant():
    outcome = credanchor("verfiy", "x.json")
    assert (outcome.code, outcome.out) == (64, "")
    assert "Did you mean verify?" in outcome.err


def test_a_mistyped_option_is_met_with_the_one_that_was_meant():
    outcome = credanchor("verify", "x.json", "--jsno")
    assert (outcome.code, outcome.out) == (64, "")
    assert "Did you mean --json?" in outcome.err


def test_without_a_command_the_overview_is_printed_and_usage_was_wrong():
    outcome = credanchor()
    assert outcome.code == 64
    assert all(name in outcome.out for name in main.COMMANDS)
    assert credanchor("--help").code == 0


def test_a_registry_that_does_not_answer_is_not_a_refusal_and_shows_no_traceback(tmp_path):
    outcome = credanchor("issuer", "list", "--url", "http://127.0.0.1:9", "--data", tmp_path)
    assert outcome.code == 2
    assert "did not answer" in outcome.err
    assert "Traceback" not in outcome.err


def test_without_a_registry_the_command_says_how_to_name_one(tmp_path):
    outcome = credanchor("issuer", "list", "--data", tmp_path / "nothing")
    assert outcome.code == 1
    assert "credanchor serve" in outcome.err
    assert "--url" in outcome.err


def test_the_key_in_the_data_directory_is_never_sent_to_another_address(tmp_path):
    from api.cli import options

    (tmp_path / "client.json").write_text('{"url": "http://127.0.0.1:1", "api_key": "secret"}')
    arguments = argparse.Namespace(data=tmp_path, url="http://127.0.0.1:2")
    assert options.client(arguments)._token is None
    arguments.url = None
    assert options.client(arguments)._token == "secret"


def test_verify_imports_nothing_heavy():
    code = (
        "import sys\nfrom api.cli import main\n"
        "assert main.main(['verify', '/nowhere/file.json', '--trust', '/nowhere/trust.toml']) == 2\n"
        "import registry.verify, anchor.verifier\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
