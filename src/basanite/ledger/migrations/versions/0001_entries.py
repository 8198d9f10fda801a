"""The table of entries, append-only in the database too.

Revision ID: 0001
"""

from __future__ import annotations

from alembic import op

from basanite.ledger.schema import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table, its index and the triggers that refuse changes."""
    for statement in statements(revision, op.get_bind().dialect.name):
        op.execute(statement)
