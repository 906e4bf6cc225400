"""the risk gateway: profiles, their lives and results, reference values, models, histories, selection keys"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _create_tables()
    _commit_to_keys()


def _create_tables() -> None:
    op.create_table(
        "analyst",
        sa.Column("iin", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("posts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("iin"),
    )
    op.create_table(
        "certificate",
        sa.Column("identifier", sa.String(length=50), nullable=False),
        sa.Column("holder", sa.String(length=20), nullable=False),
        sa.Column("issued_g", sa.BigInteger(), nullable=False),
        sa.Column("used_g", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("identifier"),
    )
    op.create_index("ix_certificate_holder", "certificate", ["holder"], unique=False)
    op.create_table(
        "control_result",
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("declarant", sa.String(length=20), nullable=False),
        sa.Column("functional_reference_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("motive", sa.String(), nullable=True),
        sa.Column("amount_tiyn", sa.BigInteger(), nullable=False),
        sa.Column("inspector", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("act", "profile"),
    )
    op.create_index("ix_control_result_closed_at", "control_result", ["closed_at"], unique=False)
    op.create_index("ix_control_result_declarant", "control_result", ["declarant"], unique=False)
    op.create_index("ix_control_result_sequence", "control_result", ["sequence"], unique=False)
    op.create_index("declaration_by_sequence", "declaration", ["sequence"], unique=False)
    op.create_table(
        "day_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name"),
    )
    op.create_table(
        "decision_override",
        sa.Column("declarant", sa.String(length=20), nullable=False),
        sa.Column("functional_reference_id", sa.String(length=35), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_outcome", sa.String(), nullable=False),
        sa.Column("to_outcome", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("declarant", "functional_reference_id", "version", "at"),
    )
    op.create_table(
        "fraud_model",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("block", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trained_by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("metrics", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_index("ix_fraud_model_status", "fraud_model", ["status"], unique=False)
    op.create_table(
        "invoice_use",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("invoice", sa.String(length=50), nullable=False),
        sa.Column("functional_reference_id", sa.String(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("participant", "invoice"),
    )
    op.create_table(
        "knowledge_part",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "participant_goods",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("commodity", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=2), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("declarations", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("participant", "commodity", "origin"),
    )
    op.create_table(
        "participant_history",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("declarations", sa.Integer(), nullable=False),
        sa.Column("declarations_as_agent", sa.Integer(), nullable=False),
        sa.Column("amendments_after_notice", sa.Integer(), nullable=False),
        sa.Column("exports_without_exit", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("participant"),
    )
    op.create_table(
        "past_case",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("block", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("declarant", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("knowledge_version", sa.String(), nullable=False),
        sa.Column("case", sa.LargeBinary(), nullable=False),
        sa.Column("assessment", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("truth", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_past_case_day", "past_case", ["day"], unique=False)
    op.create_index("ix_past_case_declarant", "past_case", ["declarant"], unique=False)
    op.create_table(
        "post_capacity",
        sa.Column("post", sa.String(length=8), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("inspections", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("post", "valid_from"),
    )
    op.create_table(
        "reference_values",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_reference_values_valid_from", "reference_values", ["valid_from"], unique=False)
    op.create_table(
        "risk_cursor",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "risk_profile",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("block", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("code", "version"),
    )
    op.create_index("ix_risk_profile_status", "risk_profile", ["status"], unique=False)
    op.create_table(
        "risk_profile_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_risk_profile_move_code", "risk_profile_move", ["code"], unique=False)
    op.create_table(
        "risk_profile_tally",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
        sa.Column("controls", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("revenue_tiyn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", "version", "day"),
    )


def _commit_to_keys() -> None:
    """Give the keys of before their commitments. Nobody saw those before the day: they were made on the day."""
    with op.batch_alter_table("selection_key") as table:
        table.add_column(sa.Column("commitment", sa.String(), nullable=False, server_default=""))
        table.add_column(
            sa.Column(
                "committed_at", sa.DateTime(timezone=True), nullable=False, server_default="2026-01-01 00:00:00+00:00"
            )
        )
        table.add_column(sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT day, key FROM selection_key")).all():
        commitment = hashlib.sha256(bytes(row.key)).hexdigest()
        connection.execute(
            sa.text("UPDATE selection_key SET commitment = :commitment WHERE day = :day"),
            {"commitment": commitment, "day": row.day},
        )
