-- Sessions outlive the plan that made them: a new plan keeps what it can of the old one. Status 4 is started; pinned ones
-- are moved by no plan. plan_id is the plan that put a session where it is.
ALTER TABLE sessions
    ADD COLUMN pinned boolean NOT NULL DEFAULT false,
    ADD COLUMN version bigint NOT NULL DEFAULT nextval('row_versions'),
    DROP CONSTRAINT sessions_status_check,
    ADD CONSTRAINT sessions_status_check CHECK (status BETWEEN 1 AND 4);
CREATE TRIGGER sessions_version BEFORE UPDATE ON sessions
    FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION draw_row_version();
DROP INDEX sessions_of_plan;
DROP INDEX sessions_completed;
CREATE INDEX sessions_completed ON sessions (user_id, graph_id, topic_key) INCLUDE (minutes)
    WHERE status IN (2, 4) AND kind = 1;

-- calendar_version is drawn anew whenever a session of the newest plan changes: a plan is saved only when it is as it was
-- read. The counts say what the plan changed of the one before.
ALTER TABLE plans
    ADD COLUMN calendar_version bigint NOT NULL DEFAULT nextval('row_versions'),
    ADD COLUMN kept integer NOT NULL DEFAULT 0,
    ADD COLUMN moved integer NOT NULL DEFAULT 0,
    ADD COLUMN shortened integer NOT NULL DEFAULT 0,
    ADD COLUMN added integer NOT NULL DEFAULT 0,
    ADD COLUMN removed integer NOT NULL DEFAULT 0;
