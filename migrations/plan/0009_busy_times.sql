-- When a learner is busy with something else. A row is typed in (calendar '') or comes from the calendar of that name,
-- whose rows are only ever replaced together. Of imported events nothing is kept but their times.
CREATE TABLE busy_times (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    calendar   text NOT NULL COLLATE "C" CHECK (char_length(calendar) <= 100),
    start_time timestamptz NOT NULL,
    end_time   timestamptz NOT NULL CHECK (end_time > start_time),
    note       text NOT NULL
);
CREATE INDEX busy_times_by_start ON busy_times (user_id, start_time, id);
CREATE INDEX busy_times_of_calendar ON busy_times (user_id, calendar);
