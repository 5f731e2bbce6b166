-- Accounts and their log-in sessions.

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    email         text NOT NULL CHECK (octet_length(email) BETWEEN 3 AND 254),
    email_key     text NOT NULL CONSTRAINT users_email_key_unique UNIQUE, -- lower case: one account an address
    password_hash text NOT NULL,                                          -- argon2id with its parameters
    name          text NOT NULL CHECK (char_length(name) <= 100),
    role          text NOT NULL DEFAULT 'student' CHECK (role IN ('student', 'teacher', 'admin')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- A session is a family of refresh tokens: what descends from one log-in. Revoking it ends them all at once.
CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id);

-- The chain of a session. No usable token is stored: the first is known by its hash alone, and each child is
-- BLAKE2b(key = parent token, salt), so that it can be made again for a parent that comes twice within seconds, but only
-- by one who holds both the parent token (the client) and the salt (this table).
-- Two children of one parent cannot be: the generation is part of the key.
CREATE TABLE refresh_tokens (
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    generation integer NOT NULL CHECK (generation >= 0),
    token_hash bytea NOT NULL CONSTRAINT refresh_tokens_hash_unique UNIQUE CHECK (octet_length(token_hash) = 32),
    child_salt bytea NOT NULL CHECK (octet_length(child_salt) = 32),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (session_id, generation)
);
