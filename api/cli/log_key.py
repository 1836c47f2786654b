"""The registry's own key, which signs its receipts and checkpoints; credentials and their verdicts know nothing of it.

Runs beside the database, with the master key. Earlier keys are kept: what they promised, they promised.
"""

import argparse

from api.cli import options
from api.cli.output import emit


def configure(parser: argparse.ArgumentParser) -> None:
    """Subcommands of `credanchor log-key`."""
    group = options.Group(parser)
    group.add(
        "rotate", "make a new key; the one before signs the receipts of its time, and checkpoints for a while", rotate,
        "credanchor log-key rotate --data ./var", local=True,
    )  # fmt: skip


def rotate(arguments: argparse.Namespace) -> int:
    """Make the key, and say what readers have to write into their trust profiles."""
    from registry.store import logkey
    from registry.store.engine import Store
    from registry.store.log import rotate_key
    from registry.store.signers import require_master_key
    from registry.store.vault import Vault

    settings = options.settings(arguments)
    store, vault = Store(settings.database), Vault.from_file(settings.master_key)
    try:
        require_master_key(store, vault)
        key = rotate_key(store, vault)
        with store.read() as session:
            earlier = logkey.earlier(session)
    finally:
        store.close()
    listed = ", ".join(f'{{ key = "{one.key.vkey}", until = {one.until} }}' for one in earlier)
    lines = f'log_key = "{key.vkey}"\nearlier_log_keys = [{listed}]\n'
    value = {"log_key": key.vkey, "earlier_log_keys": [one.to_json() for one in earlier]}
    days = logkey.TRANSITION_SECONDS // 86_400
    text = (
        f"{lines}\nThese lines belong into the trust profiles of your readers, {settings.trust} included.\n"
        f"For {days} days the key before signs each checkpoint as well. Was it stolen, have them leave it out."
    )
    emit(arguments.json, value, text)
    return 0
