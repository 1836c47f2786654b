"""Vectors about what the proof says of itself: check 2 and check 4."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from registry.format import anchorproof, entries, merkle, wire
from tests.support import specimen as s
from tests.support.cases import Case, case
from tests.support.specimen import document, prove
from tests.vectors.expected import Vector, expect, inclusion_fails, signature_fails


def signatures() -> Iterator[Vector]:
    good = case().data
    changed = good.replace(b'"creditsEarned":2.5', b'"creditsEarned":3.5')
    what = "One byte of the contents was changed after signing."
    yield "2-signature--one-byte-changed", what, case(data=changed), signature_fails("mismatch")
    appended = good.replace(b'context-3.0.3.json"]', b'context-3.0.3.json",{"@vocab":null}]')
    assert appended != good
    what = "A context was appended that hides invented members from JSON-LD readers."
    yield "2-signature--context-appended", what, case(data=appended), signature_fails("mismatch")
    hashed = document()
    wrong = expect("invalid", signature="fail wrong", issuer="not_run needs-signature", status="not_run needs-issuer")
    thief = case(hashed, proof=prove(hashed, signer=s.Key("thief")))
    yield "2-signature--wrong-batch-signature", "Another key signed than the proof names.", thief, wrong
    proof = prove(hashed)
    for name, what, flipped in (
        ("s-not-reduced", "S is increased by the group's order.", _add_order(proof.signature)),
        ("all-zero", "The signature is 64 zero bytes.", bytes(64)),
    ):
        yield f"2-signature--{name}", what, case(hashed, proof=replace(proof, signature=flipped)), wrong


def _add_order(signature: bytes) -> bytes:
    order = 2**252 + 27742317777372353535851937790883648493
    return signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")


def inclusions() -> Iterator[Vector]:
    hashed = document()
    good = wire.read(anchorproof.encode(prove(hashed)))
    batch_path, anchor_path = good.path[1:4], good.path[5:]

    def with_path(path: tuple[wire.Step, ...], **changes: Any) -> Case:
        return case(hashed, proofValue=wire.write(replace(good, path=path, **changes)))

    def fields(**changes: Any) -> Case:
        return case(hashed, proofValue=wire.write(replace(good, **changes)))

    step, second = good.path[0], good.path[4]
    sibling = batch_path[0][1]
    stretched = with_path((step, (batch_path[0][0], sibling + b"\x00"), *batch_path[1:], second, *anchor_path))
    mirrored = with_path((step, ("left", sibling), *batch_path[1:], second, *anchor_path))
    shortened = with_path((step, *batch_path[:-1], second, *anchor_path), batch_length=2)
    lengthened = with_path((step, *batch_path, ("right", s.sha("x")), second, *anchor_path), batch_length=4)
    flipped = (batch_path[0][0], bytes([sibling[0] ^ 1]) + sibling[1:])
    cases = [
        ("index-not-below-size", "Index 5 of 5.", "index", fields(index=5)),
        ("index-of-another", "The proof of index 2 says 3.", "root", fields(index=3)),
        ("size-of-another-batch", "The proof of 2 among 5 says 2 among 4.", "path-length", fields(size=4)),
        ("path-too-short", "A step of the batch path is missing.", "path-length", shortened),
        ("path-too-long", "The batch path has a step too many.", "path-length", lengthened),
        (
            "path-lengths-swapped",
            "The lengths of the two paths are exchanged.",
            "path-length",
            fields(batch_length=2, anchor_length=3),
        ),
        ("sibling-of-33-bytes", "A sibling has 33 bytes.", "hash-length", stretched),
        (
            "sibling-changed",
            "One bit of a sibling was changed.",
            "root",
            with_path((step, flipped, *batch_path[1:], second, *anchor_path)),
        ),
        ("step-on-the-other-side", "A sibling stands left instead of right.", "plain-path", mirrored),
        (
            "inner-node-as-leaf",
            "The parent is passed off as the leaf, with the rest of its path.",
            "root",
            _inner_node(hashed, good),
        ),
        (
            "other-registry-in-leaf",
            "The first step holds another registry's id.",
            "plain-path",
            with_path((("left", step[1][:16] + s.sha("other") + step[1][48:]), *good.path[1:])),
        ),
        (
            "other-batch-in-batch-step",
            "The second left step holds another batch number.",
            "plain-path",
            with_path((*good.path[:4], ("left", second[1][:48] + bytes(8) + second[1][56:]), *anchor_path)),
        ),
        (
            "root-is-another",
            "The proof names a root that the path does not lead to.",
            "root",
            fields(merkle_root=s.sha("root")),
        ),
        ("digest-of-another-graph", "D_rdf was changed.", "root", fields(target_hash=s.sha("graph"))),
        ("status-entry-as-batch", "The proof names entry 0 of the anchor.", "anchor-index", fields(anchor_index=0)),
        ("anchor-index-not-below-size", "Entry 4 of 4.", "index", fields(anchor_index=4)),
    ]
    for name, what, code, made in cases:
        yield f"4-inclusion--{name}", what, made, inclusion_fails(code)


def _inner_node(hashed: dict[str, Any], good: wire.Wire) -> Case:
    """Leave out the leaf's own sibling and put the parent in the place of D_rdf; index and size as one level up."""
    leaf = entries.leaf_hash(good.path[0][1], good.target_hash)
    parent = merkle.PLAIN.node(leaf, good.path[1][1])
    path = (good.path[0], *good.path[2:])
    return case(
        hashed, proofValue=wire.write(replace(good, target_hash=parent, path=path, index=1, size=3, batch_length=2))
    )
