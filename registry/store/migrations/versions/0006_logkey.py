"""The key that signs the registry's notes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('registry_key',
        sa.Column('id', BIG, nullable=False),
        sa.Column('multikey', sa.LargeBinary(), nullable=False),
        sa.Column('secret', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', BIG, nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
