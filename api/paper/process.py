"""Runs the typesetter in a process of its own, bounded in number, time, memory and what it may answer."""

import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
import unicodedata
from pathlib import Path
from typing import Any

from api.paper.errors import PaperError

SECONDS = 30
"""Longest a page may take, the start of a process on a busy machine included; usually it is less than half a second."""

AT_ONCE = 2
"""Pages that this process has made at the same time; others wait. Each takes a core and about 100 MB."""

WAIT_SECONDS = 60
"""Longest that a page waits for its turn."""

MAX_PDF_BYTES = 8 * 1024 * 1024
"""What readers of PDFs take (FORMAT.md, section 1)."""

_ROOT = Path(__file__).parents[2]
_turn = threading.BoundedSemaphore(AT_ONCE)


def extra_missing() -> PaperError:
    """The error where typst or segno is not installed."""
    problem = "Making PDFs needs the packages typst and segno, which are not installed."
    return PaperError(problem, "Install the extra: pip install 'credanchor[pdf]'.", unavailable=True)


def run(data: dict[str, Any], inputs: dict[str, str]) -> bytes:
    """The PDF of these data. Raises PaperError."""
    if importlib.util.find_spec("typst") is None:
        raise extra_missing()
    job = json.dumps({"data": data, "inputs": inputs}).encode()
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise PaperError("Too many PDFs are being made.", "Ask again in a minute.", unavailable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="credanchor-paper-") as empty:
            head, _, pdf = _answer(job, empty).partition(b"\n")
    finally:
        _turn.release()
    answer = json.loads(head)
    if answer:
        raise _no_font(answer["name"], answer["characters"])
    return pdf


def _answer(job: bytes, directory: str) -> bytes:
    # Nothing of our environment: settings hold secrets. The path is where this package is, installed or not.
    environment = {"PYTHONPATH": str(_ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "api.paper.typesetter"],
            input=job, capture_output=True, timeout=SECONDS, cwd=directory, env=environment, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        problem = f"The page took longer than {SECONDS} seconds."
        raise PaperError(problem, "Ask again later.", unavailable=True) from None
    if done.returncode != 0 or len(done.stdout) > MAX_PDF_BYTES:
        problem = f"The typesetter ended with code {done.returncode}."
        raise PaperError(problem, "Use the credential's own file; it has everything.", unavailable=True)
    return done.stdout


def _no_font(name: str, characters: str) -> PaperError:
    scripts = sorted({unicodedata.name(letter, "UNNAMED").split()[0] for letter in characters if not letter.isspace()})
    where = {"title": "the title", "learner": "the learner's name", "issuer": "the issuer's name"}.get(name, "a text")
    return PaperError(
        f"No font here has the characters of {where} ({', '.join(scripts)[:80]}), and nobody wants boxes there.",
        "Install a font that has them on this machine, as Noto fonts do (on Debian: fonts-noto-core, fonts-noto-cjk).",
        unavailable=True,
    )
