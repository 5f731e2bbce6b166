-- What learners did, by quarter of an hour. Days are made from quarters when they are read, by AT TIME ZONE: every zone's
-- offset has been a multiple of 15 minutes since 1972, so a quarter never lies in two local days, with DST or without.
--
-- time_zone is the learner's zone when the quarter was first counted, so that moving to another zone does not tear days
-- apart that were studied in a row. NULL: none was known; such quarters follow the zone that the learner has when they
-- are read, so one who sets a zone after the first days of study loses nothing.
CREATE TABLE study_quarters (
    user_id         uuid NOT NULL,
    quarter         timestamptz NOT NULL, -- its beginning
    time_zone       text,
    events          integer NOT NULL CHECK (events > 0),
    reviews         integer NOT NULL CHECK (reviews >= 0),
    lessons         integer NOT NULL CHECK (lessons >= 0),
    studied_seconds bigint NOT NULL CHECK (studied_seconds >= 0),
    PRIMARY KEY (user_id, quarter),
    CHECK (events = reviews + lessons)
);

-- How far the feed of progress has been counted. It moves in the statement that counts, and only from the value that the
-- page was asked with: so whatever replicas do at once and wherever one is killed, an event is counted once.
CREATE TABLE feed_cursors (
    feed       text PRIMARY KEY,
    cursor     text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO feed_cursors (feed, cursor) VALUES ('progress', '');
