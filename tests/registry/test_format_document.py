"""FORMAT.md says what the code does: sections, codes, numbers and the worked example."""

import json
import re
from pathlib import Path

from registry import limits
from registry.format import anchorproof
from registry.verify import CHECK_IDS, EXIT_CODES, VERDICTS
from tests.support.vectors import FOLDER, PATHS, load

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "registry" / "FORMAT.md").read_text(encoding="utf-8")
SHARED_CODES = {
    "other-chain",
    "other-code",
    "unreachable",
    "not-final-view",
    "unusable",
    "no-anchor-proof",
}
WRITERS_ONLY = {
    "format.integer",
    "format.length",
    "format.no-canonical-form",
    "format.multikey",
    "format.bitstring",
    "format.digest",
    "inclusion.empty",
}
"""Raised where something is written, or inside a check that reports its own code: never the code of a check."""


def test_each_check_has_the_section_with_its_number() -> None:
    headings = re.findall(r"^## ([1-7]) (\w+)$", TEXT, re.MULTILINE)
    assert headings == [(str(number), id) for number, id in enumerate(CHECK_IDS, 1)]


def test_every_code_of_the_verifier_is_in_the_specification_and_the_other_way_round() -> None:
    sources = [path for folder in ("format", "verify") for path in (ROOT / "registry" / folder).glob("*.py")]
    assert len(sources) > 15
    pattern = rf'"((?:{"|".join(CHECK_IDS)})\.[a-z0-9-]+)"'
    codes = {code for path in sources for code in re.findall(pattern, path.read_text(encoding="utf-8"))}
    codes |= {check["code"] for path in PATHS for check in load(path)["expected"]["checks"].values()}
    codes = {code for code in codes if code.split(".")[1].split("-")[0] not in ("ok", "needs")} - WRITERS_ONLY
    assert len(codes) > 60
    documented = set(re.findall(rf"`((?:{'|'.join(CHECK_IDS)})\.[a-z0-9-]+)`", TEXT)) - {"issuer.id", "issuer.name"}
    shared = {code for code in codes if code.split(".")[1] in SHARED_CODES}
    carriers = set(re.findall(r"`(baking\.[a-z0-9-]+)`", TEXT))  # their tests are with the readers of pictures and PDFs
    assert codes - shared <= documented | carriers, codes - shared - documented - carriers
    assert {f"anchor.{code.split('.')[1]}" for code in shared} <= documented | {"anchor.no-anchor-proof"}
    built_elsewhere = {
        "anchor.unusable",
        "inclusion.needs-signature",
        "signature.needs-inclusion",
        "status.other-chain",
    }
    assert documented <= codes | built_elsewhere, documented - codes


def test_every_code_of_a_line_about_a_component_is_in_the_specification_and_the_other_way_round() -> None:
    source = (ROOT / "registry" / "verify" / "components.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'"(component\.[a-z-]+)"', source)) | {"component.ok"}
    built_elsewhere = {"component.unconfirmed", "component.pending"}
    assert set(re.findall(r"`(component\.[a-z-]+)`", TEXT)) == codes | built_elsewhere


def test_every_verdict_has_its_exit_code_in_the_table() -> None:
    table = TEXT.split("## The verdict")[1].split("## 8")[0]
    rows = re.findall(r"^\| (`.*?`) \|.*\| (\d) \|$", table, re.MULTILINE)
    found = {verdict: int(code) for names, code in rows for verdict in re.findall(r"`(\w+)`", names)}
    assert found == dict(EXIT_CODES)
    assert set(found) == set(VERDICTS)


def test_the_limits_in_the_text_are_those_of_the_code() -> None:
    for number in (
        limits.MAX_DOCUMENT_BYTES,
        limits.MAX_DEPTH,
        limits.MAX_SIGNIFICANT_DIGITS,
        limits.MAX_URL_CHARS,
        limits.MAX_PROOF_CHARS,
        limits.MAX_PROOF_BYTES,
        limits.MIN_STATUS_LIST_BYTES * 8,
        2 * limits.MAX_PATH + 2,
    ):
        assert re.search(rf"\b{number:,}\b", TEXT), number
    assert limits.MAX_INTEGER == 2**53 - 1
    assert (limits.MAX_STATUS_LIST_BYTES, limits.MAX_STATUS_EVIDENCE_BYTES) == (1 << 20, 4 << 20)


def test_the_worked_example_is_what_its_vector_gives() -> None:
    file = json.loads(load(FOLDER / "0-valid--with-end-date.json")["file"])
    proof = anchorproof.decode(file["proof"][-1]["proofValue"])
    shown = dict(re.findall(r"^([A-Za-z_ ]+?) +([0-9a-f]{64})$", TEXT, re.MULTILINE))
    assert shown == {
        "registry_id": proof.registry_id.hex(),
        "issuer_key_id": proof.issuer_key_id.hex(),
        "D_jcs": proof.d_jcs.hex(),
        "leaf": proof.leaf.hex(),
        "batch_root": proof.batch_root.hex(),
        "anchor root": proof.anchor_root.hex(),
    }
