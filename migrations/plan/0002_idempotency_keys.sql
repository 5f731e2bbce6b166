-- Answers of calls that came with an idempotency key, written with what they speak of.
CREATE TABLE idempotency_keys (
    user_id      uuid        NOT NULL,
    key          text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    method       text        NOT NULL,
    request_hash bytea       NOT NULL,
    answer       bytea       NOT NULL, -- as it was sent
    create_time  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (create_time);
