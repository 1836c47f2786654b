"""What stands on the page: texts out of the credential, in one language, bounded, each a plain line without controls.

The rows are those of the verification page (api/pages/view.py), so the two never call a thing by two names.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from anchor.profiles import is_test, profile
from api.pages.catalogue import Catalogue
from api.pages.view import rows
from registry.format.times import parse_time
from registry.verify.document import CredentialFile, shown

MAX_LETTERS = 800
"""Characters of one text that reach the typesetter. The page shows at most 700, and says if something is left out."""

MAX_TEXTS = 13
"""Texts of one row that do; the page shows at most 12."""

MAX_WORD = 30
"""Letters of a word that is left to its language's hyphenation. A longer one may be broken after each half of that, so
that none is wider than its column."""

MAX_NAME_WORD = 36
"""The same in title and names, which have the page's width."""

MAIN = ("row.description", "row.outcomes", "row.criteria")
SIDE = (
    "row.level", "row.workload", "row.result", "row.assessment", "row.supervision", "row.participation", "row.quality",
    "row.stackable", "row.skills", "row.field",
)  # fmt: skip
"""Which rows stand in which column, in this order."""

_BREAK, _HYPHEN = "\u200b", "\u00ad"  # where a line may end: without a mark, with a hyphen


@dataclass(frozen=True)
class Where:
    """Where it can be checked. `address` is an http(s) URL or empty; `shared`: it leads to this very credential."""

    address: str = ""
    shared: bool = False


def page(found: CredentialFile, catalogue: Catalogue, where: Where, test: bool | None) -> dict[str, Any]:
    """Everything that the template asks for. `test`: whether the chain is a test; None: as its profile says."""
    made = _time(found)
    title, learner = found.title or catalogue.text("ui.nobody"), found.learner_name or catalogue.text("ui.nobody")
    issuer = found.issuer_name or shown(found.issuer_id)
    said = {row["row"]: row for row in rows(found, catalogue)}
    texts = [
        {
            "label": row["label"],
            "texts": [_text(text, name) for text in row["texts"][:MAX_TEXTS]],
            "side": "main" if name in MAIN else "side",
            "lang": _lang(row["lang"]),
        }
        for name in MAIN + SIDE
        if (row := said.get(name)) is not None
    ]
    credits = found.document["credentialSubject"].get("creditsEarned")
    if isinstance(credits, (int, float)) and not isinstance(credits, bool):
        label = catalogue.text("paper.credits")
        texts.insert(0, {"label": label, "texts": [f"{credits:.10g}"], "side": "side", "lang": ""})
    return {
        "lang": catalogue.language,
        "title": _breakable(title, MAX_NAME_WORD),
        "learner": _breakable(learner, MAX_NAME_WORD),
        "issuer": _breakable(issuer, MAX_NAME_WORD),
        "issuer_id": _breakable(shown(found.issuer_id)),
        "id": _breakable(shown(found.document["id"])),
        "dates": _dates(found, catalogue),
        "rows": texts,
        "test": is_test(found.wire.chain_id if found.wire else None) or bool(test),
        "replaced": False,
        "address": where.address,
        "shown_address": _breakable(_shown_address(where.address)),
        "words": _words(found, catalogue, where),
        "meta": {
            "title": _plain(f"{title} – {learner}"),
            "author": _plain(issuer),
            "description": _plain(catalogue.text("paper.described", {"title": title, "issuer": issuer})),
        },
        "date": {name: getattr(made, name) for name in ("year", "month", "day", "hour", "minute", "second")},
    }


def _words(found: CredentialFile, catalogue: Catalogue, where: Where) -> dict[str, str]:
    how = "shared" if where.shared else "here" if where.address else "anywhere"
    wire = found.wire
    if wire is None:
        recorded = catalogue.text("paper.not-recorded")
    else:
        recorded = catalogue.text(
            "paper.recorded",
            {
                "network": _network(wire.chain_id, catalogue), "batch": wire.batch, "anchor": wire.anchor_number,
                "date": _date(_time(found), catalogue),
            },
        )  # fmt: skip
    plain = ("kind", "test", "check", "proves", "cut", "replaced", "record", "id", "attached")
    return {name: catalogue.text(f"paper.{name}") for name in plain} | {
        "learner": catalogue.text("row.learner"),
        "how": catalogue.text(f"paper.how-{how}"),
        "recorded": recorded,
        "qr": _plain(catalogue.text("paper.qr", {"address": where.address})),
    }


def _network(chain_id: int, catalogue: Catalogue) -> str:
    known = profile(chain_id)
    named = {"name": known.name, "id": chain_id}
    return catalogue.text("explorer.chain-named" if known.test is not None else "paper.chain", named)


def _dates(found: CredentialFile, catalogue: Catalogue) -> list[tuple[str, str]]:
    awarded = datetime.fromisoformat(found.awarded)
    dates = [(catalogue.text("row.awarded"), _date(awarded, catalogue))]
    if found.valid_until is not None:
        dates.append((catalogue.text("row.valid-until"), _date(found.valid_until, catalogue)))
    return dates


def _date(day: datetime, catalogue: Catalogue) -> str:
    month = catalogue.text("paper.months").split()[day.month - 1]
    return catalogue.text("paper.date", {"day": day.day, "month": month, "year": day.year})


def _time(found: CredentialFile) -> datetime:
    """When the credential was anchored, as the file says, else from when on it is valid: no clock is asked."""
    return (parse_time(found.created) if found.created else None) or found.valid_from


def _lang(code: str) -> str:
    return code.partition("-")[0].lower()


def _text(text: str, row: str) -> str:
    if row == "row.criteria":  # a narrative is Markdown (Open Badges 3.0); of that, only its emphasis is common
        text = text.replace("**", "")
    text = "\n".join(filter(None, map(str.strip, text.split("\n"))))
    return _breakable(text if len(text) <= MAX_LETTERS else text[: MAX_LETTERS - 1] + "…")


def _breakable(text: str, most: int = MAX_WORD) -> str:
    """With places to break words that are longer than a column."""
    return " ".join(_broken(word, most) for word in _plain(text).split(" "))


def _broken(word: str, most: int) -> str:
    if len(word) <= most:
        return word
    wide = any(unicodedata.east_asian_width(letter) in "WF" for letter in word)
    mark = _HYPHEN if word.isalpha() and not wide else _BREAK  # no hyphen in an address, nor in Chinese
    return mark.join(word[at : at + most // 2] for at in range(0, len(word), most // 2))


def _shown_address(address: str) -> str:
    parts = urlsplit(address)
    return address.removeprefix(f"{parts.scheme}://").rstrip("/")


def _plain(text: str) -> str:
    """For what stands unpacked in the file, as properties and headings do: no text may look there like the names by
    which readers find the attachment (FORMAT.md, section 1). The mark is invisible."""
    return text.replace("/E", f"/{_BREAK}E")
