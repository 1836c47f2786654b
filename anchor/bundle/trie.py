"""Ethereum's Merkle-Patricia trie, of which only some nodes are there (Yellow Paper, appendix D).

Keys are hashed, as in the trie of accounts and in that of an account's storage, so all paths have 64 nibbles.
"""

from collections.abc import Iterator, Sequence

from anchor.bundle import rlp
from anchor.bundle.hashing import keccak
from registry.verify.evidence import Unproved

ASK_FOR_ANOTHER = "Have the bundle made again; this says nothing about the credential"
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""Root of a trie without keys: Keccak-256 of the RLP of the empty string."""

_HASH = 32
_BRANCH, _PAIR = 17, 2


class Trie:
    """The trie with this root (32 bytes), as far as `nodes` (RLP) show it.

    Raises Unproved: `proof` where a node is malformed or not of this trie; not `strict`, such ones are left aside.
    """

    def __init__(self, root: bytes, nodes: Sequence[bytes], *, strict: bool = True) -> None:
        self._root = root
        self._nodes = {keccak(node): node for node in nodes}
        self.used: set[bytes] = set()
        """The nodes that answers went through."""
        if strict:
            self._check_linked()

    def get(self, key: bytes) -> bytes:
        """The value under `key`; b"" is proved absence. Raises Unproved: not-in-bundle where a node is missing."""
        return self.at(keccak(key))

    def at(self, place: bytes) -> bytes:
        """The same at a place of 32 bytes: a hashed key."""
        if self._root == EMPTY_ROOT:
            return b""
        node = self._load(self._root)
        path = _nibbles(place)
        while True:
            if len(node) == _BRANCH:
                if not path:
                    raise _malformed("a path goes on behind the end of its key")
                child, path = node[path[0]], path[1:]
            else:
                own, leaf = _own_path(node[0])
                if leaf:
                    return _value(node[1]) if own == path else b""
                if path[: len(own)] != own:
                    return b""
                child, path = node[1], path[len(own) :]
            if child == b"":
                return b""
            node = child if isinstance(child, list) else self._load(_as_hash(child))

    def _load(self, hash: bytes) -> list[rlp.Item]:
        encoded = self._nodes.get(hash)
        if encoded is None:
            problem = "The bundle does not hold a proof of what is asked."
            raise Unproved("not-in-bundle", problem, ASK_FOR_ANOTHER)
        self.used.add(encoded)
        return _node(encoded)

    def _check_linked(self) -> None:
        """Every node is reached from the root: nothing else travels in a bundle."""
        reached: set[bytes] = set()
        waiting = [self._root]
        while waiting:
            hash = waiting.pop()
            if hash in self._nodes and hash not in reached:
                reached.add(hash)
                waiting += _children(_node(self._nodes[hash]))
        if len(reached) != len(self._nodes):
            raise _malformed("it has a node that does not belong to the block's state")


def _node(encoded: bytes) -> list[rlp.Item]:
    """A branch, extension or leaf, with nodes inside it that are shorter than a hash. Raises Unproved."""
    try:
        node = rlp.decode(encoded)
    except rlp.BadRlp as problem:
        raise _malformed(f"a node is not canonical RLP: {problem}") from None
    return _checked(node)


def _checked(node: rlp.Item) -> list[rlp.Item]:
    if not isinstance(node, list) or len(node) not in (_BRANCH, _PAIR):
        raise _malformed("a node is neither branch, extension nor leaf")
    if len(node) == _BRANCH:
        if node[-1] != b"":
            raise _malformed("a branch has a value, though all keys are of one length")
        children = node[:-1]
        if sum(child != b"" for child in children) < 2:
            raise _malformed("a branch does not branch")
    else:
        own, leaf = _own_path(node[0])
        if leaf:
            _value(node[1])
            return node
        if not own or node[1] == b"":
            raise _malformed("an extension leads nowhere")
        children = node[1:]
    for child in children:
        if isinstance(child, list):
            if len(rlp.encode(child)) >= _HASH:
                raise _malformed("a node is inside another, though it is long enough for a hash")
            _checked(child)
        elif child != b"":
            _as_hash(child)
    return node


def _children(node: list[rlp.Item]) -> Iterator[bytes]:
    """Hashes of the nodes below, those below inner nodes included."""
    if len(node) == _PAIR and _own_path(node[0])[1]:
        return
    for child in node[:-1] if len(node) == _BRANCH else node[1:]:
        if isinstance(child, list):
            yield from _children(child)
        elif child != b"":
            yield _as_hash(child)


def _own_path(item: rlp.Item) -> tuple[bytes, bool]:
    """Nibbles in a leaf or extension, and whether it is a leaf (Yellow Paper, appendix C)."""
    if not isinstance(item, bytes) or not item or item[0] >> 4 > 3:
        raise _malformed("a path is not encoded as paths are")
    nibbles, kind = _nibbles(item), item[0] >> 4
    if not kind & 1 and nibbles[1]:
        raise _malformed("a path is not encoded as paths are")
    return nibbles[1 if kind & 1 else 2 :], kind >= 2


def _nibbles(data: bytes) -> bytes:
    return bytes(part for byte in data for part in (byte >> 4, byte & 15))


def _as_hash(child: rlp.Item) -> bytes:
    if not isinstance(child, bytes) or len(child) != _HASH:
        raise _malformed("a node refers to another by something that is not a hash")
    return child


def _value(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes) or not item:
        raise _malformed("a leaf has no value")
    return item


def _malformed(problem: str) -> Unproved:
    return Unproved("proof", f"The bundle's proof does not hold: {problem}.", ASK_FOR_ANOTHER)
