"""Write the conformance vectors: `python -m tests.vectors.make`. Deterministic; a test compares it with the files.

What each case expects is stated by hand, from FORMAT.md; nothing is copied from what the verifier answered.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.verify import Unreachable, WrongChain
from registry.verify.document import show_time
from tests.support.cases import Case
from tests.vectors import (
    cases_bundle,
    cases_chain,
    cases_file,
    cases_nested,
    cases_pdf,
    cases_proof,
    cases_receipt,
    cases_status,
)
from tests.vectors.expected import Expected, Vectors

FOLDER = Path(__file__).parent
GROUPS = (
    cases_file.valid,
    cases_nested.nested,
    cases_file.formats,
    cases_pdf.pdfs,
    cases_proof.signatures,
    cases_chain.issuers,
    cases_proof.inclusions,
    cases_chain.anchors,
    cases_status.statuses,
    cases_file.validities,
)


def every() -> Vectors:
    for group in GROUPS:
        yield from group()


def below() -> Iterator[tuple[str, dict[str, Any]]]:
    """Those in folders, each by its path: bundles and receipts."""
    yield from ((f"bundles/{one.name}.json", one.to_json()) for one in cases_bundle.bundles())
    yield from ((f"receipts/{one.name}.json", one.to_json()) for one in cases_receipt.receipts())


def to_json(what: str, made: Case, expected: Expected) -> dict[str, Any]:
    """One vector as JSON; `README.md` beside this file explains the members."""
    value: dict[str, Any] = {"what": what, "now": show_time(made.now)}
    value["trust"] = {"registry": [entry.to_json() for entry in made.trust.registries]}
    try:
        value["file"] = made.data.decode("utf-8")
    except UnicodeDecodeError:
        value["file_base64"] = base64.b64encode(made.data).decode("ascii")
    refusal = made.chain.refusal
    if isinstance(refusal, Unreachable):
        value["chain"] = {"unreachable": refusal.endpoint}
    elif isinstance(refusal, WrongChain):
        value["chain"] = {"other_chain": refusal.found}
    else:
        value["chain"] = {
            "lookups": [
                {"root": root.hex(), "key": key.hex(), "pending": answer.pending, "facts": answer.facts.to_json()}
                for (root, key), answer in made.chain.answers.items()
            ]
        }
    status = made.status.data
    value["status"] = (
        {"unreachable": status.endpoint} if isinstance(status, Unreachable) else {"evidence": json.loads(status)}
    )
    return value | {"expected": expected}


def text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    for old in FOLDER.glob("*.json"):
        old.unlink()
    count = 0
    for name, what, made, expected in every():
        path = FOLDER / f"{name}.json"
        if path.exists():
            sys.exit(f"two vectors are named {name}")
        path.write_text(text(to_json(what, made, expected)), encoding="utf-8")
        count += 1
    for folder in {path.parent for path in FOLDER.glob("*/*.json")}:
        for old in folder.glob("*.json"):
            old.unlink()
    for name, value in below():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(text(value), encoding="utf-8")
        count += 1
    print(f"{count} vectors")


if __name__ == "__main__":
    main()
