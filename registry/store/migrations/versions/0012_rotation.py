"""Until when an earlier key of the registry signed; null of the one that signs now."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("registry_key", sa.Column("until", BIG, nullable=True))
