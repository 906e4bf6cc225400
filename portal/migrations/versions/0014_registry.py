"""the registry of minimal-risk participants"""

from datetime import UTC, date

import sqlalchemy as sa
from alembic import op

from risk_gateway.days import begins

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)
_STEP = (
    sa.column("participant", sa.String()),
    sa.column("number", sa.Integer()),
    sa.column("step", sa.String()),
    sa.column("at", MOMENT),
    sa.column("valid_to", sa.Date()),
    sa.column("reason", sa.String()),
    sa.column("text", sa.String()),
    sa.column("by_iin", sa.String()),
    sa.column("by_name", sa.String()),
    sa.column("cause", sa.String()),
)
_TAKEN_OVER = {
    "number": 1,
    "step": "ADMIT",
    "valid_to": date(2027, 12, 31),
    "reason": "taken_over",
    "text": "",
    "by_iin": "",
    "by_name": "",
    "cause": "",
}


def upgrade() -> None:
    _steps()
    _applications()
    _findings()
    _statements()
    _appeals()
    _take_over()


def _steps() -> None:
    op.create_table(
        "registry_step",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("statement", sa.String(length=32), nullable=True),
        sa.Column("notice", sa.LargeBinary(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("participant", "number"),
        sa.UniqueConstraint("sequence"),
    )
    op.create_index("ix_registry_step_cause", "registry_step", ["cause"])


def _applications() -> None:
    op.create_table(
        "registry_application",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("renewal", sa.Boolean(), nullable=False),
        sa.Column("office", sa.String(length=10), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=True),
        sa.Column("statement", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decided_sequence", sa.BigInteger(), nullable=True),
        sa.Column("notice", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("decided_by_iin <> by_iin", name="application_takes_another"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("decided_sequence"),
    )
    op.create_index("ix_registry_application_participant", "registry_application", ["participant"])
    op.create_index("registry_application_by_state", "registry_application", ["state", "filed_at"])
    _one_open("registry_application_open", "registry_application", "state = 'FILED'")


def _findings() -> None:
    op.create_table(
        "registry_finding",
        sa.Column("application", sa.String(length=30), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("application", "round", "criterion"),
    )


def _statements() -> None:
    op.create_table(
        "registry_statement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("participant", sa.String(length=20), nullable=False),
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
    op.create_index("ix_registry_statement_participant", "registry_statement", ["participant"])


def _appeals() -> None:
    op.create_table(
        "registry_appeal",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("against", sa.String(length=40), nullable=False),
        sa.Column("contested_iin", sa.String(length=12), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("statement", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("decided_text", sa.String(), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decided_sequence", sa.BigInteger(), nullable=True),
        sa.Column("notice", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("decided_by_iin <> contested_iin", name="registry_appeal_takes_another"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("decided_sequence"),
    )
    op.create_index("ix_registry_appeal_participant", "registry_appeal", ["participant"])
    _one_open("registry_appeal_open", "registry_appeal", "state = 'OPEN'")


def _take_over() -> None:
    """Enter whoever is of low risk on record: from now on low risk means an active entry."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT participant, valid_from, category FROM risk_category ORDER BY participant, valid_from")
    )
    newest = {row.participant: row for row in rows}
    step = sa.table("registry_step", *_STEP)
    for row in newest.values():
        if row.category == "low":
            since = row.valid_from if isinstance(row.valid_from, date) else date.fromisoformat(row.valid_from)
            connection.execute(
                step.insert().values(participant=row.participant, at=begins(since).astimezone(UTC), **_TAKEN_OVER)
            )


def _one_open(name: str, table: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, ["participant"], unique=True, sqlite_where=condition, postgresql_where=condition)
