"""Options that several commands share, and what they mean: JSON, data directory, the API to speak to."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.failures import NOT_KNOWN, CliError
from registry.format.nesting import loads

if TYPE_CHECKING:
    from api.client import Client
    from api.settings import Settings

URL_VARIABLE, KEY_VARIABLE, DATA_VARIABLE = "CREDANCHOR_URL", "CREDANCHOR_API_KEY", "CREDANCHOR_DATA_DIR"
CONTEXTS_VARIABLE = "CREDANCHOR_CONTEXTS_DIR"
DEFAULT_DATA_DIR = "var"
STDIN = Path("-")

Run = Callable[[argparse.Namespace], int]
Configure = Callable[[argparse.ArgumentParser], None]


def example(parser: argparse.ArgumentParser, *lines: str) -> None:
    """The example at the end of the help."""
    parser.epilog = "example:\n" + "\n".join(f"  {line}" for line in lines)


def with_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def with_data(parser: argparse.ArgumentParser) -> None:
    """--data."""
    says = f"data directory (else ${DATA_VARIABLE}, else ./{DEFAULT_DATA_DIR})"
    parser.add_argument("--data", type=Path, metavar="DIR", help=says)


def with_contexts(parser: argparse.ArgumentParser) -> None:
    """--contexts."""
    says = f"JSON-LD contexts that you add to the shipped ones, pinned by their index.json (else ${CONTEXTS_VARIABLE})"
    parser.add_argument("--contexts", type=Path, metavar="DIR", help=says)


def use_contexts(arguments: argparse.Namespace, exit_code: int) -> None:
    """Know the contexts that the options name. Raises CliError where one is not what its pin says."""
    folder = arguments.contexts or os.environ.get(CONTEXTS_VARIABLE)
    if not folder:
        return
    from registry.errors import FormatError
    from registry.rdfc import added, canonizer

    try:
        canonizer.add(added.read(Path(folder)))
    except FormatError as problem:
        raise CliError(f"The contexts cannot be used: {problem}", exit_code=exit_code) from None


def with_api(parser: argparse.ArgumentParser) -> None:
    """--url, --data and --json; the API key has no option, because command lines can be seen by others."""
    parser.add_argument("--url", help=f"the registry (else ${URL_VARIABLE}, else client.json in the data directory)")
    with_data(parser)
    with_json(parser)


class Group:
    """Subcommands, like `issuer add`: each with help, an example and a function."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._parsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(
        self, name: str, says: str, run: Run, *lines: str, configure: Configure = lambda _: None, local: bool = False
    ) -> None:
        """One subcommand that speaks to the API, or works beside the database where it is `local`."""
        parser = self._parsers.add_parser(
            name,
            help=says,
            description=says[0].upper() + says[1:] + ".",
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        configure(parser)
        if local:
            with_data(parser)
            with_json(parser)
        else:
            with_api(parser)
        example(parser, *lines)
        parser.set_defaults(run=run)


def data_dir(arguments: argparse.Namespace) -> Path:
    """The data directory in force."""
    return Path(arguments.data or os.environ.get(DATA_VARIABLE) or DEFAULT_DATA_DIR)


def settings(arguments: argparse.Namespace, **overrides: Any) -> "Settings":
    """The settings in force: options over environment over file. Raises SettingsError."""
    from api.settings import Settings

    return Settings.load(data_dir=arguments.data, **overrides)


def known_client(directory: Path) -> dict[str, str]:
    """URL and key that `serve` left in the data directory; empty when it did not."""
    path = directory / "client.json"
    try:
        known = loads(path.read_bytes())
        return {"url": str(known["url"]), "api_key": str(known["api_key"])}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise CliError(
            f"{path} cannot be read ({problem}).", "Start `credanchor serve` again: it writes the file."
        ) from None


def client(arguments: argparse.Namespace) -> "Client":
    """A client of the API that the options, the environment or the data directory name. Raises CliError."""
    from api.client import Client

    directory = data_dir(arguments)
    known = known_client(directory)
    url = arguments.url or os.environ.get(URL_VARIABLE) or known.get("url")
    if not url:
        raise CliError(
            f"Which registry? There is no {directory}/client.json and ${URL_VARIABLE} is not set.",
            f"Start one with `credanchor serve`, or name one with --url and ${KEY_VARIABLE}.",
        )
    # The key from client.json goes to that registry only, never to another address.
    own = known.get("api_key") if url == known.get("url") else None
    return Client(url, os.environ.get(KEY_VARIABLE) or own)


def segment(name: str) -> str:
    """A name as one segment of a URL's path."""
    from urllib.parse import quote

    return quote(name, safe="")


def read(path: Path, most: int) -> bytes:
    """A file the user named, at most `most` bytes. Raises CliError."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as problem:
        raise CliError(f"{path} cannot be read: {problem.strerror}.") from None
    if len(content) > most:
        raise CliError(f"{path} is larger than {most} bytes.")
    return content


def content(path: Path, most: int | None = None) -> bytes:
    """A file, or what comes on stdin for -; one byte more than `most` (else an image may have). Raises CliError."""
    from registry.credential.baking import MAX_IMAGE_BYTES

    wanted = (MAX_IMAGE_BYTES if most is None else most) + 1  # too long by one byte is an outcome of check 1
    try:
        if path == STDIN:
            return sys.stdin.buffer.read(wanted)
        with path.open("rb") as file:
            return file.read(wanted)
    except OSError as problem:
        raise CliError(f"{path} cannot be read: {problem.strerror}.", exit_code=NOT_KNOWN) from None


def write(path: Path, content: bytes, mode: int = 0o666) -> None:
    """A file the user named, whole or not at all; `mode` as far as the umask lets it. Raises CliError."""
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)  # a left one may have another mode
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
        os.replace(part, path)
    except OSError as problem:
        raise CliError(f"{path} cannot be written: {problem.strerror}.") from None


def beside(path: Path, ending: str) -> Path:
    """Where what is made of `path` goes: x.pdf for x.json, and x.png.pdf for x.png, which is not written over it."""
    return path.with_name(path.name.removesuffix(".json") + ending)
