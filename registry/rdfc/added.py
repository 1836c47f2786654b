"""JSON-LD contexts that the operator adds to the shipped ones: a folder of JSON files, and `index.json` that pins them.

    {"https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json":
        {"file": "clr-2.0.1.json", "sha256": "7defe702c102faf14108579b7d65ef39ecf4c3bbef925b803e15bd77cd6e3394"}}

The pin is the SHA-256 of the canonical JSON (RFC 8785) in hex, as for the shipped ones: who adds a context decides what
the members of credentials mean, so it must be the one that was looked at. All are read at once; nothing is fetched.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.errors import FormatError
from registry.format import strictjson
from registry.format.strictjson import pointer
from registry.limits import MAX_DOCUMENT_BYTES, MAX_URL_CHARS
from registry.rdfc.contexts import CONTEXTS
from registry.rdfc.processing import EMPTY, Processor
from registry.rdfc.refusal import Refusal

INDEX = "index.json"
MAX_ADDED = 64
"""Contexts in one folder. There are some dozens for credentials in all, and every one is a thing to review."""

_URL = re.compile(r"https?://[!-~]+")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PIN = re.compile(r"[0-9a-f]{64}")
_EXAMPLE = '{"<URL>": {"file": "<name>.json", "sha256": "<64 hex digits>"}}'


def read(folder: Path) -> dict[str, Any]:
    """The context documents in a folder by URL.

    Raises FormatError: context.index (no index, or not of its form), context.file (a file is missing, not JSON, too
    large or named by no pin), context.changed (a file is not what its pin says), context.shipped (a URL that is
    shipped), context.unusable (no context that can be used, or one with a @vocab).
    """
    index = _index(folder / INDEX)
    found = {}
    for url, entry in index.items():
        name, pin = _entry(url, entry)
        document = _file(folder / name)
        actual = strictjson.digest(document).hex()
        if actual != pin:
            problem = f"The context {name} is not the one that {INDEX} pins: its SHA-256 is {actual}"
            raise FormatError("context.changed", pointer(url), problem, "Get the right file, or review it and pin it")
        found[url] = document
    _check_all_pinned(folder, {entry["file"] for entry in index.values()})
    for url in found:
        _check_usable(url, {**CONTEXTS, **found})
    return found


def _index(path: Path) -> dict[str, Any]:
    try:
        found = _parse(path)
    except FormatError as error:
        problem = f"{path.name} of the contexts in {path.parent}: {error.problem}"
        raise FormatError("context.index", error.pointer, problem, f"Write {_EXAMPLE}") from None
    if not isinstance(found, dict) or len(found) > MAX_ADDED:
        problem = f"{path} is not an object with at most {MAX_ADDED} members"
        raise FormatError("context.index", "", problem, f"Write {_EXAMPLE}")
    return found


def _entry(url: str, entry: Any) -> tuple[str, str]:
    """The file's name and its pin."""
    where = pointer(url)
    if url in CONTEXTS:
        raise FormatError(
            "context.shipped", where, f"The context {url} is shipped, and has one meaning", "Leave it out"
        )
    if not _URL.fullmatch(url) or len(url) > MAX_URL_CHARS:
        raise FormatError("context.index", where, f"{url[:100]!a} is not a URL of a context", f"Write {_EXAMPLE}")
    if not isinstance(entry, dict) or entry.keys() != {"file", "sha256"}:
        problem = "The entry is not an object with the members file and sha256"
        raise FormatError("context.index", where, problem, f"Write {_EXAMPLE}")
    for name, form in (("file", _FILE), ("sha256", _PIN)):
        if not isinstance(entry[name], str) or not form.fullmatch(entry[name]):
            problem = f"{str(entry[name])[:100]!a} is not a {name} as it is written here"
            raise FormatError("context.index", f"{where}/{name}", problem, f"Write {_EXAMPLE}")
    return entry["file"], entry["sha256"]


def _file(path: Path) -> Any:
    try:
        return _parse(path)
    except FormatError as error:
        raise FormatError("context.file", error.pointer, f"The context {path.name}: {error.problem}") from None


def _parse(path: Path) -> Any:
    """One JSON file, read strictly: a pin is worth nothing where readers see different values."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise FormatError("", "", f"It cannot be read ({error.strerror})") from None
    return strictjson.parse(data)


def _check_all_pinned(folder: Path, pinned: set[str]) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".jsonld") and path.name not in {*pinned, INDEX}:
            problem = f"{INDEX} does not name the file {path.name[:100]!a}"
            raise FormatError("context.file", "", problem, "Pin it there, or take it out of the folder")


def _check_usable(url: str, known: Mapping[str, Any]) -> None:
    flaw = _flaw_of(url, known)
    if flaw:
        raise FormatError("context.unusable", pointer(url), f"The context {url} cannot be used: {flaw}", "Leave it out")


def _flaw_of(url: str, known: Mapping[str, Any]) -> str:
    document = known[url]
    if not isinstance(document, dict) or "@context" not in document:
        return "it has no member @context"
    if _names(document["@context"], "@vocab"):
        # With it every misspelt term would be defined, and signed as if it meant something.
        return "it has a @vocab, which defines every term there is"
    try:
        Processor(known).process(EMPTY, url)
    except Refusal as refusal:
        return refusal.problem
    return ""


def _names(context: Any, keyword: str) -> bool:
    if isinstance(context, dict):
        return context.get(keyword) is not None or any(_names(value, keyword) for value in context.values())
    return isinstance(context, list) and any(_names(value, keyword) for value in context)
