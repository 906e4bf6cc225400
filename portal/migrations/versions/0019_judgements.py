"""judgements at other moments than a lodgement"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "judgement",
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=70), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("block", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("participant", sa.String(length=20), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("series_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("judged_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("knowledge_version", sa.String(), nullable=False),
        sa.Column("case", sa.LargeBinary(), nullable=False),
        sa.Column("assessment", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=False),
        sa.Column("notice", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("sequence"),
    )
    for column in ("subject", "participant", "series_id", "day"):
        op.create_index(f"ix_judgement_{column}", "judgement", [column], unique=False)
