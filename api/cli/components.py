"""Files of components as commands are given them: single ones, and directories of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from api.cli import options
from api.cli.failures import CliError

SUFFIXES = (".json", ".png", ".svg")
"""What a directory is searched for; a file that is named may be called anything."""

MAX_FILES = 1000
"""Files looked at for one stack: more than a learner collects in a life; a directory of a whole batch is a mistake."""

MAX_FILES_OF_MANY = 10_000
"""Files looked at for many learners' stacks: each is held in memory, and against each mail address of the roster."""


def gather(paths: Sequence[Path]) -> list[tuple[Path, bytes]]:
    """The files among `paths` and in the directories among them, each once, with their contents.

    Raises CliError for what cannot be read, for a directory without any, and for more than MAX_FILES.
    """
    found = named(paths, MAX_FILES, "Name those of one learner.")
    return [(path, content(path)) for path in found]


def named(paths: Sequence[Path], most: int, remedy: str) -> list[Path]:
    """The files among `paths` and in the directories among them, each once. Raises CliError as `gather`."""
    found = list(dict.fromkeys(file for path in paths for file in _files(path)))
    if len(found) > most:
        raise CliError(f"These are {len(found):,} files; the most is {most:,}.", remedy)
    return found


def content(path: Path) -> bytes:
    """The bytes of one. Raises CliError."""
    from registry.credential.baking import MAX_IMAGE_BYTES

    return options.read(path, MAX_IMAGE_BYTES)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise CliError(f"{path} holds no file that ends in {', '.join(SUFFIXES)}.", "Name another directory.")
    yield from found
