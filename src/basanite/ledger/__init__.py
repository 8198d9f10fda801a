"""Driver: the signed, append-only, verifiable ledger."""
