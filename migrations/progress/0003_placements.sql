-- Placement: which topics a learner knows already. The graph as it was when the placement began, and its answers; what
-- they come to is computed (placement.h).
CREATE TABLE placements (
    user_id            uuid        NOT NULL,
    id                 uuid        NOT NULL,
    graph_id           uuid        NOT NULL,
    keys               text[]      NOT NULL, -- of the topics that take part; they are numbered by their places here
    titles             text[]      NOT NULL,
    edge_topics        integer[]   NOT NULL,
    edge_prerequisites integer[]   NOT NULL,
    asked              integer[]   NOT NULL DEFAULT '{}',
    answers            integer[]   NOT NULL DEFAULT '{}', -- 1: right, 0: not
    finished           boolean     NOT NULL DEFAULT false,
    create_time        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CHECK (cardinality(keys) BETWEEN 1 AND 2000 AND cardinality(keys) = cardinality(titles)),
    CHECK (cardinality(edge_topics) = cardinality(edge_prerequisites)),
    CHECK (cardinality(asked) = cardinality(answers) AND cardinality(asked) <= 50)
);

-- Topics that count as mastered because a placement says so, until the learner's own log tells of them.
CREATE TABLE placed_topics (
    user_id    uuid        NOT NULL,
    graph_id   uuid        NOT NULL,
    topic_key  text        NOT NULL COLLATE "C",
    placed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, graph_id, topic_key)
);
