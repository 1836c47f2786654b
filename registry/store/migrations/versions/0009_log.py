"""The contract's log as the registry serves it, and the checkpoints that it signed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "log_entry",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("block_number", BIG, nullable=False),
        sa.Column("preimage", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", BIG, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
