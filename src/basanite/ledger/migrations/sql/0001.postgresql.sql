CREATE TABLE entries (
  chain text NOT NULL,
  number bigint NOT NULL CHECK (number >= 1),
  kind text NOT NULL,
  recorded text NOT NULL,
  previous text NOT NULL,
  envelope text NOT NULL,
  hash text NOT NULL,
  head_key text NOT NULL,
  head_signature text NOT NULL,
  evidence_key text NOT NULL,
  CONSTRAINT entries_pkey PRIMARY KEY (chain, number)
)

CREATE INDEX entries_by_key ON entries (chain, evidence_key)

CREATE FUNCTION entries_keep() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$

CREATE TRIGGER entries_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION entries_keep()
