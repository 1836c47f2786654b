"""Vectors of admission receipts: FORMAT.md section 13. What each must give is stated by hand, as everywhere here."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from registry.format.entries import issuer_key_id
from registry.format.merkle import Tree
from registry.format.note import NoteKey
from registry.format.receipt import Duty, Place, Receipt
from tests.support.specimen import Key, sha

LOG, ISSUER = Key("log"), Key("issuer of the receipts")
LOG_KEY = NoteKey("registry.example/log", LOG.multikey[2:])
REGISTRY = sha("registry of the receipts")
TREE = Tree([sha(f"receipt leaf {number}") for number in range(5)])
DUTY = Duty(REGISTRY, 7, 5, issuer_key_id(ISSUER.multikey), TREE.root, 1_764_000_000, 1_764_086_400)

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another format": ({"format": "credanchor-receipt/2"}, "receipt.format"),
    "unknown member": ({"note": ""}, "receipt.members"),
    "index without a path": ({"index": 0}, "receipt.members"),
    "upper case": ({"root": TREE.root.hex().upper()}, "receipt.value"),
    "short hash": ({"key_id": "00" * 31}, "receipt.value"),
    "batch zero": ({"batch": 0}, "receipt.value"),
    "size in a string": ({"size": "5"}, "receipt.value"),
    "integer too large": ({"anchor_by": 2**53}, "format.number"),
    "deadline at acceptance": ({"anchor_by": DUTY.accepted_at}, "receipt.times"),
    "signature in hex": ({"signature": "00" * 64}, "proof.form"),
    "short signature": ({"signature": "z11"}, "proof.form"),
}
PLACE: dict[str, tuple[dict[str, Any], str]] = {
    "leaf of another place": ({"index": 1}, "receipt.path"),
    "path too short": ({"index": 4}, "inclusion.path-length"),
    "index behind the batch": ({"index": 5}, "inclusion.index"),
}


@dataclass(frozen=True)
class ReceiptVector:
    """`anchors`: (time, batches) of each from 1 on, all of them published; `now`: a final block's time.

    `expected`: "refused: <code>", "of another registry", "not signed", or what became of it.
    """

    name: str
    what: str
    file: bytes
    expected: str
    anchors: tuple[tuple[int, tuple[Duty, ...]], ...] = ()
    now: int = DUTY.anchor_by + 1

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "receipt": self.file.decode(),
            "log_key": LOG_KEY.vkey,
            "registry_id": REGISTRY.hex(),
            "anchors": [{"time": time, "batches": [_said(one) for one in held]} for time, held in self.anchors],
            "now": self.now,
            "expected": self.expected,
        }


def receipts() -> Iterator[ReceiptVector]:
    """All of them."""
    whole, due = signed(DUTY), DUTY.anchor_by
    one = whole.at(Place(0, sha("receipt leaf 0"), tuple(TREE.path(0))))
    kept = ReceiptVector(
        "kept", "The batch is in an anchor before the deadline.", whole.to_bytes(), "kept", held(due - 9)
    )
    yield kept
    yield replace(kept, name="kept-of-a-credential", what="The same of one credential in it.", file=one.to_bytes())
    yield replace(kept, name="kept-at-the-deadline", what="The anchor has the deadline's time.", anchors=held(due))
    late = held(due + 1)
    yield replace(kept, name="late", what="The anchor is a second behind the deadline.", anchors=late, expected="late")
    nothing = replace(kept, anchors=((due - 9, ()), (due + 9, ())))
    yield replace(nothing, name="dropped", what="No anchor holds it.", expected="dropped")
    what = "No anchor holds it, and the block has the deadline's time."
    yield replace(nothing, name="not-due", what=what, now=due, anchors=nothing.anchors[:1], expected="not-due")
    for member, value in {"size": 4, "key_id": sha("key"), "root": sha("root")}.items():
        other = replace(DUTY, **{member: value})  # type: ignore[arg-type]
        what = f"The number is anchored with another {member}; the deadline is not over."
        there = ((due - 9, (other,)),)
        yield replace(kept, name=f"replaced-{member}", what=what, anchors=there, now=due - 8, expected="replaced")
    elsewhere = signed(replace(DUTY, registry_id=sha("elsewhere"))).to_bytes()
    yield replace(
        nothing, name="other-registry", what="It is of another one.", file=elsewhere, expected="of another registry"
    )
    altered = Receipt(replace(DUTY, anchor_by=due - 100), whole.signature).to_bytes()
    yield replace(nothing, name="altered", what="Its deadline was changed.", file=altered, expected="not signed")
    stranger = Receipt(DUTY, ISSUER.sign(DUTY.preimage)).to_bytes()
    yield replace(nothing, name="by-another-key", what="The issuer signed it.", file=stranger, expected="not signed")
    for base, edits in ((whole, REFUSED), (one, PLACE)):
        for name, (edit, code) in edits.items():
            file = _text(base.to_json() | edit)
            slug, what = f"form--{name.replace(' ', '-')}", f"No receipt: {name}."
            yield replace(nothing, name=slug, what=what, file=file, expected=f"refused: {code}")


def signed(duty: Duty) -> Receipt:
    return Receipt(duty, LOG.sign(duty.preimage))


def held(time: int) -> tuple[tuple[int, tuple[Duty, ...]], ...]:
    return ((time, (DUTY,)),)


def _text(members: dict[str, Any]) -> bytes:
    """Numbers that canonical JSON has no spelling for included."""
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _said(duty: Duty) -> dict[str, Any]:
    return {"number": duty.batch, "size": duty.size, "key_id": duty.key_id.hex(), "root": duty.root.hex()}
