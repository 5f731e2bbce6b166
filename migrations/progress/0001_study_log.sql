-- The log of study: append-only, the truth from which everything else here is derived.
-- An id is made by the learner's client. It is a key only together with the learner, so that nobody can learn by trying
-- whether an id is in use by somebody else.
CREATE TABLE events (
    user_id          uuid        NOT NULL,
    id               uuid        NOT NULL,
    graph_id         uuid        NOT NULL,
    topic_key        text        NOT NULL COLLATE "C" CHECK (length(topic_key) BETWEEN 1 AND 100),
    kind             smallint    NOT NULL CHECK (kind IN (1, 2)),      -- lesson, review
    grade            smallint    NOT NULL CHECK (grade BETWEEN 0 AND 4), -- none, again, hard, good, easy
    duration_seconds integer     NOT NULL CHECK (duration_seconds BETWEEN 0 AND 86400),
    occurred_at      timestamptz NOT NULL,
    received_at      timestamptz NOT NULL DEFAULT now(),
    -- The feed's order. Rows become visible when their transaction ends, not in the order of seq: a reader that stays
    -- below the oldest running transaction, in the order (xid, seq), misses nothing.
    xid              xid8        NOT NULL DEFAULT pg_current_xact_id(),
    seq              bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX events_feed ON events (xid, seq);
CREATE INDEX events_newest ON events (user_id, occurred_at, id);
CREATE INDEX events_of_topic ON events (user_id, graph_id, topic_key, occurred_at, id);
REVOKE UPDATE, DELETE, TRUNCATE ON events FROM sical_progress;

-- The events that topic_states has not taken in yet: written with them, removed with the state that takes them in. Rows
-- are only inserted by writers, which therefore never wait for one another.
CREATE TABLE pending_events (
    user_id     uuid        NOT NULL,
    graph_id    uuid        NOT NULL,
    topic_key   text        NOT NULL COLLATE "C",
    seq         bigint      NOT NULL, -- the event's
    occurred_at timestamptz NOT NULL, -- the event's
    PRIMARY KEY (user_id, graph_id, topic_key, seq)
);

-- What the log of a topic comes to; topic_progress.h says how.
CREATE TABLE topic_states (
    user_id         uuid             NOT NULL,
    graph_id        uuid             NOT NULL,
    topic_key       text             NOT NULL COLLATE "C",
    version         bigint           NOT NULL, -- rises with each write; a write names the one it read
    phase           smallint         NOT NULL CHECK (phase BETWEEN 0 AND 3), -- unseen, learning, in review, relearning
    step            smallint         NOT NULL,
    stability_days  double precision NOT NULL,
    difficulty      double precision NOT NULL,
    last_review_at  timestamptz, -- NULL while unseen, as due_at
    due_at          timestamptz,
    review_count    integer          NOT NULL,
    lapse_count     integer          NOT NULL,
    studied_seconds bigint           NOT NULL,
    last_event_at   timestamptz      NOT NULL,
    PRIMARY KEY (user_id, graph_id, topic_key)
);
CREATE INDEX topic_states_due ON topic_states (user_id, due_at, graph_id, topic_key) WHERE due_at IS NOT NULL;
