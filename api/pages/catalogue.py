"""What pages say, by message id, in each language: `messages/CODE.json`, shared by the server and the browser."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from registry.verify.document import shown

DEFAULT = "en"
_PLACE = re.compile(r"\{([a-z_]+)\}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_RANGE = re.compile(r"\s*([A-Za-z-]{1,20}|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{1,3})?)\s*)?")
_MAX_HEADER = 400


@dataclass(frozen=True)
class Catalogue:
    """All messages of one language; `language` is its BCP 47 code."""

    language: str
    messages: Mapping[str, str]

    def text(self, ids: str | Sequence[str], params: Mapping[str, Any] | None = None) -> str:
        """The first of these messages that there is, with its `{places}` filled in; empty if there is none."""
        wanted = [ids] if isinstance(ids, str) else ids
        message = next((self.messages[name] for name in wanted if name in self.messages), "")
        return _PLACE.sub(lambda found: _filled(found[1], params or {}), message)


def time_text(value: Any) -> Any:
    """A time as people read it everywhere, YYYY-MM-DD HH:MM UTC; anything else as it is."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        return f"{value[:10]} {value[11:16]} UTC"
    return value


@cache
def catalogues() -> Mapping[str, Catalogue]:
    """Every language there is, the default first."""
    found = {}
    for file in files("api.pages").joinpath("messages").iterdir():
        code, _, kind = file.name.partition(".")
        if kind == "json":
            found[code] = Catalogue(code, json.loads(file.read_text("utf-8")))
    return dict(sorted(found.items(), key=lambda item: (item[0] != DEFAULT, item[0])))


def choose(wanted: str | None, accept: str) -> Catalogue:
    """The language asked for by `?lang=`, else the one that the browser likes best (RFC 9110, section 12.5.4)."""
    known = catalogues()
    if wanted is not None and wanted in known:
        return known[wanted]
    liked = []
    for part in accept[:_MAX_HEADER].split(","):
        if found := _RANGE.fullmatch(part):
            liked.append((float(found[2] or 1), found[1].lower().partition("-")[0]))
    liked.sort(key=lambda item: -item[0])
    return next((known[code] for quality, code in liked if quality and code in known), known[DEFAULT])


def _filled(name: str, params: Mapping[str, Any]) -> str:
    if name == "cause":  # a sentence of our own
        return str(params[name])
    value = params.get(name)
    return shown(str(time_text(value))) if value is not None else "?"
