"""files that people sent, and what their columns mean"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("iin", sa.String(length=12), nullable=False),
        sa.Column("organisation", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("draft", sa.String(length=32), nullable=True),
        sa.Column("choices", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("upload_by_person", "upload", ["organisation", "iin", "kept_at"], unique=False)
    op.create_table(
        "sheet_mapping",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("headings", sa.String(length=64), nullable=False),
        sa.Column("choices", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("participant", "headings"),
    )
