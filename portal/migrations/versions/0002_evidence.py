"""evidence: checkpoints and tiles of the journal, and what is known of certificates"""

import sqlalchemy as sa
from alembic import op

from signing import journal

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "journal_tile",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index"),
    )
    _fill_tiles()
    op.create_table(
        "journal_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "trust_evidence",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=True),
        sa.Column("says", sa.String(length=64), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_trust_evidence_subject", "trust_evidence", ["subject"], unique=False)
    op.create_index("ix_trust_evidence_this_update", "trust_evidence", ["this_update"], unique=False)
    op.create_index("ix_trust_evidence_next_update", "trust_evidence", ["next_update"], unique=False)
    op.create_index("ix_trust_evidence_revoked", "trust_evidence", ["revoked"], unique=False)
    op.create_table(
        "known_certificate",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )


def _fill_tiles() -> None:
    """Keep the tiles over the entries that were appended before there were tiles."""
    connection = op.get_bind()
    leaves = connection.execute(sa.text('SELECT leaf FROM journal ORDER BY "index"')).scalars()
    _, tiles = journal.append(journal.Head(), (journal.LeafHash(bytes(leaf)) for leaf in leaves))
    table = sa.table("journal_tile", sa.column("level"), sa.column("index"), sa.column("root", sa.LargeBinary()))
    op.bulk_insert(table, [{"level": tile.level, "index": tile.index, "root": tile.root} for tile in tiles])
