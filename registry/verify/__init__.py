"""Checking one credential: seven checks in, one verdict out. Needs the standard library, cryptography and rfc8785.

    from registry.verify import TrustProfile, verify
    report = verify(data, trust=profile, chain=open_reader, status=source, now=datetime.now(UTC))
    print(report.verdict, report.sentence)

`open_reader` turns an entry of the trust profile into a `ChainView`; `source` is a `StatusSource`.
"""

from registry.verify.evidence import (
    ChainAnswer,
    ChainFacts,
    ChainView,
    ListEvidence,
    StatusEvidence,
    StatusSource,
    Unreachable,
    WrongChain,
)

__all__ = [
    "ChainAnswer",
    "ChainFacts",
    "ChainView",
    "ListEvidence",
    "StatusEvidence",
    "StatusSource",
    "Unreachable",
    "WrongChain",
]
