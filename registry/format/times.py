"""Times in documents: XSD 1.1 dateTimeStamp, as Verifiable Credentials 2.0 (section 2.1) demands it."""

import re
from datetime import datetime
from typing import Any

_TIME = re.compile(
    r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)


def parse_time(text: Any) -> datetime | None:
    """A time of the years 0001 to 9999 whose offset is given; None for anything else."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # the 30th of February
        return None
