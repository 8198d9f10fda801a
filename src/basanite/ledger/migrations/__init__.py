"""Alembic's scripts for the ledger's tables. The SQL of a revision never changes once released."""
