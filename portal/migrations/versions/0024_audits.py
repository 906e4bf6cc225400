"""audits after release"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

MOMENT = sa.DateTime(timezone=True)
_NOT_ENDED = sa.text("status NOT IN ('NO_FINDING', 'CLOSED', 'ANNULLED', 'SET_ASIDE')")
_OPEN = sa.text("state = 'OPEN'")


def upgrade() -> None:
    _cases()
    _moves()
    _statements()
    _appeals()
    _figures()


def _cases() -> None:
    op.create_table(
        "audit_case",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=True),
        sa.Column("chosen", sa.String(length=10), nullable=False),
        sa.Column("objective", sa.String(), nullable=False),
        sa.Column("judgement", sa.String(length=60), nullable=False),
        sa.Column("selected_at", MOMENT, nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("directions", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("plan_iin", sa.String(length=12), nullable=True),
        sa.Column("plan_name", sa.String(), nullable=True),
        sa.Column("opened_iin", sa.String(length=12), nullable=True),
        sa.Column("opened_name", sa.String(), nullable=True),
        sa.Column("outcome_iin", sa.String(length=12), nullable=True),
        sa.Column("outcome_name", sa.String(), nullable=True),
        sa.Column("amount_tiyn", sa.BigInteger(), nullable=False),
        sa.Column("limit_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.CheckConstraint("opened_iin <> plan_iin", name="audit_opened_by_another"),
    )
    op.create_index("ix_audit_case_participant", "audit_case", ["participant"])
    op.create_index("audit_case_by_status", "audit_case", ["status", "moved_at"])
    op.create_index(
        "audit_case_at_work",
        "audit_case",
        ["participant"],
        unique=True,
        sqlite_where=_NOT_ENDED,
        postgresql_where=_NOT_ENDED,
    )


def _moves() -> None:
    op.create_table(
        "audit_move",
        sa.Column("audit", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("limit_at", MOMENT, nullable=True),
        sa.Column("statement", sa.String(length=32), nullable=True),
        sa.Column("notice", sa.LargeBinary(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("audit", "number"),
        sa.UniqueConstraint("sequence"),
    )


def _statements() -> None:
    op.create_table(
        "audit_statement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("audit", sa.String(length=30), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(length=20), nullable=True),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("prepared", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sequence"),
    )
    op.create_index("ix_audit_statement_audit", "audit_statement", ["audit"])


def _appeals() -> None:
    op.create_table(
        "audit_appeal",
        sa.Column("audit", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("contested_iin", sa.String(length=12), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("audit", "number"),
        sa.CheckConstraint("decided_iin <> contested_iin", name="audit_appeal_takes_another"),
    )
    op.create_index(
        "audit_appeal_open", "audit_appeal", ["audit"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def _figures() -> None:
    op.create_table(
        "audit_figure",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("import_base_tiyn", sa.BigInteger(), nullable=False),
        sa.Column("invoiced_grams", sa.BigInteger(), nullable=False),
        sa.Column("partner", sa.String(length=60), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("participant", "month"),
    )
