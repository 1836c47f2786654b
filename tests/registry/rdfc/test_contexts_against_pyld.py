"""Contexts of every kind: whatever of JSON-LD 1.1 they use, a document means what pyld says, or is refused."""

import json
import random
from typing import Any

import pytest

from registry.errors import FormatError
from registry.rdfc.canonizer import Canonizer
from tests.support import pyld_oracle

URL = "https://a.example/context"
TERMS = ["a", "b", "c", "T", "U", "px", "name", "px:z", "d"]
IRIS = ["urn:x:1", "urn:x:2#", "https://e.example/", "urn:x:3", "px:q", "a", "x:y", "https://e.example/t", "b"]
XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
TYPES = ["@id", "@vocab", "@json", "@none", "urn:dt:1", XSD_STRING, "px:dt", "a"]
CONTAINERS: list[Any] = ["@set", "@list", "@graph", ["@graph", "@set"], []]
TEXTS = ["hello", "urn:x:9", "px:v", "a", "T", "b", "rel", "2.5"]
TRIES = 700


class Dice:
    """Contexts and documents out of one seed. Few are legal, and fewer safe; those that are differ in everything."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def often(self, chance: float) -> bool:
        return self.random.random() < chance

    def context(self, depth: int = 0) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for chance, name, values in (
            (0.2, "@vocab", ["https://v.example/", "urn:v:", None, "px:"]),
            (0.15, "@language", ["en", "de", None]),
            (0.2, "@protected", [True, False]),
            (0.1, "@propagate", [True, False]),
            (0.1, "@version", [1.1]),
            (0.9, "px", ["urn:px:"]),
            (0.7, "id", ["@id"]),
            (0.7, "type", ["@type"]),
        ):
            if self.often(chance):
                made[name] = self.pick(values)
        for term in self.random.sample(TERMS, self.random.randint(1, 6)):
            made[term] = self.pick([self.pick(IRIS), self.term(depth), self.term(depth), None])
        return made

    def term(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for chance, name, values in (
            (0.85, "@id", IRIS),
            (0.35, "@type", TYPES),
            (0.25, "@container", CONTAINERS),
            (0.15, "@language", ["fr", None]),
            (0.15, "@protected", [True, False]),
            (0.1, "@prefix", [True, False]),
        ):
            if self.often(chance):
                made[name] = self.pick(values)
        if depth < 2 and self.often(0.3):
            made["@context"] = self.pick([self.context(depth + 1), [self.context(depth + 1), self.context(depth + 1)]])
        return made

    def value(self, depth: int) -> Any:
        kinds = [lambda: self.pick(TEXTS), lambda: self.pick([1, 2.5, True, False, 0]), self.typed]
        if depth < 4:
            kinds += [lambda: [self.value(depth + 1) for _ in range(self.random.randint(0, 2))]]
            kinds += [lambda: self.node(depth + 1)] * 2
        return self.pick(kinds)()

    def typed(self) -> dict[str, Any]:
        made: dict[str, Any] = {"@value": self.pick(["t", 3, True])}
        extra: dict[str, Any] = self.pick([{}, {"@type": self.pick(["urn:dt:2", "px:dt", "a"])}, {"@language": "en"}])
        return made | extra

    def node(self, depth: int = 0) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.often(0.5):
            made[self.pick(["id", "@id"])] = self.pick(["urn:n:1", "urn:n:2", "px:n", "a"])
        if self.often(0.7):
            made[self.pick(["type", "@type"])] = self.pick([["T"], ["T", "U"], "U", ["a"], ["urn:t:1", "U"], ["px:t"]])
        for term in self.random.sample(TERMS, self.random.randint(0, 4)):
            made[term] = self.value(depth)
        return made


@pytest.mark.parametrize("seed", range(3))
def test_documents_in_contexts_of_every_kind_mean_what_pyld_says(seed: int) -> None:
    dice = Dice(seed)
    same = 0
    for _ in range(TRIES):
        known = {URL: {"@context": dice.pick([dice.context(), [dice.context(), dice.context()]])}}
        document = {"@context": URL, **dice.node()}
        try:
            mine = Canonizer(known).canonize(document)
        except FormatError as error:
            assert error.code.startswith(("rdf.", "format."))  # noqa: PT017 - any error but this one is the failure
            continue
        try:
            theirs = pyld_oracle.normalize(document, known).encode()
        except Exception:
            continue
        assert mine == theirs, json.dumps([known, document])
        same += 1
    assert same > 8
