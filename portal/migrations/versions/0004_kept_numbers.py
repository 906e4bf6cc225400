"""numbers of papers in one form, and the inspections of goods that are open"""

import sqlalchemy as sa
from alembic import op

from risk_gateway.kept_numbers import kept_number

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _keep_invoices()
    _keep_certificates()
    _create_open_controls()


def _keep_invoices() -> None:
    """Give the invoice numbers of before their form. Of two that become one the earliest use stays."""
    connection = op.get_bind()
    table = sa.table("invoice_use", *map(sa.column, ("participant", "invoice", "functional_reference_id", "used_on")))
    rows = connection.execute(sa.select(table).order_by(table.c.used_on, table.c.functional_reference_id)).all()
    first: dict[tuple[str, str], dict[str, object]] = {}
    for row in rows:
        kept = kept_number(row.invoice)
        first.setdefault((row.participant, kept), {**row._mapping, "invoice": kept})
    if {(row.participant, row.invoice) for row in rows} != set(first):
        connection.execute(sa.delete(table))
        connection.execute(sa.insert(table), list(first.values()))


def _keep_certificates() -> None:
    """Give the certificate numbers of before their form. Of two that become one the row that had the form stays, else
    the first by its number; what was written off the others of the same holder is added."""
    connection = op.get_bind()
    table = sa.table("certificate", *map(sa.column, ("identifier", "holder", "issued_g", "used_g", "source")))
    rows = connection.execute(sa.select(table).order_by(table.c.identifier)).all()
    merged: dict[str, dict[str, object]] = {}
    for row in sorted(rows, key=lambda row: kept_number(row.identifier) != row.identifier):
        kept = merged.setdefault(kept_number(row.identifier), {**row._mapping, "used_g": 0})
        if kept["holder"] == row.holder:
            kept["used_g"] += row.used_g
    if {row.identifier for row in rows} != set(merged):
        connection.execute(sa.delete(table))
        connection.execute(sa.insert(table), [{**row, "identifier": kept} for kept, row in merged.items()])


def _create_open_controls() -> None:
    op.create_table(
        "open_control",
        sa.Column("participant", sa.String(length=20), nullable=False),
        sa.Column("mark", sa.String(length=60), nullable=False),
        sa.Column("functional_reference_id", sa.String(length=35), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("extent", sa.String(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("tiyn", sa.BigInteger(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("participant", "mark", "functional_reference_id", "place"),
    )
