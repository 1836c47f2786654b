"""The command `credanchor`: finds the subcommand and imports that one only, so that `verify` starts in no time."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from api.cli import failures

COMMANDS = {
    "demo": "show the whole life of a hundred credentials, on an embedded test chain",
    "serve": "run everything in one process: API, worker and, unless you name a chain, an embedded one",
    "worker": "run the anchoring worker alone",
    "devnode": "run the embedded development chain alone",
    "deploy": "deploy the registry contract to a chain",
    "migrate": "bring the database to the schema of this version",
    "migrate-registry": "close the contract in favour of a new one that continues its history",
    "status": "say what the worker waits for, and which alarms stand",
    "doctor": "print the configuration in force and check that everything works",
    "costs": "what anchoring cost: for each anchor, and for each credential",
    "issuer": "add, list, show, suspend and reinstate issuers",
    "key": "add, list and revoke issuers' keys, and declare them compromised",
    "achievement": "add and list achievement definitions",
    "issue": "issue credentials to everyone in a roster, and fetch the files",
    "mail": "tell the learners of a batch by mail, with a link of their own and the file attached",
    "links": "make claim links, with which learners open their credentials without an account",
    "endorse": "endorse a profile, an achievement or a credential: accredit it, say that its quality is assured",
    "revoke": "revoke credentials for good",
    "suspend": "suspend credentials until they are reinstated",
    "reinstate": "lift the suspension of credentials",
    "lint": "check that Open Badges have all elements of a European micro-credential",
    "verify": "check credential files against the chain yourself",
    "jwt": "make a JWT of a credential, for programs that take no other form",
    "bake": "put a credential into a PNG or SVG picture",
    "unbake": "take the credential out of a PNG or SVG picture",
    "pdf": "make a PDF of a credential to print and frame, with the credential attached",
    "bundle": "put a credential and all that proves it into one file, to be checked without a network",
    "export-proof": "write a credential's Merkle path for other tools",
    "audit": "replay the registry's whole history from the chain, and check every promise",
    "verify-evidence": "check a file of evidence from an audit yourself, without the auditor",
    "log": "check the registry's signed checkpoint, and that its log only grew since the last time",
    "log-key": "make a new key that signs the registry's receipts and checkpoints",
    "export": "copy the registry's public export to a directory",
    "api-key": "create, list and revoke API keys",
}
"""Every command in the order of the overview. `api-key` lives in api/cli/api_key.py, and so on."""

EXAMPLES = """examples:
  credanchor demo                              see it work
  credanchor serve                             run a registry in ./var
  credanchor verify diploma.json --trust trust.toml
  credanchor COMMAND --help                    options and an example of each command

exit codes: 0 done, 1 refused or not valid, 2 not known or not reachable, 64 wrong usage, 130 interrupted
"""


class Parser(argparse.ArgumentParser):
    """argparse with our exit code for wrong usage, and 'did you mean'."""

    def error(self, message: str) -> NoReturn:
        """Print what was wrong and how to get help, and end with code 64."""
        known = [name for action in self._actions for name in action.option_strings]
        words = sys.argv[1:]
        hint = next(
            (
                guess
                for word in words
                if word.startswith("-")
                and word not in known
                and message.endswith(word)
                and (guess := failures.closest(word, known))
            ),
            "",
        )
        print(f"{self.prog}: {message}." + (f" Did you mean {hint}?" if hint else ""), file=sys.stderr)
        print(f"Help and an example: {self.prog} --help", file=sys.stderr)
        raise SystemExit(failures.USAGE)


def build(name: str) -> Parser:
    """The parser of one command, its module imported."""
    module = importlib.import_module(f"api.cli.{name.replace('-', '_')}")
    parser = Parser(
        prog=f"credanchor {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    parser.set_defaults(run=getattr(module, "run", None) or parser.get_default("run"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0 if words else failures.USAGE
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(f"credanchor {version('credanchor')}")
        return 0
    if words[0] not in COMMANDS:
        guess = failures.closest(words[0], list(COMMANDS))
        hint = f" Did you mean {guess}?" if guess else ""
        print(f"credanchor: there is no command {words[0]!r}.{hint}\nAll commands: credanchor --help", file=sys.stderr)
        return failures.USAGE
    arguments = None
    try:
        arguments = build(words[0]).parse_args(words[1:])
        return int(arguments.run(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    except BrokenPipeError:
        # Whoever read our output had enough; a second complaint at the interpreter's end would help nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as problem:
        return failures.report(problem, as_json=bool(getattr(arguments, "json", False)))


def _overview() -> str:
    rows = "\n".join(f"  {name:<12} {says}" for name, says in COMMANDS.items())
    head = "A registry for micro-credentials that anyone can still prove in twenty years."
    return f"usage: credanchor COMMAND ...\n\n{head}\n\ncommands:\n{rows}\n\n{EXAMPLES}"


if __name__ == "__main__":
    sys.exit(main())
