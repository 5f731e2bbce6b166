/* What the files of the store share. */
#pragma once

#include "fiber.h"
#include "store.h"

/* db_query, with outcomes that no statement of ours expects turned into fatal ones: a conflict is a fault of ours. */
status plan_run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows);

/* The versions of a condition as a value; NULL: any will do. */
db_value plan_condition_value(const row_condition *c);

#define RUN(DATABASE, STATEMENT, ROWS, ...) plan_run((DATABASE), (STATEMENT), DB_VALUES(__VA_ARGS__), (ROWS))

/* session_row from columns that stand as SESSION_COLUMNS does, from column first on. */
#define SESSION_COLUMNS                                                                                                \
    "s.id, s.graph_id, s.topic_key, s.topic_title, s.start_time, s.end_time, s.minutes, s.status, s.status_time, "     \
    "s.kind, s.pinned, s.version"
enum { SESSION_COLUMN_COUNT = 12 };

/* Before a change of sessions: the learner's newest plan as the CTE "newest", locked and with another calendar version.
 * $USER must be a parameter. */
#define TOUCH_NEWEST_PLAN(USER)                                                                                        \
    "WITH newest AS ("                                                                                                 \
    "  UPDATE plans SET calendar_version = nextval('row_versions')"                                                    \
    "  WHERE user_id = " USER " AND version = (SELECT max(version) FROM plans WHERE user_id = " USER ") RETURNING id)"
void plan_read_session(const db_rows *rows, size_t row, size_t first, session_row *out);

/* goal_row likewise. */
#define GOAL_COLUMNS                                                                                                   \
    "g.id, g.graph_id, g.title, g.description, g.targets, g.due, g.not_before, g.weight, g.status, g.create_time, "    \
    "g.update_time, g.version, g.thorough, g.retention_percent"
void plan_read_goal(const db_rows *rows, size_t row, size_t first, goal_row *out);
