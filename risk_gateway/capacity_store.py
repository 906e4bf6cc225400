"""What posts have set: how many inspections each can make a day. The caller commits."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert, select
from sqlmodel import SQLModel

from risk_gateway.tables import PostCapacityRow

post_capacity = SQLModel.metadata.tables[PostCapacityRow.__tablename__]


def read_capacity(connection: Connection, day: date) -> Mapping[str, int]:
    """Return the inspections a day by post, of the posts that have set theirs, as in force on `day`."""
    columns = post_capacity.c
    begun = select(post_capacity).where(columns.valid_from <= day).order_by(columns.valid_from)
    return {row.post: row.inspections for row in connection.execute(begun)}


def put_capacity(connection: Connection, post: str, valid_from: date, inspections: int) -> None:
    same = (post_capacity.c.post == post) & (post_capacity.c.valid_from == valid_from)
    connection.execute(post_capacity.delete().where(same))
    connection.execute(insert(post_capacity).values(post=post, valid_from=valid_from, inspections=inspections))
