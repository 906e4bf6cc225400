"""the payments ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

MOMENT = sa.DateTime(timezone=True)
ONLY_ADDED = ("ledger_entry", "ledger_transfer")


def upgrade() -> None:
    _accounts()
    _entries()
    _claims()
    _refunds()
    for table in ONLY_ADDED:
        _only_added(table)


def _accounts() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("balance_tiyn", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance_tiyn >= 0", name="ledger_balance_is_not_negative"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ledger_account_by_holder", "ledger_account", ["holder", "kind"])
    op.create_index("ledger_account_by_document", "ledger_account", ["document", "kind"])


def _entries() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_iin", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ledger_entry_by_document", "ledger_entry", ["document", "number"])
    op.create_index("ledger_entry_by_holder", "ledger_entry", ["holder", "number"])
    op.create_table(
        "ledger_transfer",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("debit", sa.String(length=160), nullable=False),
        sa.Column("credit", sa.String(length=160), nullable=False),
        sa.Column("tiyn", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("tiyn > 0", name="ledger_transfer_moves_something"),
        sa.CheckConstraint("debit <> credit", name="ledger_transfer_has_two_sides"),
        sa.PrimaryKeyConstraint("entry", "position"),
    )
    op.create_index("ledger_transfer_by_debit", "ledger_transfer", ["debit"])
    op.create_index("ledger_transfer_by_credit", "ledger_transfer", ["credit"])


def _claims() -> None:
    op.create_table(
        "ledger_claim",
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("office", sa.String(length=10), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("declared", sa.String(), nullable=False),
        sa.Column("charged_at", MOMENT, nullable=False),
        sa.Column("noticed", sa.String(length=2), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("interest_to", sa.Date(), nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("document"),
    )
    op.create_index("ix_ledger_claim_holder", "ledger_claim", ["holder"])
    op.create_index("ix_ledger_claim_next_at", "ledger_claim", ["next_at"])
    op.create_table(
        "ledger_notice",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("notice", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_ledger_notice_document", "ledger_notice", ["document"])


def _refunds() -> None:
    op.create_table(
        "ledger_refund",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("tiyn", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by_iin", sa.String(length=12), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("proposed_by_iin", sa.String(length=12), nullable=True),
        sa.Column("proposed_at", MOMENT, nullable=True),
        sa.Column("decided_by_iin", sa.String(length=12), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_text", sa.String(), nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.CheckConstraint("decided_by_iin <> proposed_by_iin", name="refund_takes_two"),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_ledger_refund_holder", "ledger_refund", ["holder"])
    op.create_index("ix_ledger_refund_state", "ledger_refund", ["state"])
    op.create_table(
        "ledger_payment",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("payer", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("tiyn", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("allocated_by_iin", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ledger_payment_received_at", "ledger_payment", ["received_at"])
    op.create_index("ix_ledger_payment_holder", "ledger_payment", ["holder"])


def _only_added(table: str) -> None:
    """Have the database refuse whatever would change or remove a row of this table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is only added to' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_added()"
    )
