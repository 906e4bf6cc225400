"""exports at the border"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "exit_arrival",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("post", sa.String(length=10), nullable=False),
        sa.Column("vehicle", sa.String(length=40), nullable=False),
        sa.Column("seals", sa.String(length=200), nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("arrived_by_iin", sa.String(length=12), nullable=False),
        sa.Column("surveyed_sequence", sa.BigInteger(), nullable=True),
        sa.Column("surveyed_at", MOMENT, nullable=True),
        sa.Column("surveyed_by_iin", sa.String(length=12), nullable=True),
        sa.Column("as_declared", sa.Boolean(), nullable=True),
        sa.Column("survey_seals", sa.String(length=200), nullable=False),
        sa.Column("survey_text", sa.String(), nullable=False),
        sa.Column("left_sequence", sa.BigInteger(), nullable=True),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("left_by_iin", sa.String(length=12), nullable=True),
        sa.Column("left_items", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("left_sequence"),
    )
    op.create_index("ix_exit_arrival_registration_number", "exit_arrival", ["registration_number"])
    op.create_index("exit_arrival_at_post", "exit_arrival", ["post", "left_sequence"])
    waiting = sa.text("left_sequence IS NULL")
    op.create_index(
        "exit_arrival_once",
        "exit_arrival",
        ["registration_number", "vehicle"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "exit_balance",
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("released_grams", sa.BigInteger(), nullable=False),
        sa.Column("left_grams", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("left_grams >= 0 AND left_grams <= released_grams", name="exit_not_more_than_released"),
        sa.PrimaryKeyConstraint("registration_number", "item"),
    )
