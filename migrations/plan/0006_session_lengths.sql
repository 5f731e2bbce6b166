-- How long a session is to be, and the break behind the longest ones, in minutes.
ALTER TABLE availability
    ADD COLUMN min_session_minutes integer CHECK (min_session_minutes BETWEEN 5 AND 240),
    ADD COLUMN max_session_minutes integer CHECK (max_session_minutes BETWEEN 10 AND 600),
    ADD COLUMN break_minutes integer CHECK (break_minutes BETWEEN 1 AND 240),
    ADD CHECK (min_session_minutes <= max_session_minutes),
    ADD CHECK (break_minutes IS NULL OR max_session_minutes IS NOT NULL);
