"""The JSON-LD contexts that the operator adds, for this process and those it starts. See `registry.rdfc.added`."""

from pathlib import Path

from api.settings import Settings
from registry.rdfc import added, canonizer


def use(settings: Settings) -> None:
    """Know the contexts that the settings name, and no others. Raises FormatError context.*"""
    use_folder(settings.contexts)


def use_folder(folder: Path | None) -> None:
    """The same with the folder; None: the shipped ones only."""
    canonizer.add(added.read(folder) if folder is not None else {})
