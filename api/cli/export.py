"""Copy the registry's public export to a directory: everything an auditor needs besides the chain, and nobody's name.

Files that are there already are kept (they never change), so a copy is brought up to date by running it again.
"""

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from api.cli import options
from api.cli.audit import export_url
from api.cli.output import Progress, emit

if TYPE_CHECKING:
    from anchor.audit.source import ExportSource


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor export`."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the copy goes")
    options.with_api(parser)
    options.example(parser, "credanchor export --out copy --url https://registry.example")


def run(arguments: argparse.Namespace) -> int:
    """Fetch anchors.jsonl and all it names; it is written last, so a broken-off copy names nothing missing."""
    from anchor.audit.lines import ANCHORS
    from anchor.audit.source import open_source

    client = options.client(arguments)
    source = open_source(export_url(client.url))
    progress = Progress(quiet=arguments.json)
    with source.open(ANCHORS) as file:
        anchors, names = _named(file, f"{source.name}/{ANCHORS}")
        missing = sorted(name for name in names if not (arguments.out / name).exists())
        for place, name in enumerate(missing, 1):
            progress(f"{place} of {len(missing)}: {name}")
            _write(arguments.out / name, source.read(name))
        _write(arguments.out / "registry.json", source.read("registry.json"))
        entries = _copy_log(source, arguments.out)
        file.seek(0)
        with _whole(arguments.out / ANCHORS) as copy:
            shutil.copyfileobj(file, copy)
    progress.done()
    counted: dict[str, Any] = {
        "directory": str(arguments.out),
        "anchors": anchors,
        "files": len(names) + 2,
        "new": len(missing),
    }
    counted["log_entries"] = entries
    text = f"{anchors} anchors, {len(names) + 2} files ({len(missing)} new) in {arguments.out}"
    emit(arguments.json, counted, f"{text}\n\nAudit it: credanchor audit {arguments.out} --trust trust.toml")
    return 0


def _named(file: IO[bytes], place: str) -> tuple[int, set[str]]:
    """How many anchors the export has, and the files that they name."""
    from anchor.audit.manifest import AnchorLine
    from anchor.audit.source import anchor_path, batch_path, lines, list_path

    anchors, names = 0, set[str]()
    for _, raw in lines(file, place):
        anchors += 1
        anchor = AnchorLine.parse(raw)
        names.add(anchor_path(anchor.number))
        names.update(map(batch_path, anchor.batches))
        names.update(list_path(item.digest) for item in anchor.lists)
    return anchors, names


def _copy_log(source: "ExportSource", out: Path) -> int:
    """Checkpoint and tiles, the checkpoint last; how many entries it has. 0 where the registry serves none."""
    from anchor.audit.checkpoint import CHECKPOINT_PATH, Served, log_source
    from registry.format.tiles import tiles_of

    served = Served.read(source)
    if served is None:
        return 0
    log = log_source(source)
    for tile in tiles_of(served.checkpoint.size):
        path = f"log/{tile.path}"
        if not (out / path).exists():
            _write(out / path, log.read(path))
    _write(out / CHECKPOINT_PATH, served.content)
    return served.checkpoint.size


def _write(path: Path, content: bytes) -> None:
    with _whole(path) as file:
        file.write(content)


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        yield file
    os.replace(part, path)
