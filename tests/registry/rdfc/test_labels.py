"""RDFC-1.0: the W3C suite, independence of names and order, and the bound on the work."""

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import FormatError
from registry.rdfc import labels
from registry.rdfc.labels import Quad, canonical
from registry.rdfc.literals import literal, suffix_of
from tests.support.badges import shared

TERM = re.compile(r'\s*(<(?:[^>\\]|\\.)*>|_:[^\s]+|"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?)')
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
LETTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def unescape(text: str) -> str:
    return ESCAPE.sub(lambda found: LETTERS[found[3]] if found[3] else chr(int(found[1] or found[2], 16)), text)


def read_quads(text: str) -> Iterator[Quad]:
    """N-Quads as the suite writes them."""
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        terms, place = [], 0
        while found := TERM.match(line, place):
            terms.append(read_term(found[1]))
            place = found.end()
        assert line[place:].strip() == "."
        subject, predicate, object_, graph = [*terms, ""][:4]
        yield subject, predicate, object_, graph


def read_term(text: str) -> str:
    if not text.startswith('"'):
        return unescape(text)
    value, _, rest = text[1:].rpartition('"')
    if rest.startswith("^^"):
        rest = suffix_of(unescape(rest[3:-1]))
    return literal(unescape(value), rest)


def test_the_w3c_suite_is_passed() -> None:
    folder = shared("w3c", "rdf-canon")
    entries = json.loads((folder / "manifest.jsonld").read_bytes())["entries"]
    done = {"rdfc:RDFC10EvalTest": 0, "rdfc:RDFC10NegativeEvalTest": 0}
    for entry in entries:
        if entry["type"] not in done or "hashAlgorithm" in entry:
            continue
        done[entry["type"]] += 1
        quads = read_quads((folder / entry["action"]).read_bytes().decode())
        if entry["type"] == "rdfc:RDFC10EvalTest":
            assert canonical(quads) == (folder / entry["result"]).read_bytes(), entry["id"]
        else:
            with pytest.raises(FormatError) as caught:
                canonical(quads)
            assert caught.value.code == "rdf.too-complex"
    assert done == {"rdfc:RDFC10EvalTest": 63, "rdfc:RDFC10NegativeEvalTest": 1}


NODES = st.sampled_from(["_:a", "_:b", "_:c", "_:d", "<urn:x:1>", "<urn:x:2>"])
QUADS = st.tuples(
    NODES,
    st.sampled_from(["<urn:p:1>", "<urn:p:2>"]),
    NODES | st.sampled_from([literal("one"), literal("two", "@en")]),
    st.sampled_from(["", "_:a", "_:g", "<urn:g:1>"]),
)


@given(st.lists(QUADS, max_size=12), st.permutations(["_:n1", "_:n2", "_:zz", "_:b0", "_:c14n1"]), st.randoms())
def test_names_and_order_of_the_input_do_not_matter(quads: list[Quad], names: list[str], chance: object) -> None:
    renamed_to = dict(zip(["_:a", "_:b", "_:c", "_:d", "_:g"], names, strict=True))
    renamed = [tuple(renamed_to.get(term, term) for term in quad) for quad in quads]
    chance.shuffle(renamed)  # type: ignore[attr-defined]
    assert canonical(renamed) == canonical(quads)  # type: ignore[arg-type]


@given(st.lists(QUADS, min_size=1, max_size=8))
def test_two_graphs_that_differ_in_a_value_differ_in_their_bytes(quads: list[Quad]) -> None:
    assert canonical([*quads, ("_:a", "<urn:p:1>", literal("three"), "")]) != canonical(quads)


@pytest.mark.parametrize("size", [7, 40])
def test_a_graph_made_to_take_for_ever_is_refused(size: int) -> None:
    clique = [(f"_:{a}", "<urn:p>", f"_:{b}", "") for a in range(size) for b in range(size) if a != b]
    with pytest.raises(FormatError) as caught:
        canonical(clique)
    assert caught.value.code == "rdf.too-complex"


def test_a_long_chain_of_alike_nodes_is_refused_before_it_reaches_the_interpreters_limit() -> None:
    ring = [(f"_:{number}", "<urn:p>", f"_:{(number + 1) % 3000}", "") for number in range(3000)]
    with pytest.raises(FormatError) as caught:
        canonical(ring)
    assert caught.value.code == "rdf.too-complex"


def test_more_statements_or_blank_nodes_than_allowed_are_refused() -> None:
    many = [("<urn:s>", "<urn:p>", literal(str(number)), "") for number in range(labels.MAX_QUADS + 1)]
    assert canonical(many[:-1])
    nodes = [(f"_:{number}", "<urn:p>", literal(str(number)), "") for number in range(labels.MAX_BLANK_NODES + 1)]
    assert canonical(nodes[:-1])
    for quads in (many, nodes):
        with pytest.raises(FormatError) as caught:
            canonical(quads)
        assert caught.value.code == "rdf.too-complex"


def test_control_characters_are_escaped_as_rdfc_writes_them() -> None:
    assert (
        literal("\x00\x07\b\t\n\x0b\f\r\x1f\"\\\x7fé'")
        == '"\\u0000\\u0007\\b\\t\\n\\u000B\\f\\r\\u001F\\"\\\\\\u007Fé\'"'
    )


def test_half_a_surrogate_pair_has_no_canonical_form() -> None:
    with pytest.raises(FormatError) as caught:
        canonical([("<urn:s>", "<urn:p>", literal("\ud800"), "")])
    assert caught.value.code == "format.surrogate"
