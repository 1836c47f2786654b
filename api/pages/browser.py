"""What a browser is told to trust and to ask: the server's trust profile, with nodes that everybody may be told of.

An address of the trust profile may hold a provider's key, so none of them is shown. Settings name those for browsers;
the embedded chain has a door for pages of its own.
"""

from typing import Any
from urllib.parse import urlsplit

from anchor.devnode.limits import DEVELOPMENT_CHAIN_ID
from api.services import Services
from registry.errors import StateError
from registry.verify.trust import RegistryTrust

READ_ONLY = "/read-only"
"""The embedded chain's door for web pages; a test compares it with the node's own."""

OWN_ORIGIN = ""
"""Status lists of our own registry come from where the page came from."""


def trust_for_browsers(services: Services) -> dict[str, list[dict[str, Any]]]:
    """The members of a trust profile, for `static/verifier`. `rpc` may be empty: then the browser cannot check alone.

    Raises Problem when the profile cannot be used.
    """
    try:
        bound = services.bound()
        own = (bound.chain_id, bound.contract)
    except StateError:
        own = None
    entries = []
    for entry in services.trust.registries:
        is_own = (entry.chain_id, entry.contract) == own
        rpc = services.settings.page_rpc_urls if is_own else ()
        status = (OWN_ORIGIN,) if is_own else entry.status
        entries.append(entry.to_json() | {"rpc": list(rpc or _embedded(entry)), "status": list(status)})
    return {"registry": entries}


def content_security_policy(trust: dict[str, list[dict[str, Any]]] | None = None) -> str:
    """Styles of our own files only. With `trust` also scripts, and connections to its nodes and status sources; a page
    without it has no script and asks nobody."""
    rules = {"default-src": "'none'"}
    if trust is not None:
        urls = [url for entry in trust["registry"] for url in (*entry["rpc"], *entry["status"])]
        hosts = sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls) if parts.netloc})
        rules |= {
            "script-src": "'self'",
            "connect-src": " ".join(["'self'", *hosts]),
            "trusted-types": "'none'",
        }
    rules |= {
        "style-src": "'self'",
        "img-src": "data:",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _embedded(entry: RegistryTrust) -> list[str]:
    if entry.chain_id != DEVELOPMENT_CHAIN_ID:
        return []
    return [url.rstrip("/") + READ_ONLY for url in entry.rpc if urlsplit(url).hostname in ("127.0.0.1", "localhost")]
