"""Unix seconds to RFC 3339 and back: the API shows times as text in UTC."""

from datetime import UTC, datetime


def shown(seconds: int | None) -> str | None:
    """`2026-11-25T10:00:00Z`, or None for None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> int:
    """Unix seconds of an RFC 3339 time; fractions are cut. Raises ValueError without an offset."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("the time has no offset; end it in Z for UTC")
    return int(time.timestamp())
