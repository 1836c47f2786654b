"""By when a sealed batch is promised to be anchored. Batches that were sealed before were promised nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("batch", sa.Column("anchor_by", BIG, nullable=True))
