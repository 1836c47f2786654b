"""What a checker is given besides the material: the registry that the reader trusts, and what the reader saw himself.

The contract's storage counts as proved under the block that the material's header is of. Whether that block is one of
the chain is asked last, of the reader alone: see `Context.block`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from anchor.audit.evidence.file import blob
from anchor.audit.source import ExportSource
from anchor.bundle import slots
from anchor.bundle.header import MAX_HEADER_BYTES, Header
from anchor.bundle.proved import account_of, read_word
from anchor.bundle.trie import Trie
from registry.errors import FormatError
from registry.verify.evidence import Unproved
from registry.verify.jsonfields import Fields
from registry.verify.trust import RegistryTrust

T = TypeVar("T")

MAX_NODES = 4096
"""Trie nodes in a proof: 70 words with some ten nodes each are far below."""

MAX_NODE_BYTES = 1024
"""A branch with 16 hashes has 532 bytes; a leaf with an account some 110."""

PROOF = "proof"
_NAMES = frozenset({"header", "account", "storage"})


class Needs(Exception):
    """What the reader must bring before anything follows. The message is a sentence."""


@dataclass
class Context:
    """`export` is what the registry serves to the reader himself, None where he did not look."""

    trust: RegistryTrust
    export: ExportSource | None = None
    header: Header | None = field(default=None, init=False)
    """The block under which something was proved; None where nothing was."""
    code_hash: bytes = field(default=b"", init=False)
    """Keccak-256 of the contract's code at that block, 32 bytes."""

    def proved(self, material: Fields, question: Callable[[slots.Read], T]) -> T:
        """What `question` makes of the contract's storage, as the member `proof` proves it.

        Raises FormatError evidence.proof where it does not, also where it holds more than was asked.
        """
        place = (*material.place(PROOF),)
        known = Fields(material.object(PROOF), _NAMES, place)
        header = blob(known.text("header"), known.place("header"), MAX_HEADER_BYTES)
        account, storage = (known.each(name, MAX_NODES, _node) for name in ("account", "storage"))
        if any(list(nodes) != sorted(set(nodes)) for nodes in (account, storage)):
            raise FormatError("evidence.proof", "/material/proof", "Its nodes are not sorted, or one is there twice")
        try:
            self.header = Header.read(header)
            accounts = Trie(self.header.state_root, account)
            root, self.code_hash = account_of(accounts, self.trust.contract)
            words = Trie(root, storage)
            found = question(partial(read_word, words))
        except Unproved as flaw:
            raise FormatError(
                "evidence.proof", "/material/proof", f"The storage proof does not hold: {flaw.code}"
            ) from None
        if accounts.used != set(account) or words.used != set(storage):
            raise FormatError("evidence.proof", "/material/proof", "It holds nodes that prove nothing of this")
        return found


def _node(value: Any, place: tuple[str | int, ...]) -> bytes:
    return blob(value, place, MAX_NODE_BYTES)
