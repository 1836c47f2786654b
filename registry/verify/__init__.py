"""Checking one credential: seven checks in, one verdict out. Needs the standard library, cryptography and rfc8785.

    from registry.verify import TrustProfile, verify
    report = verify(data, trust=profile, chain=open_reader, status=source, now=datetime.now(UTC))
    print(report.verdict, report.sentence)

`open_reader` turns an entry of the trust profile into a `ChainView`; `source` is a `StatusSource`.
"""

from registry.verify.components import Given
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
from registry.verify.outcome import CHECK_IDS, Check
from registry.verify.report import Report
from registry.verify.trust import RegistryTrust, TrustProfile
from registry.verify.verdict import EXIT_CODES, VERDICTS, Verdict, verdict
from registry.verify.verify import verify

__all__ = [
    "CHECK_IDS",
    "EXIT_CODES",
    "VERDICTS",
    "ChainAnswer",
    "ChainFacts",
    "ChainView",
    "Check",
    "Given",
    "ListEvidence",
    "RegistryTrust",
    "Report",
    "StatusEvidence",
    "StatusSource",
    "TrustProfile",
    "Unreachable",
    "Verdict",
    "WrongChain",
    "verdict",
    "verify",
]
