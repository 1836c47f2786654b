"""The process that sets the page: `python -m api.paper.typesetter`, a job on stdin, an answer on stdout.

A process of its own, because typst is native code over texts that strangers wrote: it has an empty directory for its
root, bounded memory and processor time, and whoever started it ends it after a while.
"""

import json
import re
import resource
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CPU_SECONDS = 20
"""Processor time; the fullest page takes less than one second."""

MEMORY_BYTES = 3 * 1024**3
"""Address space, most of it never touched: threads' stacks and mapped fonts. A page takes about 100 MB of memory."""

MAX_TRIES = 24
"""Scripts that may be missing before the rest of a text is given up: each costs one more try."""

BOX = "\u25a1"
NAMES = ("title", "learner", "issuer")
"""What is never shown with a character replaced: nobody frames a page that has a box in their name."""

OTHER_FONTS = ("DejaVu Sans", "Noto Sans", "Noto Serif", "Noto Sans Arabic", "Noto Naskh Arabic")
_MISSING = re.compile(r'the text `"(.+)"` could not be displayed', re.DOTALL)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_KEPT_ASCII = 0x80
_KANA, _HANGUL = re.compile("[\u3041-\u30ff]"), re.compile("[\u1100-\u11ff\uac00-\ud7a3]")


def main() -> None:
    """Read the job, answer with one line of JSON and, where there is one, the PDF behind it."""
    job = json.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answer, pdf = typeset(job["data"], job["inputs"])
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pdf)


def typeset(data: dict[str, Any], inputs: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """The answer and the PDF. First with typst's own fonts, so that every machine makes the same bytes; where these
    lack a character with the machine's fonts, too; and where none has it with a box instead, except in names."""
    missing, pdf = _compile(data, inputs, system=False)
    if missing:
        missing, pdf = _compile(data, inputs, system=True)
    for _ in range(MAX_TRIES):
        if not missing:
            return {}, pdf
        lost = {group(letter) for letter in missing}
        for name in NAMES:
            if any(group(letter) in lost for letter in data[name]):
                return {"name": name, "characters": missing}, b""
        data = {**_without(data, lost), "replaced": True}
        missing, pdf = _compile(data, inputs, system=True)
    return {"name": "text", "characters": missing}, b""


def group(letter: str) -> str:
    """Characters that one font has or lacks together: a script, or all pictures."""
    if ord(letter) < _KEPT_ASCII or letter == BOX:
        return ""
    if unicodedata.category(letter) in ("So", "Sk", "Cn", "Co"):
        return "pictures"
    return unicodedata.name(letter, "UNNAMED").partition(" ")[0]


def _without(value: Any, lost: set[str]) -> Any:
    if isinstance(value, str):
        return "".join(BOX if group(letter) in lost - {""} else letter for letter in value)
    if isinstance(value, list):
        return [_without(one, lost) for one in value]
    if isinstance(value, dict):
        return {name: _without(one, lost) for name, one in value.items()}
    return value


def _compile(data: dict[str, Any], inputs: dict[str, str], *, system: bool) -> tuple[str, bytes]:
    """The characters that no font has, or the PDF."""
    import typst

    given = inputs | {"data": json.dumps(data | {"fonts": [*OTHER_FONTS, *cjk_fonts(data)] if system else []})}
    source = Path(__file__).with_name("page.typ").read_bytes()
    try:
        compiler = typst.Compiler(
            source, root=".", package_path=".", package_cache_path=".", sys_inputs=given, ignore_system_fonts=not system
        )
        made = compiler.compile(pdf_standards=["a-3a", "ua-1"], timestamp=_seconds(data["date"]))
    except typst.TypstError as problem:
        found = _MISSING.search(problem.message)
        if found is None:
            raise
        return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), found[1]), b""
    if not isinstance(made, bytes):
        raise TypeError("typst gave no PDF")
    return "", made


def cjk_fonts(data: dict[str, Any]) -> list[str]:
    """The shapes of Chinese characters that readers expect: Japanese or Korean ones where such letters are about."""
    text = json.dumps(data, ensure_ascii=False)
    first = "JP" if _KANA.search(text) else "KR" if _HANGUL.search(text) else "SC"
    return [f"Noto Sans CJK {one}" for one in sorted(("SC", "JP", "KR"), key=lambda one: one != first)]


def _seconds(date: dict[str, int]) -> int:
    """The document's date as Unix seconds, so that no clock is in the bytes."""
    return int(datetime(**date, tzinfo=UTC).timestamp())


if __name__ == "__main__":
    main()
