"""results of controls that were annulled, and travellers' data that was erased"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "control_annulment",
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("act"),
        sa.UniqueConstraint("sequence"),
    )
    op.add_column("passenger_declaration", sa.Column("erased_at", MOMENT, nullable=True))
