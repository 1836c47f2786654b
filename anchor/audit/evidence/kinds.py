"""The kinds of evidence, in one table: members of the material, findings that it can prove, and who checks it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from anchor.audit.evidence import checkpoints, history, leaves, lists, order, published, receipt, signer, status
from anchor.audit.evidence.context import Context
from anchor.audit.evidence.verdict import Shown
from registry.verify.jsonfields import Fields


@dataclass(frozen=True)
class Kind:
    """`codes`: by a finding's code the property it breaks. `check` yields what the material shows."""

    names: frozenset[str]
    codes: Mapping[str, str]
    check: Callable[[Fields, Context], Iterator[Shown]]


def _all(property_id: str, *codes: str) -> dict[str, str]:
    return dict.fromkeys(codes, property_id)


KINDS: Mapping[str, Kind] = {
    "code": Kind(history.CODE_NAMES, _all("A1", "contract.code"), history.code),
    "history": Kind(
        history.HISTORY_NAMES,
        {
            **_all("A1", "log.genesis"),
            **_all("A3", "anchor.number"),
            **_all("A9", "log.time"),
            **_all("A10", "role.not-held", "log.illegal"),
            **_all("A11", "anchor.root-twice"),
        },
        history.history,
    ),
    "checkpoints": Kind(checkpoints.FORK_NAMES, _all("A4", "checkpoint.fork"), checkpoints.fork),
    "checkpoint-chain": Kind(checkpoints.CHAIN_NAMES, _all("A4", "checkpoint.other-head"), checkpoints.chain),
    "leaf-twice": Kind(leaves.NAMES, _all("A5", "batch.leaf-twice"), leaves.check),
    "leaf-node": Kind(leaves.NODE_NAMES, _all("A6", "leaf.is-node"), leaves.node),
    "leaf-entry": Kind(leaves.ENTRY_NAMES, _all("A6", "leaf.is-entry"), leaves.entry),
    "batch-places": Kind(
        order.NAMES,
        {**_all("A5", "batch.anchored-twice"), **_all("A9", "anchor.batch-order", "batch.passed-over")},
        order.check,
    ),
    "signer": Kind(
        signer.NAMES,
        _all("A10", "batch.unknown-key", "batch.key-not-in-force", "batch.issuer-suspended"),
        signer.check,
    ),
    "status-lists": Kind(
        lists.NAMES,
        _all("A12", "list.older", "list.changed-in-place", "list.unrevoked", "list.twice", "list.other-kind"),
        lists.check,
    ),
    "list-itself": Kind(status.LIST_NAMES, _all("A12", "list.identity"), status.itself),
    "status-tree": Kind(status.TREE_NAMES, _all("A12", "status.order"), status.tree),
    "list-gone": Kind(lists.NAMES, _all("A12", "list.dropped"), lists.gone),
    "published": Kind(
        published.NAMES,
        {
            **_all("A5", "batch.root", "batch.root-merkletools", "batch.missing", "anchor.root"),
            **_all("A11", "anchor.orphan", "anchor.other-root"),
            **_all("A12", "status.root"),
        },
        published.check,
    ),
    "receipt": Kind(receipt.NAMES, _all("A8", *receipt.CODES), receipt.check),
}
"""By the member `kind` of the file. A kind that is not here is refused."""

BY_CODE: Mapping[str, str] = {code: name for name, kind in KINDS.items() for code in kind.codes}
"""The kind that can prove a finding of this code."""
