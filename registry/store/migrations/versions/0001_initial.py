"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # 64 bits; SQLite's row id must be called INTEGER


def upgrade() -> None:
    op.create_table('alarm',
        sa.Column('code', sa.String(length=64), nullable=False),
        sa.Column('detail', sa.Text(), nullable=False),
        sa.Column('raised_at', INTEGER, nullable=False),
        sa.PrimaryKeyConstraint('code')
    )
    op.create_table('anchor',
        sa.Column('number', INTEGER, autoincrement=False, nullable=False),
        sa.Column('root', sa.LargeBinary(), nullable=False),
        sa.Column('status_root', sa.LargeBinary(), nullable=False),
        sa.Column('size', INTEGER, nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.PrimaryKeyConstraint('number'),
        sa.UniqueConstraint('root')
    )
    op.create_table('anchored',
        sa.Column('number', INTEGER, autoincrement=False, nullable=False),
        sa.Column('root', sa.LargeBinary(), nullable=False),
        sa.Column('position', INTEGER, nullable=False),
        sa.Column('tx_hash', sa.LargeBinary(), nullable=False),
        sa.Column('block_number', INTEGER, nullable=False),
        sa.Column('block_hash', sa.LargeBinary(), nullable=False),
        sa.Column('block_time', INTEGER, nullable=False),
        sa.Column('final', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('number')
    )
    op.create_table('cursor',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('block_number', INTEGER, nullable=False),
        sa.Column('block_hash', sa.LargeBinary(), nullable=False),
        sa.Column('latest_block', INTEGER, nullable=False),
        sa.Column('tick_at', INTEGER, nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('idempotency',
        sa.Column('caller', sa.String(length=32), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('request_sha256', sa.LargeBinary(), nullable=False),
        sa.Column('status', INTEGER, nullable=False),
        sa.Column('response', sa.Text(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.PrimaryKeyConstraint('caller', 'key')
    )
    op.create_table('issuer',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('did', sa.Text(), nullable=False),
        sa.Column('profile', sa.Text(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.Column('suspended', sa.Boolean(), nullable=False),
        sa.Column('chain_added_at', INTEGER, nullable=True),
        sa.Column('chain_suspended', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('did')
    )
    op.create_table('lease',
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('owner', sa.String(length=64), nullable=False),
        sa.Column('token', INTEGER, nullable=False),
        sa.Column('expires', INTEGER, nullable=False),
        sa.PrimaryKeyConstraint('name')
    )
    op.create_table('registry',
        sa.Column('id', INTEGER, nullable=False),
        sa.Column('chain_id', INTEGER, nullable=False),
        sa.Column('contract', sa.LargeBinary(), nullable=False),
        sa.Column('registry_id', sa.LargeBinary(), nullable=False),
        sa.Column('deploy_block', INTEGER, nullable=False),
        sa.Column('deploy_block_hash', sa.LargeBinary(), nullable=False),
        sa.Column('code_sha256', sa.LargeBinary(), nullable=False),
        sa.Column('public_url', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('achievement',
        sa.Column('id', sa.String(length=200), nullable=False),
        sa.Column('issuer_id', sa.String(length=64), nullable=False),
        sa.Column('slug', sa.String(length=64), nullable=False),
        sa.Column('version', sa.String(length=32), nullable=False),
        sa.Column('definition', sa.Text(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.Column('used', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['issuer_id'], ['issuer.id'], ),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('issuer_id', 'slug', 'version')
    )
    op.create_index(op.f('ix_achievement_issuer_id'), 'achievement', ['issuer_id'], unique=False)
    op.create_table('api_key',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('secret_sha256', sa.LargeBinary(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('issuer_id', sa.String(length=64), nullable=True),
        sa.Column('scopes', sa.Text(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.Column('expires_at', INTEGER, nullable=True),
        sa.Column('revoked_at', INTEGER, nullable=True),
        sa.Column('last_used_at', INTEGER, nullable=True),
        sa.ForeignKeyConstraint(['issuer_id'], ['issuer.id'], ),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_table('attempt',
        sa.Column('tx_hash', sa.LargeBinary(), nullable=False),
        sa.Column('anchor_number', INTEGER, nullable=False),
        sa.Column('sender', sa.LargeBinary(), nullable=False),
        sa.Column('nonce', INTEGER, nullable=False),
        sa.Column('max_fee', sa.String(length=80), nullable=False),
        sa.Column('max_tip', sa.String(length=80), nullable=False),
        sa.Column('raw', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.Column('created_block', INTEGER, nullable=False),
        sa.Column('sent_at', INTEGER, nullable=True),
        sa.Column('last_answer', sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(['anchor_number'], ['anchor.number'], ),
        sa.PrimaryKeyConstraint('tx_hash')
    )
    op.create_index('attempt_anchor', 'attempt', ['anchor_number'], unique=False)
    op.create_table('issuer_key',
        sa.Column('key_id', sa.LargeBinary(), nullable=False),
        sa.Column('issuer_id', sa.String(length=64), nullable=False),
        sa.Column('multikey', sa.LargeBinary(), nullable=False),
        sa.Column('verification_method', sa.Text(), nullable=False),
        sa.Column('secret', sa.LargeBinary(), nullable=True),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.Column('revoke', sa.Boolean(), nullable=False),
        sa.Column('compromised_since', INTEGER, nullable=True),
        sa.Column('chain_added_at', INTEGER, nullable=True),
        sa.Column('chain_revoked_at', INTEGER, nullable=True),
        sa.Column('chain_compromised_at', INTEGER, nullable=True),
        sa.ForeignKeyConstraint(['issuer_id'], ['issuer.id'], ),
        sa.PrimaryKeyConstraint('key_id')
    )
    op.create_index(op.f('ix_issuer_key_issuer_id'), 'issuer_key', ['issuer_id'], unique=False)
    op.create_table('status_list',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('issuer_id', sa.String(length=64), nullable=False),
        sa.Column('purpose', sa.String(length=16), nullable=False),
        sa.Column('url', sa.Text(), nullable=False),
        sa.Column('length', INTEGER, nullable=False),
        sa.Column('version', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(['issuer_id'], ['issuer.id'], ),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('url')
    )
    op.create_index(op.f('ix_status_list_issuer_id'), 'status_list', ['issuer_id'], unique=False)
    op.create_table('anchor_list',
        sa.Column('anchor_number', INTEGER, nullable=False),
        sa.Column('position', INTEGER, nullable=False),
        sa.Column('list_id', sa.String(length=64), nullable=False),
        sa.Column('version', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(['anchor_number'], ['anchor.number'], ),
        sa.ForeignKeyConstraint(['list_id'], ['status_list.id'], ),
        sa.PrimaryKeyConstraint('anchor_number', 'position')
    )
    op.create_table('batch',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('issuer_id', sa.String(length=64), nullable=False),
        sa.Column('achievement_id', sa.String(length=200), nullable=True),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.Column('seal_requested_at', INTEGER, nullable=True),
        sa.Column('sealed_at', INTEGER, nullable=True),
        sa.Column('size', INTEGER, nullable=False),
        sa.Column('done', INTEGER, nullable=False),
        sa.Column('failure', sa.Text(), nullable=True),
        sa.Column('number', INTEGER, nullable=True),
        sa.Column('key_id', sa.LargeBinary(), nullable=True),
        sa.Column('root', sa.LargeBinary(), nullable=True),
        sa.Column('leaves', sa.LargeBinary(), nullable=True),
        sa.Column('signature', sa.LargeBinary(), nullable=True),
        sa.Column('anchor_number', INTEGER, nullable=True),
        sa.Column('anchor_index', INTEGER, nullable=True),
        sa.ForeignKeyConstraint(['achievement_id'], ['achievement.id'], ),
        sa.ForeignKeyConstraint(['anchor_number'], ['anchor.number'], ),
        sa.ForeignKeyConstraint(['issuer_id'], ['issuer.id'], ),
        sa.ForeignKeyConstraint(['key_id'], ['issuer_key.key_id'], ),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('number')
    )
    op.create_index(op.f('ix_batch_anchor_number'), 'batch', ['anchor_number'], unique=False)
    op.create_index(op.f('ix_batch_issuer_id'), 'batch', ['issuer_id'], unique=False)
    op.create_index(op.f('ix_batch_state'), 'batch', ['state'], unique=False)
    op.create_table('status_list_version',
        sa.Column('list_id', sa.String(length=64), nullable=False),
        sa.Column('version', INTEGER, nullable=False),
        sa.Column('bits', sa.LargeBinary(), nullable=False),
        sa.Column('credential', sa.Text(), nullable=False),
        sa.Column('digest', sa.LargeBinary(), nullable=False),
        sa.Column('key_id', sa.LargeBinary(), nullable=False),
        sa.Column('signature', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(['key_id'], ['issuer_key.key_id'], ),
        sa.ForeignKeyConstraint(['list_id'], ['status_list.id'], ),
        sa.PrimaryKeyConstraint('list_id', 'version')
    )
    op.create_index(op.f('ix_status_list_version_digest'), 'status_list_version', ['digest'], unique=False)
    op.create_table('credential',
        sa.Column('handle', sa.String(length=32), nullable=False),
        sa.Column('batch_id', sa.String(length=32), nullable=False),
        sa.Column('index', INTEGER, nullable=False),
        sa.Column('credential_id', sa.Text(), nullable=True),
        sa.Column('row', sa.Text(), nullable=True),
        sa.Column('document', sa.Text(), nullable=True),
        sa.Column('d_rdf', sa.LargeBinary(), nullable=True),
        sa.Column('revocation_list_id', sa.String(length=64), nullable=True),
        sa.Column('status_index', INTEGER, nullable=True),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('erased_at', INTEGER, nullable=True),
        sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], ),
        sa.ForeignKeyConstraint(['revocation_list_id'], ['status_list.id'], ),
        sa.PrimaryKeyConstraint('handle'),
        sa.UniqueConstraint('batch_id', 'index'),
        sa.UniqueConstraint('revocation_list_id', 'status_index')
    )
    op.create_table('status_event',
        sa.Column('id', INTEGER, autoincrement=True, nullable=False),
        sa.Column('handle', sa.String(length=32), nullable=False),
        sa.Column('action', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.String(length=64), nullable=False),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('actor', sa.Text(), nullable=False),
        sa.Column('created_at', INTEGER, nullable=False),
        sa.ForeignKeyConstraint(['handle'], ['credential.handle'], ),
        sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_status_event_handle'), 'status_event', ['handle'], unique=False)
