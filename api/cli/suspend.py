"""Suspend credentials: they do not verify until they are reinstated."""

import argparse

from api.cli import credentials


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `credanchor suspend`."""
    credentials.configure(parser, "suspend", "credanchor suspend 4h7k2mq9x1bz")


def run(arguments: argparse.Namespace) -> int:
    """Change the status of every credential named."""
    return credentials.run(arguments, "suspend")
