"""exchange, mended: receipts are kept, contradictions noted"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("exchange_stream", sa.Column("resent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "exchange_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=40), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_exchange_receipt_message_id", "exchange_receipt", ["message_id"], unique=False)
    op.create_table(
        "violation_conflict",
        sa.Column("violation", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("differs", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("violation", "version", "digest"),
    )
    op.create_table(
        "exchange_number",
        sa.Column("partner", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("partner", "salt", "number"),
    )
    op.create_index("exchange_number_hash", "exchange_number", ["partner", "hash"], unique=False)
    op.create_table(
        "exchange_allowance",
        sa.Column("partner", sa.String(length=40), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("partner"),
    )
    op.create_table(
        "exchange_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint(
            "outcome <> 'done' OR (decided_by_iin IS NOT NULL AND decided_by_iin <> by_iin)", name="partner_takes_two"
        ),
    )
    op.create_index(
        "one_open_proposal_per_partner",
        "exchange_proposal",
        ["partner"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
