"""Make a JWT (vc+jwt, ES256) of a credential, for programs that take no other form. Needs no registry.

The key is a P-256 key that you keep in a file; the registry stores none. Name it in the issuer's DID document with
`credanchor issuer did ISSUER --jwt-key FILE`. Give the file as it is after anchoring: the proofs in it are kept.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import options
from api.cli.output import emit

if TYPE_CHECKING:
    from registry.credential.es256 import Es256Key

MAX_PEM_BYTES = 64 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor jwt`."""
    parser.add_argument("credential", type=Path, metavar="CREDENTIAL", help="its JSON file; - reads stdin")
    parser.add_argument("--key", type=Path, required=True, metavar="PEM", help="the issuer's P-256 key, unencrypted")
    with_kid(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the token goes (else stdout)")
    options.with_json(parser)
    options.example(
        parser,
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out es256.pem",
        "credanchor jwt diploma.json --key es256.pem --out diploma.jwt",
    )


def with_kid(parser: argparse.ArgumentParser) -> None:
    """--kid."""
    says = "the key's DID URL in the issuer's DID document (else <did>#<thumbprint of the key>)"
    parser.add_argument("--kid", metavar="DID_URL", help=says)


def run(arguments: argparse.Namespace) -> int:
    """Print the token."""
    from registry.credential import vcjwt
    from registry.format import strictjson
    from registry.verify.document import read

    data = options.content(arguments.credential)
    read(data)  # nobody should sign what no verifier would read
    key = read_key(arguments.key)
    token = vcjwt.sign(strictjson.parse(data), key, arguments.kid)
    kid = vcjwt.read(token).kid
    if arguments.out is not None:
        options.write(arguments.out, token.encode() + b"\n")
    said = f"{arguments.out}: a JWT, signed with {kid}" if arguments.out else token
    emit(arguments.json, {"jwt": token, "kid": kid, "jwk": key.jwk}, said)
    return 0


def read_key(path: Path) -> "Es256Key":
    """The P-256 key in a PEM file. Raises CliError, SecretError."""
    from registry.credential.es256 import Es256Key

    return Es256Key.from_pem(options.read(path, MAX_PEM_BYTES))
