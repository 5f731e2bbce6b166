-- How a goal is to be reached: over soft edges too, and with what recall on its due date.
ALTER TABLE goals
    ADD COLUMN thorough boolean NOT NULL DEFAULT false,
    ADD COLUMN retention_percent integer CHECK (retention_percent BETWEEN 70 AND 97);
