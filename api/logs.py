"""Log lines on standard error, as JSON or as text: time, level, logger, message, and what the record brings with it.

Exceptions are shown by type and place alone, in both: their messages may quote a learner's name.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

MAX_FRAMES = 8
"""Innermost places shown of an exception."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What a line tells, in this order."""
    line = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
        **{name: value for name, value in vars(record).items() if name not in _OWN},
    }
    if record.exc_info and record.exc_info[0]:
        line["exception"] = record.exc_info[0].__name__
        frames = traceback.extract_tb(record.exc_info[2])[-MAX_FRAMES:]
        line["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return line


class JsonLines(logging.Formatter):
    """One JSON object per record."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        return json.dumps(_fields(record), ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line per record, whatever is in it: what breaks lines or comes from outside is quoted as JSON quotes it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = _fields(record)
        head = f"{line.pop('time')} {line.pop('level'):<7} {line.pop('logger')}: {_plain(line.pop('message'))}"
        return " ".join([head, *(f"{name}={_value(value)}" for name, value in line.items())])


def _plain(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)[1:-1]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if text.isprintable() and " " not in text and '"' not in text else json.dumps(value, default=str)


FORMATS: dict[str, type[logging.Formatter]] = {"json": JsonLines, "text": TextLines}


def configure(level: str, form: str = "json") -> None:
    """Send all logs of this process there. Uvicorn must run with `access_log=False, log_config=None`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[form]())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
