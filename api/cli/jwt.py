"""Make a JWT (vc+jwt, ES256) of a credential, for programs that take no other form.

The registry makes it of a final credential, with the issuer's key for JWTs (`credanchor key add ISSUER --jwt`). With
--key you make it yourself of a file, with a P-256 key that you keep in a file, and need no registry; add the key's
public half to the issuer's DID document by `credanchor key add ISSUER --jwt --external PEM`. Give the file as it is
after anchoring: the proofs in it are kept.
"""

import argparse
from pathlib import Path

from api.cli import options
from api.cli.credentials import address
from api.cli.failures import USAGE, CliError
from api.cli.output import emit

MAX_PEM_BYTES = 64 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor jwt`."""
    says = "its handle, or the file that `issue` wrote; with --key any credential's JSON file, - reads stdin"
    parser.add_argument("credential", metavar="HANDLE|FILE", help=says)
    parser.add_argument("--key", type=Path, metavar="PEM", help="the issuer's P-256 key, unencrypted")
    says = "with --key: the key's DID URL in the issuer's DID document (else <did>#<thumbprint of the key>)"
    parser.add_argument("--kid", metavar="DID_URL", help=says)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the token goes (else stdout)")
    options.with_api(parser)
    options.example(
        parser,
        "credanchor jwt 7hq2kd93 --out diploma.jwt",
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out es256.pem",
        "credanchor jwt diploma.json --key es256.pem --out diploma.jwt",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the token."""
    from registry.credential import vcjwt

    if arguments.kid and not arguments.key:
        raise CliError("--kid goes with --key only.", "The registry names its keys itself.", USAGE)
    token = _own(arguments) if arguments.key else _registrys(arguments)
    kid = vcjwt.read(token).kid
    if arguments.out is not None:
        options.write(arguments.out, token.encode() + b"\n")
    said = f"{arguments.out}: a JWT, signed with {kid}" if arguments.out else token
    emit(arguments.json, {"jwt": token, "kid": kid}, said)
    return 0


def _registrys(arguments: argparse.Namespace) -> str:
    """GET /v1/credentials/{handle}/jwt."""
    data = options.client(arguments).get_bytes(f"{address(arguments.credential)}/jwt")
    return data.decode("ascii", "replace")


def _own(arguments: argparse.Namespace) -> str:
    """The token made here. Raises CliError, SecretError, FormatError."""
    from registry.credential import vcjwt
    from registry.credential.es256 import Es256Key
    from registry.format import strictjson
    from registry.verify.document import read

    data = options.content(Path(arguments.credential))
    read(data)  # nobody should sign what no verifier would read
    key = Es256Key.from_pem(options.read(arguments.key, MAX_PEM_BYTES))
    return vcjwt.sign(strictjson.parse(data), key, arguments.kid)
