"""The JSON-LD contexts that a credential may use: shipped, pinned by hash, and never fetched.

A context decides what every member of a credential means, so it belongs to what is signed. Sources and licences are in
`data/PROVENANCE.md`. The pin is over the canonical JSON (RFC 8785), because byte copies differ in white space.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from registry.errors import FormatError
from registry.format import strictjson

VC_V2 = "https://www.w3.org/ns/credentials/v2"
VC_V1 = "https://www.w3.org/2018/credentials/v1"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
DATA_INTEGRITY_V2 = "https://w3id.org/security/data-integrity/v2"

BADGE_CONTEXTS = [VC_V2, OPEN_BADGES, OPEN_BADGES_EXTENSIONS]
"""What every badge begins with, in the order that the Open Badges 3.0 specification (section 1.4) checks."""

_FOLDER = Path(__file__).parent / "data"
_SHIPPED = {
    VC_V2: ("credentials-v2.json", "b463c8d6a066214123ddd9827b135e1b50e1fc73322cc52a9b12a4f1fc7d86cf"),
    VC_V1: ("credentials-v1.json", "b01e671e873981f19a9102a9a57f666dbcaeb31b99e3e124378d143e71549247"),
    OPEN_BADGES: ("ob-3.0.3.json", "04b1136ddc4eda9a8966bc7ef182789f233a26739473140ef75d6968c29a2966"),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": (
        "ob-3.0.2.json",
        "bdd1d11a55a660322f24660862a1d430ee80cce584465f750909daa43684357c",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": (
        "ob-3.0.1.json",
        "8bb2354552b70cbdf2066f6d3e24bc5c2be2619145737580ad2aebdc366e77d5",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context.json": (
        "ob-3.0.json",
        "2c54acaa1cffda2420be32ab61f0a2082051211131c6337686f36f2537aa859b",
    ),
    OPEN_BADGES_EXTENSIONS: (
        "ob-extensions.json",
        "15f4c347c6fe4380d9b6b93795859e33747ef48d5c55b91a71c52fb51c7bcbd7",
    ),
    DATA_INTEGRITY_V2: (
        "data-integrity-v2.json",
        "7ba3c50acf2689d5e07927267343eb353249c7c22a9f2d00307cc970e855e305",
    ),
    "https://w3id.org/security/multikey/v1": (
        "multikey-v1.json",
        "be20c3ee6af6e9c4102e66a85c26617831218e32216bdf050f870e389e737cdc",
    ),
    "https://w3id.org/security/suites/ed25519-2020/v1": (
        "ed25519-2020-v1.json",
        "fb517f09d990829aed734c9bad8cbbb2ac3d5063b865c7e3d81f246074bf5691",
    ),
}


class Shipped(Mapping[str, Any]):
    """URL to context document. A file is read and compared with its pin when it is first asked for.

    Raises KeyError for an unknown URL, FormatError context.changed where a file is not what its pin says.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, url: str) -> Any:
        if url not in self._loaded:
            name, pin = _SHIPPED[url]
            document = json.loads((_FOLDER / name).read_bytes())
            if strictjson.digest(document).hex() != pin:
                problem = f"The shipped context {name} is not the one that was reviewed"
                raise FormatError("context.changed", "", problem, "Restore the file from the release")
            self._loaded[url] = document
        return self._loaded[url]

    def __contains__(self, url: object) -> bool:
        return url in _SHIPPED

    def __iter__(self) -> Iterator[str]:
        return iter(_SHIPPED)

    def __len__(self) -> int:
        return len(_SHIPPED)


CONTEXTS = Shipped()
