"""movements under customs control"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "movement",
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("carrier", sa.String(12), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("departure", sa.String(5), nullable=False),
        sa.Column("destination", sa.String(5), nullable=False),
        sa.Column("day", sa.String(6), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("notified_at", MOMENT, nullable=False),
        sa.Column("limit_at", MOMENT),
        sa.Column("answer_by", MOMENT),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("carrier", "reference"),
        sa.UniqueConstraint("departure", "day", "serial"),
    )
    op.create_index("movement_of_departure", "movement", ["departure", "status"])
    op.create_index("movement_of_destination", "movement", ["destination", "status"])
    op.create_index("movement_by_limit", "movement", ["status", "limit_at"])
    op.create_index("movement_by_answer", "movement", ["status", "answer_by"])
    op.create_table(
        "movement_move",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(12), nullable=False),
        sa.Column("actor_iin", sa.String(12), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("after", sa.LargeBinary(), nullable=False),
        sa.Column("notice", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_movement_move_number", "movement_move", ["number"])
    op.create_table(
        "movement_seal",
        sa.Column("seal", sa.String(40), nullable=False),
        sa.Column("movement", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("seal"),
    )
    op.create_index("ix_movement_seal_movement", "movement_seal", ["movement"])
    op.create_table(
        "seal_event",
        sa.Column("operator", sa.String(40), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("movement", sa.String(40), nullable=False),
        sa.Column("seal", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("longitude", sa.Integer()),
        sa.Column("latitude", sa.Integer()),
        sa.Column("battery_percent", sa.Integer()),
        sa.Column("x", sa.Integer()),
        sa.Column("y", sa.Integer()),
        sa.Column("metres_off", sa.Integer()),
        sa.Column("at_place", sa.Boolean(), nullable=False),
        sa.Column("ahead_seconds", sa.Integer(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("operator", "id"),
    )
    op.create_index("seal_event_of_movement", "seal_event", ["movement"])
    op.create_table(
        "movement_alarm",
        sa.Column("movement", sa.String(40), nullable=False),
        sa.Column("key", sa.String(140), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("movement", "key"),
    )
    op.create_index("movement_alarm_unjudged", "movement_alarm", ["judged"])
    op.create_table(
        "movement_file",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("movement", sa.String(40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_movement_file_movement", "movement_file", ["movement"])
