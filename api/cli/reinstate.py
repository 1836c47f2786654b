"""Lift the suspension of credentials."""

import argparse

from api.cli import credentials


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor reinstate`."""
    credentials.configure(parser, "reinstate", "credanchor reinstate 4h7k2mq9x1bz")


def run(arguments: argparse.Namespace) -> int:
    """Change the status of every credential named."""
    return credentials.run(arguments, "reinstate")
