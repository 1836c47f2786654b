"""Revoke credentials for good: there is no way back, and nobody can hide or back-date it."""

import argparse

from api.cli import credentials


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor revoke`."""
    credentials.configure(
        parser, "revoke", "credanchor revoke 4h7k2mq9x1bz --reason issued-in-error --note 'wrong participant'"
    )


def run(arguments: argparse.Namespace) -> int:
    """Change the status of every credential named."""
    return credentials.run(arguments, "revoke")
