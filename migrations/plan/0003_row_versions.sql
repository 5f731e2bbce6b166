-- What learners change gets a version: two who change the same can tell whether the other was first (the etag of goals
-- and availability). Versions are drawn from one sequence, so that none returns when a row is made again.
CREATE SEQUENCE row_versions;
ALTER TABLE goals ADD COLUMN version bigint NOT NULL DEFAULT nextval('row_versions');
ALTER TABLE availability ADD COLUMN version bigint NOT NULL DEFAULT nextval('row_versions');
