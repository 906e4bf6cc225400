"""drafts"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("declarant", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("template", sa.Boolean(), nullable=False),
        sa.Column("corrects", sa.String(length=40), nullable=True),
        sa.Column("corrects_version", sa.Integer(), nullable=True),
        sa.Column("lodged_as", sa.String(length=40), nullable=True),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("draft_by_owner", "draft", ["owner", "template", "updated_at"], unique=False)
