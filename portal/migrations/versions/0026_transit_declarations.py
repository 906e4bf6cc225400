"""a transit declaration is used by one movement"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

MOVEMENT = sa.table(
    "movement",
    sa.column("number", sa.String()),
    sa.column("status", sa.String()),
    sa.column("notified_at", sa.DateTime(timezone=True)),
    sa.column("declaration", sa.String()),
    sa.column("content", sa.LargeBinary()),
)


def upgrade() -> None:
    op.add_column("movement", sa.Column("declaration", sa.String(length=40), nullable=True))
    _fill()
    op.create_index("movement_of_declaration", "movement", ["declaration"], unique=True)


def _fill() -> None:
    """Of several movements that named the same declaration the first one uses it."""
    connection, used = op.get_bind(), set[str]()
    standing = sa.select(MOVEMENT.c.number, MOVEMENT.c.content).where(MOVEMENT.c.status != "REFUSED")
    for number, content in connection.execute(standing.order_by(MOVEMENT.c.notified_at, MOVEMENT.c.number)).all():
        declaration = json.loads(content)["declaration"]
        if declaration and declaration not in used:
            used.add(declaration)
            this = MOVEMENT.c.number == number
            connection.execute(sa.update(MOVEMENT).where(this).values(declaration=declaration))
