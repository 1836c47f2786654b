"""Settings as text: to print them, and to paste them into a report without a secret in it."""

from typing import Any
from urllib.parse import urlsplit


def shown(value: Any, *, secret: bool = False, whole: bool = False) -> str:
    """A setting's value; of a secret URL, or several, the host alone; of what is secret as a `whole`, nothing."""
    if whole:
        return "***" if value else ""
    if secret:
        # Passwords stand before the host, providers' keys in the path: the scheme and the host are what helps.
        return shown(tuple(_host_only(url) for url in ((value,) if isinstance(value, str) else value)))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _host_only(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname:  # a SQLite file, a key's id, or nothing
        return url
    rest = bool(parts.path.strip("/") or parts.query or parts.username or parts.password)
    host = parts.hostname + (f":{parts.port}" if parts.port else "")
    return f"{parts.scheme}://{host}" + ("/***" if rest else "")
