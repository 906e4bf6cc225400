"""What is kept of risk analysts. The caller commits."""

from sqlalchemy import Connection, insert, select
from sqlmodel import SQLModel

from risk_gateway.desk import Analyst
from risk_gateway.errors import MoveRefused
from risk_gateway.tables import AnalystRow

analyst_table = SQLModel.metadata.tables[AnalystRow.__tablename__]


def put_analyst(connection: Connection, analyst: Analyst) -> None:
    connection.execute(analyst_table.delete().where(analyst_table.c.iin == analyst.iin))
    row = {"iin": analyst.iin, "name": analyst.name, "posts": " ".join(sorted(analyst.posts))}
    connection.execute(insert(analyst_table), [row])


def demand_analyst(connection: Connection, iin: str) -> Analyst:
    """Raises MoveRefused when nobody with this IIN is a risk analyst."""
    row = connection.execute(select(analyst_table).where(analyst_table.c.iin == iin)).first()
    if row is None:
        raise MoveRefused("move-unknown-analyst", analyst=iin)
    return Analyst(row.iin, row.name, frozenset(row.posts.split()))


def read_analysts(connection: Connection) -> list[Analyst]:
    """Return every analyst, by IIN."""
    rows = connection.execute(select(analyst_table).order_by(analyst_table.c.iin))
    return [Analyst(row.iin, row.name, frozenset(row.posts.split())) for row in rows]
