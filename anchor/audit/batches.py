"""Rebuild every batch from its published leaves, and ask whether its signer was allowed to sign it then."""

import warnings
from collections.abc import Sequence

from anchor.audit.manifest import BatchFile
from anchor.audit.replay import ChainAnchor, History
from anchor.audit.report import Book
from anchor.audit.source import ExportSource, Missing, batch_path
from registry.errors import FormatError
from registry.format import entries, signature
from registry.format.merkle import Tree

with warnings.catch_warnings():
    # merkletools 1.0.3 has an invalid escape in its source and offers SHA-3 by a package that hashlib made needless.
    warnings.simplefilter("ignore")
    from merkletools import MerkleTools

_INDEXES = 2**32
"""A batch and an index in it are remembered as one number: a leaf costs a third less memory than with a pair."""


class Batches:
    """Checks batches one after the other; remembers numbers and leaves (about 170 bytes of memory for each leaf)."""

    def __init__(self, book: Book, source: ExportSource, registry: bytes, history: History) -> None:
        self._book = book
        self._source = source
        self._registry = registry
        self._history = history
        self._leaves: dict[bytes, int] = {}
        self.numbers: dict[int, int] = {}
        """Batches so far, and by which anchor each was listed first."""
        self._files = source.batch_numbers()
        self._unlisted = set(self._files or ())
        self._last = 0
        self.entries: dict[int, bytes] = {}
        """Hash of each batch's entry, by number."""
        self.roots: dict[int, tuple[bytes, int]] = {}
        """Root and size of each batch, by number."""

    @property
    def leaf_count(self) -> int:
        """Different leaves so far."""
        return len(self._leaves)

    def place(self, leaf: bytes) -> tuple[int, int] | None:
        """Batch and index of a published leaf."""
        found = self._leaves.get(leaf)
        return None if found is None else divmod(found, _INDEXES)

    def entry(self, number: int, anchor: ChainAnchor) -> bytes | None:
        """The batch's leaf in the anchor's tree, after checking the batch; None when its file cannot be used."""
        name = f"batch {number}"
        once = number not in self.numbers
        self._book.expect(
            "SequenceHasNoGaps", once, name, "batch.anchored-twice", "It is listed in more than one place."
        )
        self.numbers.setdefault(number, anchor.number)
        batch = self._load(name, number)
        if batch is None:
            return None
        tree = Tree(batch.leaves)
        self._check_root(name, batch, tree.root)
        if once:
            self._check_leaves(name, batch, tree.inner_nodes())
        entry = batch.entry(self._registry)  # its number is the one asked for, else it was not loaded
        self._check_signer(name, batch, entry, anchor)
        self.entries[number], self.roots[number] = entries.entry_hash(entry), (batch.root, batch.size)
        return self.entries[number]

    def check_sequence(self) -> None:
        """Numbers are 1 to N, and there is no batch file that no anchor lists."""
        expected = 1
        for number in sorted(self.numbers):
            last = number - 1
            self._book.expect(
                "SequenceHasNoGaps",
                number == expected,
                f"batch {expected}" if last == expected else f"batches {expected} to {last}",
                "batch.gap",
                "Later batches are anchored and this one is not: it was left out.",
            )
            expected = number + 1

    def list(self, numbers: Sequence[int]) -> None:
        """An anchor of the export lists these, also one that is not final yet."""
        self._unlisted.difference_update(numbers)
        self._last = max(self._last, max(numbers, default=0))

    def check_orphans(self) -> None:
        """There is no batch file that no anchor lists; to be asked when all anchors of the export were read."""
        found = self._files
        if found is None:  # HTTP has no listing: look one past the end
            self._unlisted = {self._last + 1} if self._has(self._last + 1) else set()
            found = sorted(self.numbers.keys() | self._unlisted)
        for number in found:
            self._book.expect(
                "EveryChainRootIsKnown",
                number not in self._unlisted,
                f"batch {number}",
                "batch.orphan",
                "The export holds this batch, and no anchor commits to it.",
            )

    def _has(self, number: int) -> bool:
        try:
            self._source.read(batch_path(number))
        except Missing:
            return False
        return True

    def _load(self, name: str, number: int) -> BatchFile | None:
        try:
            batch = BatchFile.parse(self._source.read(batch_path(number)))
        except Missing as gone:
            sentence = f"An anchor commits to it and the export has no {gone.path}: its leaves are withheld."
            self._book.expect("RootsRecomputeFromLeaves", False, name, "batch.missing", sentence)
            return None
        except FormatError as flaw:
            self._book.expect("ExportIsWellFormed", False, name, flaw.code, str(flaw))
            return None
        right = self._book.expect(
            "ExportIsWellFormed",
            batch.number == number and batch.size == len(batch.leaves) > 0,
            name,
            "batch.number",
            "Its file holds another batch, or not as many leaves as it says.",
            f"batch {number}",
            f"batch {batch.number} of {batch.size} with {len(batch.leaves)} leaves",
        )
        return batch if right else None

    def _check_root(self, name: str, batch: BatchFile, ours: bytes) -> None:
        for code, who, root in (
            ("batch.root", "our own tree", ours),
            ("batch.root-merkletools", "the independent library merkletools", _second_opinion(batch.leaves)),
        ):
            self._book.expect(
                "RootsRecomputeFromLeaves",
                root == batch.root,
                name,
                code,
                f"Its leaves do not lead to its root, says {who}: a leaf was changed, or the root.",
                batch.root.hex(),
                root.hex(),
            )

    def _check_leaves(self, name: str, batch: BatchFile, nodes: set[bytes]) -> None:
        both = sorted(nodes.intersection(batch.leaves))
        self._book.expect(
            "LeavesAreNoNodes",
            not both,
            name,
            "leaf.is-node",
            "A leaf is also a node of its own tree: a proof could pass one off as the other.",
            found=both[0].hex() if both else "",
        )
        invariant, held = "NoLeafTwice", 0
        for place, leaf in enumerate(batch.leaves, batch.number * _INDEXES):
            before = self._leaves.setdefault(leaf, place)
            if before == place:
                held += 1
                continue
            number, index = divmod(before, _INDEXES)
            sentence = f"Leaf {place % _INDEXES} is also leaf {index} of batch {number}."
            self._book.expect(invariant, False, name, "batch.leaf-twice", sentence, found=leaf.hex())
        self._book.held(invariant, held)

    def _check_signer(self, name: str, batch: BatchFile, entry: bytes, anchor: ChainAnchor) -> None:
        invariant, key_id = "IssuerWasAuthorisedAtBlock", batch.key_id
        self._book.expect(
            invariant,
            signature.verify(batch.multikey, batch.signature, entry),
            name,
            "batch.signature",
            "The signature is not of the key that the batch names, or not over this batch.",
        )
        key = self._history.keys.get(key_id)
        known = self._book.expect(
            invariant,
            key is not None,
            name,
            "batch.unknown-key",
            "It is signed by a key that the contract never knew.",
            found=key_id.hex(),
        )
        if not known or key is None:
            return
        self._book.expect(
            invariant,
            key.in_force(anchor),
            name,
            "batch.key-not-in-force",
            f"Its key was not in force when anchor {anchor.number} was made, at {anchor.time}.",
            f"{key.added_at} to {key.revoked_at or 'now'}",
            str(anchor.time),
        )
        self._book.expect(
            invariant,
            not self._history.issuers[key.issuer].suspended_at(anchor.time),
            name,
            "batch.issuer-suspended",
            f"Its issuer was suspended when anchor {anchor.number} was made.",
        )
        if key.in_force(anchor) and key.compromised and anchor.time >= key.compromised_at:
            self._book.note(f"The key of {name} was declared compromised later, from before this batch on.")


def _second_opinion(leaves: Sequence[bytes]) -> bytes:
    tree = MerkleTools(hash_type="sha256")
    tree.add_leaf([leaf.hex() for leaf in leaves], False)
    tree.make_tree()
    return bytes.fromhex(tree.get_merkle_root())
