-- Reviews of learned topics stand among the lessons.
ALTER TABLE sessions ADD COLUMN kind integer NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 2); -- lesson, review
DROP INDEX sessions_completed;
CREATE INDEX sessions_completed ON sessions (user_id, graph_id, topic_key) INCLUDE (minutes)
    WHERE status = 2 AND kind = 1;
