-- Keys follow one another: when each begins to sign, and until when what it has signed holds.
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signing_keys ADD COLUMN verifies_until BIGINT;
