"""The tables of links that open something without an account (`links.py`). They hold nothing personal and no code."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.worktables import Base


class Link(Base):
    """A link that opens something without an account (`links.py`). Only the hash of its code is kept."""

    __tablename__ = "link"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # claim, share, portfolio
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[int]
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]


class LinkCredential(Base):
    """What a link opens, in order; a portfolio has several."""

    __tablename__ = "link_credential"
    link_id: Mapped[str] = mapped_column(ForeignKey("link.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(ForeignKey("credential.handle"), index=True)
