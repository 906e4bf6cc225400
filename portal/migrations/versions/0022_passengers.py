"""travellers"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "passenger_declaration",
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("office", sa.String(length=5), nullable=False),
        sa.Column("direction", sa.String(length=5), nullable=False),
        sa.Column("mode", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("iin", sa.String(length=12), nullable=True),
        sa.Column("document", sa.String(length=24), nullable=False),
        sa.Column("chosen", sa.String(length=5), nullable=False),
        sa.Column("corridor", sa.String(length=5), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("computation", sa.String(), nullable=False),
        sa.Column("judgement", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("suspicion", sa.String(length=30), nullable=True),
        sa.Column("cro", sa.String(length=40), nullable=True),
        sa.Column("cro_notice", sa.LargeBinary(), nullable=True),
        sa.Column("act", sa.String(length=32), nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_by", sa.String(length=12), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
        sa.UniqueConstraint("form"),
        sa.UniqueConstraint("sequence"),
    )
    for name, columns in (
        ("passenger_declaration_lane", ["office", "status", "declared_at"]),
        ("passenger_declaration_open", ["status", "expires_at"]),
        ("ix_passenger_declaration_iin", ["iin"]),
        ("ix_passenger_declaration_document", ["document"]),
    ):
        op.create_index(name, "passenger_declaration", columns, unique=False)
    op.create_table(
        "passenger_statement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=True),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("prepared", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sequence"),
    )
    op.create_index("ix_passenger_statement_reference", "passenger_statement", ["reference"], unique=False)
    op.create_table(
        "passenger_assessment",
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judgement", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reference", "number"),
        sa.UniqueConstraint("sequence"),
    )
    op.create_table(
        "passenger_crossing",
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("iin", sa.String(length=12), nullable=True),
        sa.Column("document", sa.String(length=24), nullable=False),
        sa.Column("office", sa.String(length=5), nullable=False),
        sa.Column("direction", sa.String(length=5), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("passenger_crossing_by_iin", "passenger_crossing", ["iin", "at"], unique=False)
    op.create_index("passenger_crossing_by_document", "passenger_crossing", ["document", "at"], unique=False)
    op.create_table(
        "passenger_opening",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    op.create_index("ix_passenger_opening_reference", "passenger_opening", ["reference"], unique=False)
