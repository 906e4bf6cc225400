"""several versions of one declaration, and corrections that wait for an officer"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("declaration") as table:
        table.drop_constraint("one_declaration_per_registration_number", type_="unique")
        table.create_unique_constraint("one_version_per_registration_number", ["registration_number", "version"])
    op.create_table(
        "amendment",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("registration_number", sa.String(), nullable=False),
        sa.Column("amends", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=True),
        sa.Column("signer_iin", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_amendment_registration_number", "amendment", ["registration_number"], unique=False)
