"""Put a credential into a PNG or SVG picture, by the rules of Open Badges 3.0, so that the picture is the credential.

The picture must be your own; nothing else in it is changed. Verify the result like any other file: credanchor verify.
"""

import argparse
from pathlib import Path

from api.cli import options
from api.cli.output import emit


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor bake`."""
    parser.add_argument("credential", type=Path, metavar="CREDENTIAL", help="a credential file: JSON or a compact JWS")
    parser.add_argument("image", type=Path, metavar="IMAGE", help="a PNG or SVG picture")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the baked picture goes")
    parser.add_argument("--replace", action="store_true", help="put it in place of the credential the picture holds")
    options.with_json(parser)
    options.example(parser, "credanchor bake diploma.json badge.png --out diploma.png")


def run(arguments: argparse.Namespace) -> int:
    """Read both, write one. Raises CliError and FormatError."""
    from registry.credential.baking import MAX_IMAGE_BYTES, MEDIA_TYPES, bake, image_kind
    from registry.limits import MAX_DOCUMENT_BYTES

    credential = options.read(arguments.credential, MAX_DOCUMENT_BYTES)
    baked = bake(options.read(arguments.image, MAX_IMAGE_BYTES), credential, replace=arguments.replace)
    options.write(arguments.out, baked)
    kind = MEDIA_TYPES[image_kind(baked) or "svg"]
    made = {"file": str(arguments.out), "type": kind, "bytes": len(baked)}
    emit(arguments.json, made, f"{arguments.out}: {len(baked)} bytes, {kind}, with the credential in it")
    return 0
