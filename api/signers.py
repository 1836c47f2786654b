"""Who signs for each role: the key store in the data directory, or the signer that a setting names.

The administrator's key is a key store always: it is used once, to deploy, and belongs into a drawer afterwards.
"""

from typing import TYPE_CHECKING

from anchor.signers.urls import KEYSTORE, parse
from api import datadir
from api.settings import Settings

if TYPE_CHECKING:
    from anchor.signer import Signer


def signer(settings: Settings, role: str) -> "Signer":
    """The signer of a role, ready to sign. Raises SignerError."""
    from anchor.signers.opening import open_signer

    directory = settings.keystore
    return open_signer(_url(settings, role), directory / f"{role}.json", directory / datadir.PASSWORD_FILE)


def address(settings: Settings, role: str) -> str:
    """The account of a role, "0x" and 40 hex digits; opens no key store. Raises SignerError, DataDirError."""
    found = parse(_url(settings, role))
    if found.kind == KEYSTORE:
        return datadir.address(settings.keystore, role)
    known = found.address if found.address is not None else signer(settings, role).address
    return "0x" + known.hex()


def make_keystores(settings: Settings, *, scrypt_n: int) -> list[str]:
    """Make the key stores that are missing, of those roles that sign with one; returns the roles."""
    roles = [role for role in datadir.ROLES if parse(_url(settings, role)).kind == KEYSTORE]
    return datadir.make_keystores(settings.keystore, scrypt_n=scrypt_n, roles=roles)


def _url(settings: Settings, role: str) -> str:
    return {"operator": settings.operator_signer, "registrar": settings.registrar_signer}.get(role, "")
