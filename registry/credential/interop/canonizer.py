"""JSON-LD as the suites use it: contexts inside documents, and two contexts that define every term.

With them nothing is ever undefined, so no signature made with this canonizer says much. For test issuers only.
"""

from registry.rdfc.canonizer import Canonizer, default

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"

_LENIENT = {
    EXAMPLES: {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}},
    UNDEFINED_TERMS: {"@context": {"@vocab": "https://www.w3.org/ns/credentials/undefined-term#"}},
}


def lenient() -> Canonizer:
    """A canonizer for one document: what contexts it brings is forgotten with it."""
    return Canonizer({**default().known, **_LENIENT}, inline=True)
