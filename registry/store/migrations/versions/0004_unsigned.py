"""Whether an issuer opted out of proofs in the credentials of a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('batch', sa.Column('unsigned', sa.Boolean(), server_default=sa.false(), nullable=False))
