"""What the worker saw last, when an anchor became final, and the outbox of what operators are told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('anchored', sa.Column('final_at', BIG, nullable=True))
    op.create_table('readings',
        sa.Column('id', BIG, nullable=False),
        sa.Column('final_time', BIG, nullable=False),
        sa.Column('base_fee', sa.String(length=80), nullable=False),
        sa.Column('max_fee', sa.String(length=80), nullable=False),
        sa.Column('balance', sa.String(length=80), nullable=False),
        sa.Column('nonce', BIG, nullable=False),
        sa.Column('heartbeat_seconds', BIG, nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('notice',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('uid', sa.String(length=32), nullable=False),
        sa.Column('code', sa.String(length=64), nullable=False),
        sa.Column('event', sa.String(length=16), nullable=False),
        sa.Column('detail', sa.Text(), nullable=False),
        sa.Column('since', BIG, nullable=False),
        sa.Column('created_at', BIG, nullable=False),
        sa.Column('due_at', BIG, nullable=True),
        sa.Column('tries', BIG, nullable=False),
        sa.Column('sent_at', BIG, nullable=True),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('uid')
    )
