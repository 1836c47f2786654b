"""The profile of whoever writes anchors, as Blockcerts verifiers look it up where an anchor proof's method points.

They compare the sender of the anchoring transaction with `publicKey`. That proves little: whoever serves the profile
says which addresses are theirs. Our own verifier believes the contract's address in the reader's trust profile.

Standard: Blockcerts 3.2, issuer profile.
"""

from collections.abc import Iterable
from typing import Any

from registry.format.anchorproof import rfc3339

CONTEXTS = ("https://www.w3.org/ns/credentials/v2", "https://w3id.org/blockcerts/v3.2")
TYPE = "BlockcertsIssuerProfile"
_KEY = "ecdsa-koblitz-pubkey:0x"


def profile(url: str, name: str, senders: Iterable[tuple[bytes, int]]) -> dict[str, Any]:
    """The profile at `url`. `senders`: each 20-byte address that has anchored, and the block time of its first."""
    # A key counts for transactions after its `created`, so the first one is just behind it.
    keys = [{"id": _KEY + address.hex(), "created": rfc3339(first - 1)} for address, first in senders]
    return {"@context": list(CONTEXTS), "id": url, "type": [TYPE], "name": name, "publicKey": keys}
