"""Proofs over the contract's log, for whoever does not read its tiles."""

from api.schemas.answers import Answer, Hash


class Consistency(Answer):
    """That the log of `to` entries begins with the log of `from` entries (RFC 9162, section 2.1.4)."""

    hashes: list[Hash]
    from_root: Hash
    to_root: Hash


class Inclusion(Answer):
    """That an entry is the one at `index` of the log of `size` entries (RFC 9162, section 2.1.3).

    `entry` is the preimage of its leaf, 132 bytes in hex (FORMAT.md, section 9).
    """

    entry: str
    leaf: Hash
    hashes: list[Hash]
    root: Hash
