/*
 * What a plan is made from: goals, graphs, free hours and what was done, in one transaction.
 *
 * Free local time as UTC is PostgreSQL's work. The horizon is cut into stretches in which the zone's offset does not
 * change: whole UTC days, and quarters of an hour on the days with a change (zones change on quarters of an hour only).
 * In such a stretch local time is UTC plus one offset, so a window of a local date is mapped by adding, and a window is
 * exactly the instants at which the learner's clock shows a time inside it: an hour that the clocks skip is not there,
 * and one that they repeat is there twice.
 */
#include "store_internal.h"

/* $1 user, $2 now: windows are known for 400 days, or up to 60 days past the latest due date, at most two years. */
#define HORIZON                                                                                                        \
    "LEAST($2::timestamptz + interval '730 days', GREATEST($2::timestamptz + interval '400 days',"                     \
    " (SELECT max(due) FROM goals WHERE user_id = $1 AND status = 1) + interval '60 days'))"

static const db_statement read_settings = {
    .name = "plan.planning_settings",
    .kind = DB_READ,
    .operation = "select",
    .table = "availability",
    .sql = "SELECT a.time_zone, a.daily_cap_minutes, floor(extract(epoch FROM " HORIZON ") / 60)::int8,"
           " a.min_session_minutes, a.max_session_minutes, a.break_minutes"
           " FROM (SELECT) one LEFT JOIN availability a ON a.user_id = $1",
};

static const db_statement read_goals = {
    .name = "plan.planning_goals",
    .kind = DB_READ,
    .operation = "select",
    .table = "goals",
    .sql = "SELECT " GOAL_COLUMNS " FROM goals g WHERE g.user_id = $1 AND g.status = 1 ORDER BY g.id LIMIT $2",
};

/* Nothing is read when it would be too much for one plan. */
static const db_statement read_graphs = {
    .name = "plan.planning_graphs",
    .kind = DB_READ,
    .operation = "select",
    .table = "topics",
    .sql = "WITH used AS ("
           "  SELECT graphs.id, topic_count, edge_count, goal.thorough FROM graphs JOIN ("
           "    SELECT graph_id AS id, bool_or(thorough) AS thorough FROM goals WHERE user_id = $1 AND status = 1"
           "    GROUP BY graph_id) goal USING (id)"
           ") SELECT g.id, t.keys, t.titles, t.minutes, e.topics, e.prerequisites, e.soft FROM used g"
           " CROSS JOIN LATERAL (SELECT array_agg(key::text ORDER BY position) AS keys,"
           "   array_agg(title ORDER BY position) AS titles, array_agg(minutes ORDER BY position) AS minutes"
           "   FROM topics WHERE graph_id = g.id) t"
           " CROSS JOIN LATERAL (SELECT array_agg(topic ORDER BY topic, prerequisite) AS topics,"
           "   array_agg(prerequisite ORDER BY topic, prerequisite) AS prerequisites,"
           "   array_agg((NOT hard)::int4 ORDER BY topic, prerequisite) AS soft"
           "   FROM edges WHERE graph_id = g.id AND (hard OR g.thorough)) e"
           " WHERE (SELECT sum(topic_count) FROM used) <= $2 AND (SELECT sum(edge_count) FROM used) <= $3"
           " ORDER BY g.id",
};

/* The limits cut nothing: they tell the optimiser how few rows there are, which else guesses a thousand for each series
 * and compiles the statement for seconds.
 * Minutes since the epoch, UTC: stretches [m, m_end) with their shift; days: local dates as days since the epoch, of
 * which 0 was a Thursday. */
static const db_statement read_windows = {
    .name = "plan.planning_windows",
    .kind = DB_READ,
    .operation = "select",
    .table = "availability",
    .sql =
        "WITH zone AS ("
        "  SELECT time_zone AS name, floor(extract(epoch FROM $2::timestamptz) / 60)::int8 AS first_minute,"
        "    floor(extract(epoch FROM " HORIZON ") / 60)::int8 AS end_minute FROM availability WHERE user_id = $1"
        "), day AS ("
        "  SELECT m, name,"
        "    extract(epoch FROM to_timestamp(m * 60.0) AT TIME ZONE name)::int8 / 60 - m AS shift,"
        "    extract(epoch FROM to_timestamp((m + 1440) * 60.0) AT TIME ZONE name)::int8 / 60 - m - 1440 AS next_shift"
        "  FROM zone, LATERAL (SELECT generate_series(first_minute - first_minute % 1440, end_minute, 1440) LIMIT "
        "1000) s(m)"
        "), stretch AS ("
        "  SELECT m, m + 1440 AS m_end, shift FROM day WHERE shift = next_shift"
        "  UNION ALL"
        "  SELECT q, q + 15, extract(epoch FROM to_timestamp(q * 60.0) AT TIME ZONE name)::int8 / 60 - q"
        "  FROM day, LATERAL (SELECT generate_series(m, m + 1425, 15) LIMIT 96) s(q) WHERE shift <> next_shift"
        "), weekly AS ("
        "  SELECT w.weekday, w.start_minute, w.end_minute FROM availability a,"
        "    unnest(a.window_days, a.window_starts, a.window_ends) w(weekday, start_minute, end_minute)"
        "  WHERE a.user_id = $1"
        "), exception AS ("
        "  SELECT first_day - date '1970-01-01' AS first_day, last_day - date '1970-01-01' AS last_day,"
        "    start_minute, end_minute FROM exceptions WHERE user_id = $1"
        "), local AS ("
        "  SELECT DISTINCT d AS day FROM stretch,"
        "    LATERAL (SELECT generate_series((m + shift) / 1440, (m_end + shift - 1) / 1440) LIMIT 2) s(d)"
        "), free AS ("
        "  SELECT day, start_minute, end_minute FROM local JOIN weekly ON weekday = (day + 3) % 7 + 1"
        "  WHERE NOT EXISTS (SELECT FROM exception x WHERE local.day BETWEEN x.first_day AND x.last_day)"
        "  UNION ALL"
        "  SELECT day, start_minute, end_minute FROM local JOIN exception x"
        "    ON local.day BETWEEN x.first_day AND x.last_day AND x.start_minute IS NOT NULL"
        "), piece AS ("
        "  SELECT GREATEST(m, day * 1440 + start_minute - shift, first_minute) AS start,"
        "    LEAST(m_end, day * 1440 + end_minute - shift, last_minute) AS stop, day, (day + 1) * 1440 - shift AS "
        "midnight"
        "  FROM (SELECT m, m_end, shift, first_minute, end_minute AS last_minute FROM stretch, zone) u"
        "  CROSS JOIN LATERAL (SELECT generate_series((m + shift) / 1440, (m_end + shift - 1) / 1440) LIMIT 2) s(d)"
        "  JOIN free ON free.day = s.d"
        ") SELECT start, stop, day::int4, midnight FROM piece WHERE start < stop ORDER BY start, stop",
};

static const db_statement read_newest = {
    .name = "plan.planning_newest",
    .kind = DB_READ,
    .operation = "select",
    .table = "plans",
    .sql = "SELECT version, id, create_time, calendar_version FROM plans WHERE user_id = $1"
           " ORDER BY version DESC LIMIT 1",
};

static const db_statement read_standing = {
    .name = "plan.planning_standing",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql = "SELECT " SESSION_COLUMNS " FROM sessions s WHERE s.user_id = $1 AND s.status = 1 AND s.start_time >= $2"
           " ORDER BY s.start_time, s.id",
};

static const db_statement read_missed = {
    .name = "plan.planning_missed",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql = "SELECT DISTINCT s.graph_id, s.topic_key::text FROM sessions s"
           " WHERE s.user_id = $1 AND s.status = 1 AND s.kind = 1 AND s.end_time <= $2"
           "   AND s.start_time >= (SELECT max(create_time) FROM plans WHERE user_id = $1)",
};

static const db_statement read_busy = {
    .name = "plan.planning_busy",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql =
        "SELECT floor(extract(epoch FROM s.start_time) / 60)::int8, floor(extract(epoch FROM s.end_time) / 60)::int8,"
        " (s.start_time AT TIME ZONE a.time_zone)::date - date '1970-01-01', s.status <> 3"
        " FROM sessions s JOIN availability a ON a.user_id = s.user_id"
        " WHERE s.user_id = $1 AND s.start_time > $2::timestamptz - interval '2 days'"
        "   AND (s.status <> 1 OR s.start_time < $2::timestamptz AND s.end_time > $2::timestamptz)"
        " UNION ALL"
        " SELECT floor(extract(epoch FROM start_time) / 60)::int8, ceil(extract(epoch FROM end_time) / 60)::int8, 0,"
        "  false FROM busy_times WHERE user_id = $1 AND end_time > $2::timestamptz"
        " ORDER BY 1, 2, 3, 4",
};

static const db_statement read_completed = {
    .name = "plan.planning_completed",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql = "SELECT graph_id, topic_key::text, sum(minutes)::int8 FROM ("
           "  SELECT graph_id, topic_key, minutes FROM sessions WHERE user_id = $1 AND status IN (2, 4) AND kind = 1"
           "  UNION ALL"
           "  SELECT graph_id, topic_key, minutes FROM sessions WHERE user_id = $1 AND status = 1 AND kind = 1"
           "    AND start_time < $2::timestamptz AND end_time > $2::timestamptz"
           "    AND start_time > $2::timestamptz - interval '2 days'"
           ") counted GROUP BY graph_id, topic_key",
};

/* The newest plan comes first: what changes its sessions behind that is noticed when the new one is saved. */
enum {
    STEP_NEWEST,
    STEP_SETTINGS,
    STEP_GOALS,
    STEP_GRAPHS,
    STEP_WINDOWS,
    STEP_BUSY,
    STEP_COMPLETED,
    STEP_STANDING,
    STEP_MISSED,
    STEP_COUNT
};

static void take_goals(const db_rows *rows, planning_state *state)
{
    goal_row *goals = ARENA_ARRAY(fiber_arena(), goal_row, db_row_count(rows));

    for (size_t i = 0; i < db_row_count(rows); i++)
        plan_read_goal(rows, i, 0, &goals[i]);
    state->goals = goals;
    state->goal_count = db_row_count(rows);
}

static void take_graphs(const db_rows *rows, planning_state *state)
{
    planning_graph *graphs = ARENA_ARRAY(fiber_arena(), planning_graph, db_row_count(rows));

    for (size_t i = 0; i < db_row_count(rows); i++) {
        planning_graph *g = &graphs[i];
        g->id = db_get_uuid(rows, i, 0);
        g->topic_count = db_get_text_array(rows, i, 1, &g->keys);
        db_get_text_array(rows, i, 2, &g->titles);
        db_get_int4_array(rows, i, 3, &g->minutes);
        g->edge_count = db_get_int4_array(rows, i, 4, &g->edge_topics);
        db_get_int4_array(rows, i, 5, &g->edge_prerequisites);
        db_get_int4_array(rows, i, 6, &g->edge_soft);
    }
    state->graphs = graphs;
    state->graph_count = db_row_count(rows);
}

static void take_time(const db_rows *windows, const db_rows *busy, planning_state *state)
{
    planning_window *w = ARENA_ARRAY(fiber_arena(), planning_window, db_row_count(windows));
    planning_busy *b = ARENA_ARRAY(fiber_arena(), planning_busy, db_row_count(busy));

    for (size_t i = 0; i < db_row_count(windows); i++)
        w[i] = (planning_window){db_get_int8(windows, i, 0), db_get_int8(windows, i, 1), db_get_int4(windows, i, 2),
                                 db_get_int8(windows, i, 3)};
    for (size_t i = 0; i < db_row_count(busy); i++)
        b[i] = (planning_busy){db_get_int8(busy, i, 0), db_get_int8(busy, i, 1), db_get_int4(busy, i, 2),
                               db_get_bool(busy, i, 3)};
    state->windows = w;
    state->window_count = db_row_count(windows);
    state->busy = b;
    state->busy_count = db_row_count(busy);
}

static void take_completed(const db_rows *rows, planning_state *state)
{
    topic_minutes *done = ARENA_ARRAY(fiber_arena(), topic_minutes, db_row_count(rows));

    for (size_t i = 0; i < db_row_count(rows); i++)
        done[i] = (topic_minutes){db_get_uuid(rows, i, 0), db_get_text(rows, i, 1), db_get_int8(rows, i, 2)};
    state->completed = done;
    state->completed_count = db_row_count(rows);
}

static void take_standing(const db_rows *newest, const db_rows *sessions, const db_rows *missed, standing_plan *plan)
{
    session_row *planned = ARENA_ARRAY(fiber_arena(), session_row, db_row_count(sessions));
    topic_name *topics = ARENA_ARRAY(fiber_arena(), topic_name, db_row_count(missed));

    if (db_row_count(newest) == 0)
        return;
    for (size_t i = 0; i < db_row_count(sessions); i++)
        plan_read_session(sessions, i, 0, &planned[i]);
    for (size_t i = 0; i < db_row_count(missed); i++)
        topics[i] = (topic_name){db_get_uuid(missed, i, 0), db_get_text(missed, i, 1)};
    *plan = (standing_plan){.version = db_get_int4(newest, 0, 0),
                            .id = db_get_uuid(newest, 0, 1),
                            .create_us = db_get_timestamp(newest, 0, 2),
                            .calendar_version = db_get_int8(newest, 0, 3),
                            .sessions = planned,
                            .session_count = db_row_count(sessions),
                            .missed = topics,
                            .missed_count = db_row_count(missed)};
}

/* Every goal has a graph, so graphs are missing only when they were too many. */
static status take(db_rows *const *rows, planning_state *state)
{
    const db_rows *settings = rows[STEP_SETTINGS];

    *state = (planning_state){
        .time_zone = db_get_text(settings, 0, 0),
        .daily_cap = db_get_int4(settings, 0, 1),
        .horizon = db_get_int8(settings, 0, 2),
        .min_session = db_get_int4(settings, 0, 3),
        .max_session = db_get_int4(settings, 0, 4),
        .break_minutes = db_get_int4(settings, 0, 5),
    };
    if (state->time_zone == NULL)
        return PLAN_AVAILABILITY_NEEDED;
    take_goals(rows[STEP_GOALS], state);
    take_graphs(rows[STEP_GRAPHS], state);
    if (state->goal_count > PLANNING_GOALS_LIMIT || (state->goal_count > 0 && state->graph_count == 0))
        return PLAN_TOO_MUCH;
    take_time(rows[STEP_WINDOWS], rows[STEP_BUSY], state);
    take_completed(rows[STEP_COMPLETED], state);
    take_standing(rows[STEP_NEWEST], rows[STEP_STANDING], rows[STEP_MISSED], &state->standing);
    return STATUS_OK;
}

status plan_store_read_planning(db *d, const uuid *user, int64_t now, planning_state *state)
{
    const db_value of_user[] = {db_uuid(user)};
    const db_value from_now[] = {db_uuid(user), db_timestamp(now * 60 * INT64_C(1000000))};
    const db_value goals[] = {db_uuid(user), db_int8(PLANNING_GOALS_LIMIT + 1)};
    const db_value graphs[] = {db_uuid(user), db_int8(PLANNING_TOPICS_LIMIT), db_int8(PLANNING_EDGES_LIMIT)};
    const db_step steps[STEP_COUNT] = {
        [STEP_NEWEST] = {&read_newest, of_user, 1},
        [STEP_SETTINGS] = {&read_settings, from_now, 2},
        [STEP_GOALS] = {&read_goals, goals, 2},
        [STEP_GRAPHS] = {&read_graphs, graphs, 3},
        [STEP_WINDOWS] = {&read_windows, from_now, 2},
        [STEP_BUSY] = {&read_busy, from_now, 2},
        [STEP_COMPLETED] = {&read_completed, from_now, 2},
        [STEP_STANDING] = {&read_standing, from_now, 2},
        [STEP_MISSED] = {&read_missed, from_now, 2},
    };
    db_rows *rows[STEP_COUNT];
    status s = db_batch(d, steps, STEP_COUNT, rows);

    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    if (s == DB_CONFLICT)
        return STATUS_INTERNAL;
    return s == STATUS_OK ? take(rows, state) : s;
}
