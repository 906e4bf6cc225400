"""the base of violations: versions, merged identities, questions and contests"""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_STANDING = "undone_at IS NULL"
_OPEN = "outcome IS NULL AND sequence IS NOT NULL"
_BEFORE = ("act:", "agt:")  # what stood before the number of an act
_EXPIRES_AFTER, _HELD_FOR = 2, 5  # years, as bases/parameters/violations.toml says of these days
_THIN_ROWS = """
SELECT violation.id, violation.participant, violation.kind, violation.committed_on, participant.name,
       declaration.registration_number
FROM violation
LEFT JOIN participant ON participant.identifier = violation.participant
LEFT JOIN control_result
  ON control_result.profile = '' AND violation.id IN ('act:' || control_result.act, 'agt:' || control_result.act)
LEFT JOIN declaration
  ON declaration.declarant = control_result.declarant
  AND declaration.functional_reference_id = control_result.functional_reference_id
  AND declaration.version = control_result.version
ORDER BY violation.committed_on, violation.id
"""


def upgrade() -> None:
    _add_versions()
    _add_identities()
    _add_contests()
    _move_rows()
    op.drop_table("violation")


def _add_versions() -> None:
    op.create_table(
        "violation_version",
        sa.Column("cursor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=80), nullable=False),
        sa.Column("scheme", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("committed_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("declaration", sa.String(length=40), nullable=True),
        sa.Column("amount_tiyn", sa.BigInteger(), nullable=False),
        sa.Column("decision_number", sa.String(length=100), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("appeal", sa.String(length=10), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("source_name", sa.String(length=100), nullable=False),
        sa.Column("legal_basis", sa.String(length=300), nullable=False),
        sa.Column("hold_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provenance", sa.String(length=64), nullable=False),
        sa.Column("origin_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cursor"),
        sa.UniqueConstraint("id", "version", name="one_version_per_violation"),
    )
    for column in ("identity", "number", "declaration"):
        op.create_index(f"ix_violation_version_{column}", "violation_version", [column], unique=False)


def _add_identities() -> None:
    op.create_table(
        "identity_merge",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merged", sa.String(length=80), nullable=False),
        sa.Column("merged_name", sa.String(length=300), nullable=False),
        sa.Column("into", sa.String(length=80), nullable=False),
        sa.Column("into_name", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_iin", sa.String(length=12), nullable=True),
        sa.Column("undone_by_name", sa.String(), nullable=True),
        sa.Column("undone_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_identity_merge_into", "identity_merge", ["into"], unique=False)
    _only_one("one_standing_merge_per_identity", "identity_merge", "merged", _STANDING)
    op.create_table(
        "identity_question",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("identity", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("violation", sa.String(length=120), nullable=False),
        sa.Column("candidate", sa.String(length=80), nullable=False),
        sa.Column("candidate_name", sa.String(length=300), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("by_iin", sa.String(length=12), nullable=True),
        sa.Column("by_name", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identity", "candidate", name="one_question_per_pair"),
    )


def _add_contests() -> None:
    op.create_table(
        "violation_contest",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("violation", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("prepared", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("decided_text", sa.String(), nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("violation", "participant"):
        op.create_index(f"ix_violation_contest_{column}", "violation_contest", [column], unique=False)
    _only_one("one_open_contest_per_violation", "violation_contest", "violation", _OPEN)


def _only_one(name: str, table: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], unique=True, sqlite_where=condition, postgresql_where=condition)


def _move_rows() -> None:
    """Make each of the thin rows the first version of a full record. What they did not say stays unsaid."""
    connection = op.get_bind()
    versions = sa.Table("violation_version", sa.MetaData(), autoload_with=connection)
    rows = connection.execute(sa.text(_THIN_ROWS).columns(committed_on=sa.Date())).all()
    for cursor, row in enumerate(rows, start=1):
        connection.execute(sa.insert(versions).values(_values(cursor, row)))


def _values(cursor: int, row: sa.Row[Any]) -> dict[str, Any]:
    scheme = "BIN" if row.participant[4:5] in ("4", "5", "6") else "IIN"
    thin = (row.id, row.participant, row.kind, row.committed_on.isoformat())
    return {
        "cursor": cursor,
        "id": f"KZ-CRV-{row.committed_on.year}-{cursor:07d}",
        "version": 1,
        "identity": f"{scheme}:KZ:{row.participant}",
        "scheme": scheme,
        "number": row.participant,
        "country": "KZ",
        "name": row.name or "",
        "kind": row.kind.replace(" ", "_"),
        "article": "",
        "committed_on": row.committed_on,
        "place": "",
        "declaration": row.registration_number,
        "amount_tiyn": 0,
        "decision_number": row.id[4:] if row.id.startswith(_BEFORE) else row.id,
        "decided_on": None,
        "state": "confirmed",
        "appeal": "none",
        "expires_on": _years_after(row.committed_on, _EXPIRES_AFTER),
        "source": "act",
        "source_name": "",
        "legal_basis": "EARLIER",
        "hold_until": _years_after(row.committed_on, _HELD_FOR),
        "recorded_at": datetime(2026, 12, 1, tzinfo=UTC),
        "provenance": hashlib.sha256("|".join(thin).encode()).hexdigest(),
        "origin_version": 0,
    }


def _years_after(day: date, years: int) -> date:
    return date(day.year + years, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
