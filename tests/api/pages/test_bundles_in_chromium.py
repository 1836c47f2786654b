"""Bundles in the browser: the verdicts and codes of Python, for good ones and for whatever is done to them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis.strategies import binary
from playwright.sync_api import Page

from anchor.bundle.file import Bundle
from api.pages.catalogue import catalogues
from api.pages.checking import block_hash_of, check_bundle
from api.pages.routes import seen
from api.pages.view import alignments
from api.services import Services
from registry.verify import TrustProfile
from tests.support.spoiling import spoiled
from tests.support.vectors import BUNDLES, bundle_verdict, load

pytestmark = pytest.mark.browser

SUSPENDED = next(path for path in BUNDLES if path.stem == "issuer-suspended-then")  # reads all that is ever read
ENDORSED = {"with-endorsements": ["pass", "fail"], "endorsement-not-proved": ["unknown", "fail"]}
VALID = next(path for path in BUNDLES if path.stem == "valid")


@dataclass
class Clock:
    """What checking.check_bundle asks of the services."""

    trust: TrustProfile
    moment: datetime

    def now(self) -> datetime:
        return self.moment


def test_every_bundle_vector_gives_what_it_states_in_the_words_of_the_server(bench: Page) -> None:
    assert len(BUNDLES) > 30
    for path in BUNDLES:
        vector = load(path)
        asked = vector | {"messages": [known.messages for known in catalogues().values()], "rows": alignments()}
        [found] = bench.evaluate("(vector) => judgeBundles(vector, [null])", asked)
        words = found.pop("words")
        assert found == vector["expected"], path.name
        clock = Clock(TrustProfile.from_json(vector["trust"]), datetime.fromisoformat(vector["now"]))
        made = check_bundle(cast(Services, clock), vector["bundle"].encode(), block_hash_of(vector["block_hash"] or ""))
        for theirs, catalogue in zip(words, catalogues().values(), strict=True):
            assert theirs == seen(made, catalogue), path.name
            assert [line["outcome"] for line in theirs["endorsements"]] == ENDORSED.get(path.stem, []), path.name
            assert "?" not in theirs["sentence"], theirs["sentence"]


def proofs(bundle: Bundle) -> Iterator[dict[str, Any]]:
    for name in ("account", "storage"):
        for nodes in spoiled(getattr(bundle, name)):
            yield {name: [node.hex() for node in nodes]}


def changes(bundle: Bundle) -> Iterator[dict[str, Any]]:
    """Members to put in the place of the bundle's own: everything that Python's own tests of bundles try."""
    yield from proofs(bundle)
    for place in range(0, len(bundle.header), 13):
        changed = bytearray(bundle.header)
        changed[place] ^= 1 << place % 8
        yield {"header": changed.hex()}
    for code in (b"\x60\x00", bundle.code + b"\0"):
        yield {"code": base64.b64encode(code).decode()}
    for text in ("", "=", "QUJD\n", "QUJ", "QUI", "QUJ=", "QUI=", "QUJDé", " QUJD", "QU-_", "QQ==", "QQ=", "QR=="):
        yield {"credential": text}
    for value in (1.5, -1, True, None, "1", 2**53, bundle.chain_id + 1, float(bundle.chain_id)):
        yield {"chain_id": value}
    contract = "0x" + bundle.contract.hex()
    for value in (contract[2:], contract.upper(), contract + "\n", contract + "00", 5, "0x" + "00" * 20):
        yield {"contract": value}
    for value in ("", "0", "é0", "00", "c0", "00\n", None, ["00"]):
        yield {"header": value}
        yield {"account": [value]}
    for value in (
        {},
        "",
        None,
        [{}],
        [{}, {}],
        [{"a": 1}, {}],
        [{}, {"a": 1}],
        [{"\U0001f600": 1}, {"\ufb01": 1}],
        [[]],
    ):
        yield {"status": value}
    for value in ("credanchor-bundle/2", "credanchor-bundle/1 ", None, 1):
        yield {"format": value}


@pytest.mark.parametrize("path", [VALID, SUSPENDED], ids=lambda path: path.stem)
def test_whatever_is_changed_in_a_bundle_gives_the_same_verdict_and_codes_as_in_python(bench: Page, path: Path) -> None:
    vector = load(path)
    value = json.loads(vector["bundle"])
    asked = list((changes if path == VALID else proofs)(Bundle.parse(vector["bundle"].encode())))
    expected = [bundle_verdict(vector, json.dumps(value | members).encode()) for members in asked]
    found = bench.evaluate("([vector, changes]) => judgeBundles(vector, changes)", [vector, asked])
    for members, ours, theirs in zip(asked, expected, found, strict=True):
        assert theirs == ours, members
    codes = {str(one.get("refused") or one["checks"]["anchor"]["code"]) for one in expected}
    assert {"anchor.proof", "anchor.not-in-bundle"} <= codes
    if path == VALID:
        assert {"anchor.header", "anchor.other-block", "anchor.other-registry"} <= codes
        assert {"evidence.hex", "evidence.base64", "evidence.order", "evidence.type", "evidence.format"} <= codes


def test_keccak_is_that_of_the_known_answers_and_of_a_library(bench: Page) -> None:
    known = {  # the Keccak team's ShortMsgKAT_256, lengths 0 and 8 bits; and a common one
        b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        b"\xcc": "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a",
        b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    }
    asked = [*known]

    @settings(max_examples=150, database=None, deadline=None)
    @given(binary(max_size=300) | binary(min_size=134, max_size=138))
    def collect(data: bytes) -> None:
        asked.append(data)

    collect()
    asked += [bytes(length) for length in (135, 136, 137, 271, 272, 273)]
    found = bench.evaluate("(inputs) => keccaks(inputs)", [base64.b64encode(data).decode() for data in asked])
    assert found[: len(known)] == [*known.values()]
    assert found == [keccak(data).hex() for data in asked]
