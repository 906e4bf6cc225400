"""case work: moves, statements, requests, files, assignments, milder lanes, appeals"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("declaration_by_status", "declaration", ["office", "status", "sequence"], unique=False)
    op.create_index("declaration_by_type_and_status", "declaration", ["type_code", "status", "sequence"], unique=False)
    _create_moves_and_files()
    _create_proposals_and_appeals()


def _create_moves_and_files() -> None:
    op.create_table(
        "declaration_move",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("declarant", sa.String(length=20), nullable=False),
        sa.Column("functional_reference_id", sa.String(length=35), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("target", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("actor_iin", sa.String(length=12), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("limit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("statement", sa.String(length=32), nullable=True),
        sa.Column("statement_digest", sa.String(length=64), nullable=True),
        sa.Column("notice", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("declaration_move_by_number", "declaration_move", ["registration_number", "sequence"], unique=False)
    op.create_table(
        "case_file",
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("lane", sa.String(length=30), nullable=True),
        sa.Column("lane_version", sa.Integer(), nullable=True),
        sa.Column("limit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_iin", sa.String(length=12), nullable=True),
        sa.Column("assignee_name", sa.String(), nullable=True),
        sa.Column("proposal", sa.Boolean(), nullable=False),
        sa.Column("appeal", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("registration_number"),
    )
    op.create_index("ix_case_file_appeal", "case_file", ["appeal"], unique=False)
    op.create_index("ix_case_file_assignee_iin", "case_file", ["assignee_iin"], unique=False)
    op.create_index("ix_case_file_limit_at", "case_file", ["limit_at"], unique=False)
    op.create_table(
        "case_assignment",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("to_iin", sa.String(length=12), nullable=False),
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_case_assignment_registration_number", "case_assignment", ["registration_number"], unique=False)
    op.create_table(
        "case_request",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("questions", sa.String(), nullable=False),
        sa.Column("items", sa.String(), nullable=False),
        sa.Column("limit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("answered_sequence", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index(
        "case_request_open", "case_request", ["answered_sequence", "overdue_told", "limit_at"], unique=False
    )
    op.create_index("ix_case_request_registration_number", "case_request", ["registration_number"], unique=False)
    op.create_table(
        "case_statement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("expected", sa.String(length=30), nullable=False),
        sa.Column("request", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(length=20), nullable=True),
        sa.Column("prepared", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("annex", sa.LargeBinary(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("sequence"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_statement_registration_number", "case_statement", ["registration_number"], unique=False)
    op.create_table(
        "case_attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("statement", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_attachment_statement", "case_attachment", ["statement"], unique=False)


def _create_proposals_and_appeals() -> None:
    op.create_table(
        "downgrade_proposal",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_outcome", sa.String(length=30), nullable=False),
        sa.Column("to_outcome", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("decided_sequence", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_text", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sa.CheckConstraint("decided_by_iin <> by_iin", name="downgrade_takes_two"),
    )
    op.create_index(
        "ix_downgrade_proposal_registration_number", "downgrade_proposal", ["registration_number"], unique=False
    )
    op.create_table(
        "case_appeal",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_number", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("against", sa.String(length=30), nullable=False),
        sa.Column("contested_iin", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_text", sa.String(), nullable=True),
        sa.CheckConstraint("decided_by_iin <> contested_iin", name="appeal_takes_another"),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_case_appeal_registration_number", "case_appeal", ["registration_number"], unique=False)
