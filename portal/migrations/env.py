"""Alembic's entry: the tables of all packages, on the database that the caller names."""

from alembic import context
from sqlmodel import SQLModel

import declarations.audits.tables
import declarations.ledger.tables
import declarations.movements.tables
import declarations.tables
import interop.tables
import portal.analyst.tables
import portal.casework.tables
import portal.declarant.drafting.tables
import portal.declarant.goods.tables
import portal.exits.tables
import portal.passengers.tables
import portal.tables
import portal.webhooks.tables
import risk_gateway.bases.partner_facts.tables
import risk_gateway.bases.registers.tables
import risk_gateway.bases.registry.tables
import risk_gateway.bases.violations.tables
import risk_gateway.tables
import signing.tables
from portal.database import make_engine

TABLES = (
    declarations.audits.tables,
    declarations.ledger.tables,
    declarations.movements.tables,
    declarations.tables,
    interop.tables,
    portal.analyst.tables,
    portal.casework.tables,
    portal.declarant.drafting.tables,
    portal.declarant.goods.tables,
    portal.exits.tables,
    portal.passengers.tables,
    portal.tables,
    portal.webhooks.tables,
    risk_gateway.bases.partner_facts.tables,
    risk_gateway.bases.registers.tables,
    risk_gateway.bases.registry.tables,
    risk_gateway.bases.violations.tables,
    risk_gateway.tables,
    signing.tables,
)


def run() -> None:
    engine = make_engine(context.config.attributes["url"])
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
