"""Whether an issuer was suspended when its batches were anchored."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('standing',
        sa.Column('block_hash', sa.LargeBinary(), nullable=False),
        sa.Column('issuer_id', sa.String(length=64), nullable=False),
        sa.Column('suspended', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['issuer_id'], ['issuer.id'], ),
        sa.PrimaryKeyConstraint('block_hash', 'issuer_id')
    )
