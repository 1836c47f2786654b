"""Static analysis: slither finds nothing of high or medium impact in our sources, and it has seen all of them."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.test_artifact import CONTRACTS, toolchain

SLITHER = CONTRACTS.parent / ".venv-slither" / "bin" / "slither"

OURS = {"AccreditationLedger", "AnchorLedger", "AppendOnlyLog", "CredentialRegistry", "IssuerLedger"}
LIBRARY_CONTRACTS = 11
"""Contracts, interfaces and libraries of OpenZeppelin that ours are compiled with."""

KNOWN = {
    ("incorrect-exp", "mulDiv"),
    ("divide-before-multiply", "mulDiv"),
    ("divide-before-multiply", "invMod"),
}
"""Findings in functions of OpenZeppelin's Math.sol that our code never calls, so that they are not in the artifact:
`(3 * denominator) ^ 2` is meant as exclusive or, and the divisions are exact or meant to lose the remainder."""


def program() -> Path:
    """slither; skips where it is missing, which in CI is a failure."""
    if SLITHER.exists():
        return SLITHER
    reason = "slither is missing: CI=true scripts/test puts it into .venv-slither"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def analysed(home: Path) -> dict[str, Any]:
    """What slither says of the sources in `home`, in JSON."""
    toolchain()
    (forge,) = (CONTRACTS / "node_modules" / "@foundry-rs").glob("forge-*/bin")
    kinds = ("--json-types", "compilations,detectors", "--json", "-")
    done = subprocess.run(
        [program(), ".", "--compile-force-framework", "foundry", *kinds],
        cwd=home,
        env=os.environ | {"PATH": f"{forge}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["success"], report["error"]
    results: dict[str, Any] = report["results"]
    return results


def compiled(results: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Every contract that was analysed, and whether it is a library's."""
    (compilation,) = results["compilations"]
    for unit in compilation["compilation_units"].values():
        for source in unit["source_units"].values():
            for name, contract in source["contracts"].items():
                yield name, contract["is_dependency"]


def severe(results: dict[str, Any], *, dependency: bool) -> set[tuple[str, str]]:
    """Detector and first element of each finding of high or medium impact."""
    found = [each for each in results["detectors"] if each["impact"] in ("High", "Medium")]
    first = [(each["check"], each["elements"][0]) for each in found]
    return {
        (check, element["name"]) for check, element in first if element["source_mapping"]["is_dependency"] == dependency
    }


def test_slither_finds_nothing_in_any_of_the_sources_and_does_find_a_planted_flaw(tmp_path: Path) -> None:
    shutil.copytree(CONTRACTS / "src", tmp_path / "src")
    for name in ("foundry.toml", "solc.mjs", "package.json"):
        shutil.copy(CONTRACTS / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(CONTRACTS / "node_modules")
    (tmp_path / "src" / "Planted.sol").write_text(PLANTED, "utf-8")
    results = analysed(tmp_path)
    contracts = list(compiled(results))
    assert {name for name, dependency in contracts if not dependency} == OURS | {"Planted"}
    assert len(contracts) == len(OURS) + 1 + LIBRARY_CONTRACTS
    assert severe(results, dependency=False) == {("arbitrary-send-eth", "pay")}
    assert severe(results, dependency=True) == KNOWN


PLANTED = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Gives its ether to anybody: a finding of high impact, which shows that findings are seen.
contract Planted {
    function pay(address payable to) external {
        to.transfer(address(this).balance);
    }
}
"""
