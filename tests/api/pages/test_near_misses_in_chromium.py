"""Everything that a verifier is shown, changed a little: the browser says what Python says, verdict and every code."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.browsing import given
from tests.support.nearby import Nearby
from tests.support.vectors import PATHS, case_of, load

pytestmark = pytest.mark.browser

IN_ORDER = ("0-valid", "6-status--revoked", "6-status--suspended", "7-")
GOOD = [path for path in PATHS if path.name.startswith(IN_ORDER) and "pdf" not in path.name]  # what is JSON

Change = Callable[[Nearby, dict[str, Any], bytes], bytes]


def proof(near: Nearby, _: dict[str, Any], data: bytes) -> bytes:
    credential = json.loads(data)
    credential["proof"][-1]["proofValue"] = near.proof_value(credential["proof"][-1]["proofValue"])
    return json.dumps(credential, ensure_ascii=False).encode()


def evidence(near: Nearby, vector: dict[str, Any], data: bytes) -> bytes:
    vector["status"]["evidence"] = near.value(vector["status"]["evidence"])
    return data


def bit_string(near: Nearby, vector: dict[str, Any], data: bytes) -> bytes:
    vector["status"]["evidence"] = near.bit_string(vector["status"]["evidence"])
    return data


def facts(near: Nearby, vector: dict[str, Any], data: bytes) -> bytes:
    lookup = near.chance.choice(vector["chain"]["lookups"])
    lookup["facts"], lookup["pending"] = near.facts(lookup["facts"]), near.chance.random() < 0.3
    return data


def credential(near: Nearby, _: dict[str, Any], data: bytes) -> bytes:
    return near.credential(data)


@pytest.mark.parametrize("change", [proof, evidence, bit_string, facts, credential])
def test_whatever_is_changed_both_say_the_same(bench: Page, change: Change) -> None:
    near, seen = Nearby(seed=20261125), Counter[str]()
    assert len(GOOD) > 10
    originals = [load(path) for path in GOOD]
    for _ in range(250):
        vector = copy.deepcopy(near.chance.choice(originals))
        data = change(near, vector, case_of(vector).data)
        try:
            report = case_of(vector).verify(data=data)
        except KeyError:
            continue  # another question than the vector has an answer to
        if report.embedded_proof is not None and report.embedded_proof.outcome == "fail":
            continue  # only verifiers with JSON-LD see that
        found = bench.evaluate("(vector) => judge(vector)", given(vector, data))
        expected = {check.id: {"outcome": check.outcome, "code": check.code} for check in report.checks}
        assert (found["verdict"], found["checks"]) == (report.verdict, expected), (vector, data)
        seen[report.verdict] += 1
    assert len(seen) >= 2
    assert seen.total() > 200
