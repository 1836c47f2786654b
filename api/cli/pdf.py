"""Make a PDF of a credential: one page to print and frame, with the credential attached and a QR code to check it by.

The PDF is PDF/A-3a and PDF/UA-1, and verifies like any other file: credanchor verify. Whether the credential is genuine
is not looked at, and the page does not say so. The QR code leads to your share link, if you name one, else to the
verification page of the registry that keeps the credential's status lists. Needs the extra [pdf] (typst and segno).
"""

import argparse
from pathlib import Path

from api.cli import options
from api.cli.failures import CliError
from api.cli.output import emit


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor pdf`."""
    says = "a credential: JSON, a picture or PDF that holds it, or a bundle; - reads stdin"
    parser.add_argument("credential", type=Path, metavar="FILE", help=says)
    says = "where the PDF goes (else beside FILE: x.pdf for x.json, x.png.pdf for x.png)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=says)
    parser.add_argument("--lang", default="en", metavar="CODE", help="language of the page's own words: en or nl")
    parser.add_argument("--link", metavar="URL", help="your share link of this credential, for the QR code")
    parser.add_argument("--test", action="store_true", help="say that the chain is a test, where that is not known")
    options.with_json(parser)
    options.example(
        parser,
        "credanchor pdf diploma.json",
        "credanchor pdf diploma.json --out framed.pdf --lang nl --link https://registry.example/c/7hq2-kd93",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read one, write one. Raises CliError and FormatError."""
    from api.pages.catalogue import catalogues
    from api.paper import PaperError, make

    if arguments.lang not in catalogues():
        known = " and ".join(catalogues())
        raise CliError(f"There is no language {arguments.lang!r} here.", f"The pages speak {known}.")
    out = arguments.out or _beside(arguments.credential)
    try:
        made = make(_credential(arguments.credential), arguments.lang, arguments.link, test=arguments.test or None)
    except PaperError as error:
        raise CliError(error.problem, error.remedy) from error
    options.write(out, made)
    described = {"file": str(out), "type": "application/pdf", "bytes": len(made), "language": arguments.lang}
    emit(arguments.json, described, f"{out}: {len(made)} bytes, one page, with the credential attached")
    return 0


def _credential(path: Path) -> bytes:
    from anchor.bundle.file import Bundle, is_bundle
    from api.cli.checking import MAX_FILE_BYTES

    data = options.content(path, MAX_FILE_BYTES)
    return Bundle.parse(data).credential if is_bundle(data) else data


def _beside(path: Path) -> Path:
    if path == options.STDIN or path.suffix == ".pdf":
        raise CliError("Where does the PDF go?", "Name a file with --out.")
    return options.beside(path, ".pdf")
