"""Which registry contract this database belongs to: bound once, never changed."""

from collections.abc import Callable

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.errors import Conflict, FormatError, StateError
from registry.format import entries
from registry.store.engine import Store
from registry.store.tables import Registry

_ONLY = 1  # the table has one row


def bind_registry(
    store: Store,
    *,
    chain_id: int,
    contract: bytes,
    deploy_block: int,
    deploy_block_hash: bytes,
    code_sha256: bytes,
    public_url: str,
    first: Callable[[], object] = lambda: None,
) -> Registry:
    """Bind the database to a contract (20-byte address); again with the same facts it does nothing.

    `public_url` is where the status lists live: it is inside every credential, so it too stays for ever.
    `first` is called inside the transaction of the first binding, of one process alone, whoever else tries.
    Raises Conflict when the database belongs to another contract or URL.
    """
    if not public_url.startswith(("https://", "http://")) or public_url.endswith("/"):
        remedy = "Give an http(s) address without '/' at its end"
        raise FormatError("format.url", "", f"{public_url!r} cannot be the public address", remedy)
    for name, digest, length in (("deploy_block_hash", deploy_block_hash, 32), ("code_sha256", code_sha256, 32)):
        if len(digest) != length:
            raise FormatError("format.length", "", f"{name} has {len(digest)} bytes where {length} are needed")
    wanted = {
        "chain_id": chain_id,
        "contract": contract,
        "registry_id": entries.registry_id(chain_id, contract),
        "deploy_block": deploy_block,
        "deploy_block_hash": deploy_block_hash,
        "code_sha256": code_sha256,
        "public_url": public_url,
    }
    with store.begin() as session:
        # A second process that binds at the same time waits here until the first has ended.
        dialect = postgresql if store.dialect == "postgresql" else sqlite
        new = dialect.insert(Registry).values(id=_ONLY, **wanted).on_conflict_do_nothing().returning(Registry.id)
        if session.execute(new).scalar() is not None:
            first()
        row = session.get_one(Registry, _ONLY)
        for name, value in wanted.items():
            existing = getattr(row, name)
            if existing != value:
                raise Conflict(f"Binding the database with {name} {_text(value)}", f"{name} {_text(existing)}")
        return row


def registry(session: Session) -> Registry:
    """The contract this database belongs to. Raises StateError while it is not bound."""
    row = session.get(Registry, _ONLY)
    if row is None:
        raise StateError("The database", "without a registry contract", "bound to one (`credanchor deploy`)")
    return row


def _text(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
