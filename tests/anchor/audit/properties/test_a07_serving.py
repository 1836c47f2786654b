"""A7: a real registry over loopback, and a server in front of it that swaps, alters or leaves out what it answers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from anchor.audit.audit import audit
from anchor.audit.report import AuditReport
from anchor.audit.source import open_source
from anchor.audit.view import Given
from api.app import create_app
from api.services import Services
from api.settings import Settings
from registry.format import anchorproof
from tests.support.auditing import broken, found, other, outcomes
from tests.support.bundling import Place, settled
from tests.support.listening import listening
from tests.support.lyingapi import Lie, lying


@dataclass(frozen=True)
class Served:
    """A registry with credentials, and the address of its API."""

    place: Place
    api: str

    def look(self, lies: dict[str, Lie] | None = None, file: bytes = b"", previous: bytes | None = None) -> AuditReport:
        credential = {"diploma.json": file or self.place.files["valid"]}
        with lying(self.api, lies or {}) as url:
            source = open_source(f"{url}/v1/export")
            given = Given(previous=previous, credentials=credential)
            return audit(source, [self.place.url], self.place.registry, given=given)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    with settled(home, migrated_file) as place:
        services = Services(Settings(data_dir=home, rpc_urls=(place.url,)), place.store)
        with listening(create_app(services)) as api:
            yield Served(place, api)


def edited(edit: Callable[[Any], object]) -> Lie:
    def lie(value: Any) -> Any:
        edit(value)
        return value

    return lie


def swap_leaves(batch: Any) -> None:
    batch["leaves"][0], batch["leaves"][1] = batch["leaves"][1], batch["leaves"][0]


def alter_proof(evidence: Any) -> None:
    """The way from the status lists to the anchor's root; where there is none, what it begins with."""
    if evidence["anchor"]["path"]:
        evidence["anchor"]["path"][0] = other(evidence["anchor"]["path"][0])
    else:
        evidence["status_root"] = other(evidence["status_root"])


ROOTS = {"batch.root", "batch.root-merkletools"}
LIES: dict[str, tuple[dict[str, Lie], set[str], set[str]]] = {
    "anchor omitted": ({"/v1/anchors/1": lambda _: None}, {"served.withheld"}, {"A7"}),
    "anchor altered": (
        {"/v1/anchors/2": edited(lambda page: page.update(root=other(page["root"])))}, {"served.other"}, {"A7"},
    ),
    "another block": (
        {"/v1/anchors/1": edited(lambda page: page["chain"].update(block_number=1))}, {"served.other"}, {"A7"},
    ),
    "proof altered": ({"/v1/status-lists/": edited(alter_proof)}, {"served.other"}, {"A7"}),
    "proof omitted": ({"/v1/status-lists/": lambda _: None}, {"served.withheld"}, {"A7"}),
    "leaf swapped": (
        {"/v1/export/batches/00000001": edited(swap_leaves)}, {*ROOTS, "leaf.not-published"}, {"A5", "A6"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_registry_that_serves_something_else_than_it_published_is_named_as_often_as_it_does(
    served: Served, lie: str
) -> None:
    lies, codes, properties = LIES[lie]
    clean = served.look()
    assert (clean.findings, outcomes(clean)["A6"], outcomes(clean)["A7"]) == ((), "holds", "holds")
    report = served.look(lies)
    assert ({code for _, code in found(report)}, broken(report)) == (codes, properties)
    again = served.look(lies, previous=report.to_bytes())
    assert found(again) == found(report)
    assert found(served.look(previous=report.to_bytes())) == set()


def test_a_holder_who_was_served_another_proof_finds_it(served: Served) -> None:
    text = served.place.files["valid"].decode()
    value = next(one for one in json.loads(text)["proof"] if "anchor" in json.dumps(one))["proofValue"]
    proof = anchorproof.decode(value)
    forged = replace(proof, anchor_path=(bytes(32), *proof.anchor_path[1:]))
    report = served.look(file=text.replace(value, anchorproof.encode(forged)).encode())
    assert found(report) == {("diploma.json", "served.other-proof")}
    assert broken(report) == {"A7"}
