"""Reads a table as spreadsheets save it: commas, semicolons or tabs, quotes, UTF-8 or UTF-16, with or without BOM.

The text is never guessed: bytes that are not Unicode are refused with their place, because a wrong guess would be
printed on somebody's certificate.
"""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator

from registry.errors import RowError, RowErrors

_DELIMITERS = ",;\t"
_LINE_END = re.compile("\r\n|\n|\r")
_UTF8_REMEDY = 'Save it as "CSV UTF-8", or in LibreOffice choose the character set UTF-8'


def decode(data: bytes) -> str:
    """The text of an upload. Raises RowErrors roster.encoding with the byte and line that are not Unicode."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in data[:2]:
        # UTF-16 without a mark: the first letter of a header is ASCII, so one of its two bytes is zero.
        encoding = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RowErrors([_encoding_error(data, error, encoding)]) from None
    zero = text.find("\x00")
    if zero >= 0:
        line = text.count("\n", 0, zero) + 1
        problem = "The file holds zero bytes: it is not a text file"
        raise RowErrors([RowError(line, None, None, "roster.encoding", problem, _UTF8_REMEDY)])
    return text


def read(text: str, columns: Collection[str]) -> Iterator[tuple[int, list[str]]]:
    """Records with their row as a spreadsheet shows it, the header first; records without any content are left out.

    A line end inside quotes does not begin a row. The delimiter is the one under which the header holds most of
    `columns`; a first line "sep=;", which Excel writes and hides, decides instead.
    Raises RowErrors roster.csv where quotes do not match.
    """
    delimiter, text = _delimiter(text, columns)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"The quotes do not match from here on ({error})"
            remedy = 'Write a quote inside a quoted value twice: "the ""best"" one"'
            raise RowErrors([RowError(row, None, None, "roster.csv", problem, remedy)]) from None
        if any(cell.strip() for cell in record):
            yield row, record


def _delimiter(text: str, columns: Collection[str]) -> tuple[str, str]:
    """The delimiter, and the text without the line that names it."""
    first, *_ = _LINE_END.split(text.lstrip("\r\n"), maxsplit=1)
    if len(first) == 5 and first.casefold().startswith("sep=") and first[4] in _DELIMITERS:
        return first[4], _LINE_END.split(text.lstrip("\r\n") + "\n", maxsplit=1)[1]

    def known(delimiter: str) -> tuple[int, int]:
        cells = first.split(delimiter)
        return sum(header(cell.strip('"')) in columns for cell in cells), len(cells)

    return max(_DELIMITERS, key=known), text


def header(cell: str) -> str:
    """A column's name as it is compared: "Awarded on" is awarded_on."""
    return cell.strip().casefold().replace(" ", "_").replace("-", "_")


def _encoding_error(data: bytes, error: UnicodeDecodeError, encoding: str) -> RowError:
    line = 1 + (data.count(b"\n", 0, error.start) or data.count(b"\r", 0, error.start))
    if encoding != "utf-8-sig":
        problem = f"Byte {error.start} is not UTF-16, though the file begins like it"
        return RowError(line, None, None, "roster.encoding", problem, _UTF8_REMEDY)
    begin = max(data.rfind(b"\n", 0, error.start), data.rfind(b"\r", 0, error.start)) + 1
    shown = data[max(begin, error.start - 12) : error.start + 8].decode("latin-1").partition("\n")[0].strip()
    # Counted as in the file: the decoder leaves the mark of three bytes out.
    place = error.start + (3 if data.startswith(codecs.BOM_UTF8) else 0)
    problem = f"Byte {place} (0x{data[place]:02x}) is not UTF-8; in Windows-1252 it would read {shown!r}"
    return RowError(line, None, None, "roster.encoding", problem, _UTF8_REMEDY)
