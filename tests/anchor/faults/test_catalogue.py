"""The table of the README names a test for each row of the catalogue, and the tests are what it says they are."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 32


def table() -> dict[int, tuple[list[str], list[str]]]:
    """Tests by row: on both chains, and others."""
    lines = re.findall(r"^\| (\d+) \| [^|]+ \|([^|]+)\|([^|]*)\|$", (HERE / "README.md").read_text(), re.MULTILINE)
    return {int(row): (re.findall(r"`(\S+?)`", both), re.findall(r"`(\S+?)`", more)) for row, both, more in lines}


def arguments(name: str) -> set[str]:
    """What a test is given; fails when there is none of that name."""
    file, function = name.split("::")
    for node in ast.parse((HERE / file).read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return {argument.arg for argument in node.args.args}
    raise AssertionError(f"there is no test {name}")


def test_every_row_of_the_catalogue_has_a_test_on_both_chains_in_both_states() -> None:
    assert sorted(table()) == list(range(1, ROWS + 1))
    for row, (both, more) in table().items():
        assert both, row
        for name in both:
            assert {"remote", "persisted"} <= arguments(name), name
        for name in more:
            arguments(name)


def test_every_story_of_this_directory_is_in_the_table() -> None:
    named = {name for both, _ in table().values() for name in both}
    found = {
        f"{path.name}::{node.name}"
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and any(argument.arg == "remote" for argument in node.args.args)
    }
    assert found == named
