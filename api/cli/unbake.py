"""Take the credential out of a baked PNG or SVG picture, or a PDF. It is not checked: that is credanchor verify.

Without --out the credential goes to the standard output, byte for byte.
"""

import argparse
import sys
from pathlib import Path

from api.cli import options
from api.cli.output import emit


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor unbake`."""
    parser.add_argument(
        "image", type=Path, metavar="IMAGE", help="a PNG or SVG picture, or a PDF, with a credential in it"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the credential goes")
    options.with_json(parser)
    options.example(
        parser, "credanchor unbake diploma.png --out diploma.json", "credanchor unbake diploma.svg | jq .name"
    )


def run(arguments: argparse.Namespace) -> int:
    """With --json a description of what was found; the credential itself is in it unless --out names a file."""
    from registry.credential.baking import MAX_IMAGE_BYTES, unbake

    found = unbake(options.read(arguments.image, MAX_IMAGE_BYTES))
    if arguments.out:
        options.write(arguments.out, found.data)
    elif not arguments.json:
        sys.stdout.buffer.write(found.data)
        sys.stdout.buffer.flush()
        return 0
    form = "jws" if found.is_jws else "json"
    described = {"form": form, "bytes": len(found.data)}
    described |= {"file": str(arguments.out)} if arguments.out else {"credential": found.data.decode(errors="replace")}
    emit(arguments.json, described, f"{arguments.out}: {len(found.data)} bytes, {form.upper()}; not checked yet")
    return 0
