"""What each issuer wants done about credentials that lack elements of the European Recommendation."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('issuer', sa.Column('lint', sa.String(length=8), server_default='warn', nullable=False))
