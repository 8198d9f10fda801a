CREATE TABLE entries (
  chain TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  kind TEXT NOT NULL,
  recorded TEXT NOT NULL,
  previous TEXT NOT NULL,
  envelope TEXT NOT NULL,
  hash TEXT NOT NULL,
  head_key TEXT NOT NULL,
  head_signature TEXT NOT NULL,
  evidence_key TEXT NOT NULL,
  PRIMARY KEY (chain, number)
) STRICT

CREATE INDEX entries_by_key ON entries (chain, evidence_key)

CREATE TRIGGER entries_keep_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END

CREATE TRIGGER entries_keep_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
