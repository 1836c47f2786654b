"""What a node means by its answer to a broadcast: by text, since codes differ from client to client.

The meaning decides when to pay more and which alarm to raise. It never decides whether something was anchored.
"""

import re
from enum import Enum


class Meaning(Enum):
    """Kinds of answers. Whatever is not recognised is AMBIGUOUS: nothing follows from it."""

    ACCEPTED = "accepted"
    KNOWN = "already known"
    NONCE_LOW = "nonce used"
    NONCE_HIGH = "nonce gap"
    OUTBID = "another transaction holds the nonce"
    UNDERPRICED = "fee too low"
    FUNDS = "funds"
    REFUSED = "refused by the node's limits"
    WRONG = "signed for another chain or account"
    BUSY = "busy"
    AMBIGUOUS = "ambiguous"


_TEXTS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (Meaning.KNOWN, ("already known", "already imported", "known transaction", "alreadyknown")),
    (Meaning.OUTBID, ("replacement transaction underpriced", "could not replace", "replacementnotallowed")),
    (Meaning.NONCE_LOW, ("nonce too low", "oldnonce")),
    (Meaning.NONCE_HIGH, ("nonce too high", "noncegap", "nonce gap")),
    (Meaning.FUNDS, ("insufficient funds", "upfront cost exceeds", "insufficientfunds")),
    (
        Meaning.REFUSED,
        (
            "exceeds the configured cap",
            "intrinsic gas",
            "exceeds block gas limit",
            "gaslimitexceeded",
            "gas limit too high",
        ),
    ),
    (Meaning.WRONG, ("invalid chain id", "invalid sender", "wrong chain", "invalid signature")),
    (
        Meaning.UNDERPRICED,
        (
            "underpriced",
            "max fee per gas less than block base fee",
            "feetoolow",
            "fee too low",
            "gas price too low",
            "gas price below",
        ),
    ),
    (Meaning.BUSY, ("txpool is full", "sub-pool is full", "too many requests", "rate limit")),
)
"""In this order: "replacement transaction underpriced" is not about the market's price."""

_PATTERNS = [(found, re.compile("|".join(rf"\b{re.escape(one)}" for one in texts))) for found, texts in _TEXTS]
"""From the beginning of a word: an "unknown transaction" is not known."""

WINS = (Meaning.ACCEPTED, Meaning.KNOWN)
"""The transaction is in that node's pool, or was."""


def meaning(text: str | None) -> Meaning:
    """The meaning of an answer's text; None is no answer at all, the empty text an acceptance."""
    if text is None:
        return Meaning.AMBIGUOUS
    if not text:
        return Meaning.ACCEPTED
    lower = text.lower()
    return next((found for found, pattern in _PATTERNS if pattern.search(lower)), Meaning.AMBIGUOUS)


def best(answers: list[str | None]) -> str | None:
    """Of several nodes' answers the one that counts: a success if there is one, else the most telling."""
    order = list(Meaning)
    return min(answers, key=lambda text: order.index(meaning(text)))
