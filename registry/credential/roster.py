"""A roster: the learners who get one achievement, from CSV, JSON or JSON Lines. All of it is good, or none is taken.

Every bad row is reported, with its number as a spreadsheet shows it, its column, what is wrong and what to do.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from registry.credential import tabular
from registry.credential.achievement import Achievement
from registry.credential.rowcheck import COLUMNS, REQUIRED, RowChecker
from registry.credential.words import did_you_mean
from registry.errors import FormatError, RowError, RowErrors
from registry.format import strictjson
from registry.format.strictjson import pointer

MAX_ROWS = 100_000
"""Rows of one upload: a large university's year. More go into several batches."""

MAX_ROSTER_BYTES = 64 * 1024 * 1024
"""Bytes of one upload: MAX_ROWS rows of 640 bytes."""

MAX_CELLS_DEPTH = 2
"""A JSON roster is a list of flat objects."""

_Record = tuple[int, str | None, Mapping[str, Any] | None]  # row, JSON Pointer, its cells


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One learner's award. Dates are ISO 8601 days; `credits` is in ECTS; None is what was not given."""

    name: str
    awarded_on: str
    email: str | None = None
    learner_id: str | None = None
    valid_until: str | None = None
    grade: str | None = None
    credits: int | float | None = None
    evidence_url: str | None = None
    evidence_name: str | None = None
    activity_start: str | None = None
    activity_end: str | None = None
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The members that are given."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "RosterRow":
        """What `to_json` gave. Raises TypeError for other members."""
        return cls(**value)


def parse(data: bytes, content_type: str, achievement: Achievement, today: date | None = None) -> list[RosterRow]:
    """Read a roster of at most MAX_ROWS rows and check every one of them against the achievement.

    `content_type`: text/csv, text/tab-separated-values, application/json (a list), application/jsonl or x-ndjson;
    parameters are ignored. `today` is the date in UTC, by default the present one.
    Raises RowErrors with all that is wrong; nothing is ever left out silently.
    """
    if len(data) > MAX_ROSTER_BYTES:
        problem = f"The upload has {len(data)} bytes, more than {MAX_ROSTER_BYTES}"
        raise _whole("roster.too-large", problem, "Send it in parts")
    checker = RowChecker(achievement, today or datetime.now(UTC).date())
    rows: list[RosterRow] = []
    errors: list[RowError] = []
    places: dict[str, dict[Any, int]] = {"email": {}, "learner_id": {}, "name": {}}
    count = 0
    for place, where, cells in _records(data, content_type, errors):
        count += 1
        if count > MAX_ROWS:
            raise _whole("roster.too-many", f"The roster has more than {MAX_ROWS:,} rows", "Send it in parts")
        if cells is None:
            continue
        values, flaws = checker.check(cells)
        errors += [
            RowError(place, column, None if where is None else where + pointer(column), code, problem, remedy)
            for column, code, problem, remedy in flaws
        ]
        if not flaws:
            row = RosterRow(**values)
            errors += _repeated(row, place, where, places)
            rows.append(row)
    if count == 0 and not errors:
        raise _whole("roster.empty", "The roster has no learners", "Add at least one row below the header")
    if errors:
        raise RowErrors(errors)
    return rows


def cells(data: bytes, content_type: str) -> list[Mapping[str, Any]]:
    """The cells of every row as they stand, by column, for who needs no achievement to read them, and no column.

    Raises RowErrors for a file that is no roster.
    """
    errors: list[RowError] = []
    rows = [found or {} for _, _, found in itertools.islice(_records(data, content_type, errors, ()), MAX_ROWS)]
    if errors:
        raise RowErrors(errors)
    return rows


def _records(
    data: bytes, content_type: str, errors: list[RowError], required: Sequence[str] = REQUIRED
) -> Iterator[_Record]:
    kind = content_type.partition(";")[0].strip().casefold()
    if kind in ("text/csv", "text/tab-separated-values", "text/plain", "application/vnd.ms-excel"):
        return _from_table(data, errors, required)
    if kind == "application/json":
        return _from_json(data, errors)
    if kind in ("application/jsonl", "application/x-ndjson", "application/x-jsonlines", "application/ndjson"):
        return _from_lines(data, errors)
    remedy = "Send text/csv, application/json or application/jsonl"
    raise _whole("roster.content-type", f"A roster cannot be {content_type!r}", remedy)


def _from_table(data: bytes, errors: list[RowError], required: Sequence[str]) -> Iterator[_Record]:
    records = tabular.read(tabular.decode(data), COLUMNS)
    line, titles = next(records, (1, []))
    if not titles:
        raise _whole("roster.empty", "The file is empty", "Begin with a header: " + ",".join(COLUMNS))
    names = [tabular.header(title) for title in titles]
    errors += _header_errors(line, titles, names, required)
    if errors:
        # Without a header that can be trusted every row would be wrong in the same way.
        raise RowErrors(errors)
    for place, cells in records:
        extra = [cell for cell in cells[len(names) :] if cell.strip()]
        extra += [cell for name, cell in zip(names, cells, strict=False) if not name and cell.strip()]
        if extra:
            problem = f"There are more cells than the header has columns; the first is {extra[0].strip()[:40]!r}"
            remedy = 'Put values that contain the separator into quotes: "Doe, Jane"'
            errors.append(RowError(place, None, None, "roster.cells", problem, remedy))
            yield place, None, None
        else:
            yield place, None, {name: cell for name, cell in zip(names, cells, strict=False) if name}


def _header_errors(line: int, titles: Iterable[str], names: list[str], required: Sequence[str]) -> Iterator[RowError]:
    for title, name in zip(titles, names, strict=True):
        if name and name not in COLUMNS:
            problem = f"{title.strip()[:60]!r} is not a column of a roster"
            yield RowError(line, title.strip()[:60], None, "roster.column", problem, did_you_mean(name, COLUMNS))
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        problem = f"The column {name} appears {names.count(name)} times"
        yield RowError(line, name, None, "roster.column", problem, "Keep one of them")
    for name in required:
        if name not in names:
            remedy = f"Add it to the header; required are {' and '.join(required)}"
            yield RowError(line, name, None, "roster.column", f"The column {name} is missing", remedy)


def _from_json(data: bytes, errors: list[RowError]) -> Iterator[_Record]:
    try:
        value = strictjson.parse(data, max_bytes=MAX_ROSTER_BYTES, max_depth=MAX_CELLS_DEPTH)
    except FormatError as error:
        raise RowErrors([_format_row(None, error)]) from None
    if not isinstance(value, list):
        raise _whole("roster.json", "The roster is not a JSON list", 'Write [{"name": "…", "awarded_on": "…"}]')
    for index, item in enumerate(value):
        yield _object(index + 1, pointer(index), item, errors)


def _from_lines(data: bytes, errors: list[RowError]) -> Iterator[_Record]:
    for line, text in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            item = strictjson.parse(text, max_depth=MAX_CELLS_DEPTH)
        except FormatError as error:
            errors.append(_format_row(line, error))
            yield line, None, None
        else:
            yield _object(line, "", item, errors)


def _object(place: int, where: str, item: Any, errors: list[RowError]) -> _Record:
    if not isinstance(item, dict):
        problem, remedy = "A row is not a JSON object", 'Write {"name": "…", "awarded_on": "…"}'
        errors.append(RowError(place, None, where, "roster.json", problem, remedy))
        return place, where, None
    unknown = [name for name in item if name not in COLUMNS]
    for name in unknown:
        problem = f"{name[:60]!r} is not a field of a roster"
        at = where + pointer(name)
        errors.append(RowError(place, name[:60], at, "roster.column", problem, did_you_mean(name, COLUMNS)))
    return place, where, {name: value for name, value in item.items() if name in COLUMNS}


def _repeated(row: RosterRow, place: int, where: str | None, places: dict[str, dict[Any, int]]) -> Iterator[RowError]:
    """A learner can get one achievement once: the same mail address, id, or the same row without either is an error."""
    keys: list[tuple[str, Any]] = [("email", row.email), ("learner_id", row.learner_id)]
    keys = [key for key in keys if key[1] is not None] or [("name", row)]
    for column, key in keys:
        first = places[column].setdefault(key, place)
        if first != place:
            what = f"the same {column} as" if column != "name" else "the same as"
            problem = f"This is {what} row {first}"
            at = None if where is None else where + pointer(column)
            yield RowError(place, column, at, "roster.duplicate", problem, "Remove one of the two rows")


def _format_row(line: int | None, error: FormatError) -> RowError:
    return RowError(line, None, error.pointer, error.code, error.problem, error.remedy)


def _whole(code: str, problem: str, remedy: str) -> RowErrors:
    return RowErrors([RowError(None, None, None, code, problem, remedy)])
