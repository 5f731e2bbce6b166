-- Graphs of topics, goals, free hours, plans and their sessions.

-- A graph never changes once it is imported, so what was planned with it stays true.
CREATE TABLE graphs (
    id                     uuid PRIMARY KEY,
    user_id                uuid NOT NULL, -- the owner
    title                  text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    source                 text NOT NULL,
    license                text NOT NULL,
    visibility             text NOT NULL CHECK (visibility IN ('private', 'public')),
    version                integer NOT NULL DEFAULT 1,
    topic_count            integer NOT NULL,
    edge_count             integer NOT NULL,
    default_minutes        integer NOT NULL,
    topics_without_minutes integer NOT NULL,
    total_minutes          bigint NOT NULL,
    create_time            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX graphs_of_owner ON graphs (user_id, id);
CREATE INDEX graphs_public ON graphs (id) WHERE visibility = 'public';

-- Topics are numbered from 0 in the order of their keys; planning and edges know them by these numbers.
CREATE TABLE topics (
    graph_id           uuid NOT NULL REFERENCES graphs ON DELETE CASCADE,
    position           integer NOT NULL,
    key                text NOT NULL COLLATE "C",
    title              text NOT NULL,
    summary            text NOT NULL,
    outcomes           text[] NOT NULL, -- what a learner can do afterwards
    minutes            integer NOT NULL CHECK (minutes BETWEEN 0 AND 100000),
    minutes_by_default boolean NOT NULL,
    PRIMARY KEY (graph_id, position),
    UNIQUE (graph_id, key)
);

CREATE TABLE edges (
    graph_id     uuid NOT NULL REFERENCES graphs ON DELETE CASCADE,
    topic        integer NOT NULL,
    prerequisite integer NOT NULL CHECK (prerequisite <> topic),
    hard         boolean NOT NULL, -- blocks; a soft one helps and may be dropped
    reason       text NOT NULL,
    PRIMARY KEY (graph_id, topic, prerequisite)
);

-- Targets are keys: a goal is read in one row, and its topics are looked up only when a plan is made.
CREATE TABLE goals (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    graph_id    uuid NOT NULL CONSTRAINT goals_graph REFERENCES graphs,
    title       text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL,
    targets     text[] NOT NULL CHECK (cardinality(targets) BETWEEN 1 AND 100),
    due         timestamptz NOT NULL,
    not_before  timestamptz CHECK (not_before < due),
    weight      integer NOT NULL CHECK (weight BETWEEN 1 AND 100),
    status      integer NOT NULL DEFAULT 1 CHECK (status BETWEEN 1 AND 3), -- active, paused, done
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX goals_of_user ON goals (user_id, id);
CREATE INDEX goals_active ON goals (user_id) WHERE status = 1;
CREATE INDEX goals_of_graph ON goals (graph_id);

-- Weekly windows in the learner's zone. They are only ever read and replaced together, so they are arrays of one row:
-- window i is window_days[i] (1 Monday to 7 Sunday) from window_starts[i] to window_ends[i], minutes since midnight.
CREATE TABLE availability (
    user_id           uuid PRIMARY KEY,
    time_zone         text NOT NULL,
    daily_cap_minutes integer CHECK (daily_cap_minutes BETWEEN 1 AND 1440),
    window_days       integer[] NOT NULL,
    window_starts     integer[] NOT NULL,
    window_ends       integer[] NOT NULL,
    update_time       timestamptz NOT NULL DEFAULT now(),
    CHECK (cardinality(window_days) = cardinality(window_starts) AND cardinality(window_days) = cardinality(window_ends))
);

-- Local days on which the weekly windows do not hold; with minutes, these are the day's free window.
CREATE TABLE exceptions (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    first_day    date NOT NULL,
    last_day     date NOT NULL CHECK (last_day >= first_day),
    start_minute integer CHECK (start_minute BETWEEN 0 AND 1439),
    end_minute   integer CHECK (end_minute BETWEEN 1 AND 1440),
    note         text NOT NULL,
    CHECK (start_minute IS NULL AND end_minute IS NULL OR start_minute < end_minute)
);
CREATE INDEX exceptions_of_user ON exceptions (user_id, first_day, id);

-- Version n + 1 can be saved by the one who has read version n: of two who try, one wins.
CREATE TABLE plans (
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL,
    version          integer NOT NULL CHECK (version >= 1),
    create_time      timestamptz NOT NULL,
    horizon          timestamptz NOT NULL,
    time_zone        text NOT NULL,
    work_minutes     integer NOT NULL,
    lateness_minutes integer NOT NULL,
    mastery_known    boolean NOT NULL,
    report           bytea NOT NULL,  -- what was said when it was made: sical.plan.v1.Plan without its sessions
    mastered_graphs  uuid[] NOT NULL, -- the mastered topics it was made with, for when progress cannot be asked
    mastered_keys    text[] NOT NULL,
    CONSTRAINT plans_version UNIQUE (user_id, version)
);

-- Topics are named by key and title, so that the history outlives its graph.
CREATE TABLE sessions (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    plan_id     uuid NOT NULL,
    graph_id    uuid NOT NULL,
    topic_key   text NOT NULL COLLATE "C",
    topic_title text NOT NULL,
    start_time  timestamptz NOT NULL,
    end_time    timestamptz NOT NULL CHECK (end_time > start_time),
    minutes     integer NOT NULL CHECK (minutes > 0),
    status      integer NOT NULL DEFAULT 1 CHECK (status BETWEEN 1 AND 3), -- planned, completed, skipped
    status_time timestamptz
);
CREATE INDEX sessions_by_start ON sessions (user_id, start_time, id);
CREATE INDEX sessions_of_plan ON sessions (user_id, plan_id);
CREATE INDEX sessions_completed ON sessions (user_id, graph_id, topic_key) INCLUDE (minutes) WHERE status = 2;
