/*
 * The SQL of plan. Each function is one prepared statement or one atomic batch. All return STATUS_OK, a fatal status of
 * db_query (a lock that was not to be had counts as STATUS_UNAVAILABLE), or the outcomes named with them (outcome.h).
 * Texts and arrays live until the running fiber ends. Times are microseconds of the Unix epoch unless they say minutes.
 */
#pragma once

#include "db.h"
#include "outcome.h"

/* What the version of a row must be for a change or a deletion. */
typedef struct row_condition {
    bool exists;             /* the row must be there; false: no condition */
    bool any;                /* with whatever version */
    const int64_t *versions; /* else one of these */
    size_t count;
} row_condition;

/* ---- graphs (store_graphs.c) ---- */

typedef struct graph_row {
    uuid id;
    const char *title, *source, *license, *visibility;
    int32_t version, topic_count, edge_count, default_minutes, topics_without_minutes;
    int64_t total_minutes;
    int64_t create_us;
    bool owned; /* by the caller */
} graph_row;

/* Columns of topics in the order of their positions, of their outcomes and of edges. */
typedef struct graph_content {
    const char *const *keys, *const *titles, *const *summaries;
    const int32_t *minutes;
    const bool *by_default;
    size_t topic_count;
    const int32_t *outcome_topics;
    const char *const *outcomes;
    size_t outcome_count;
    const int32_t *edge_topics, *edge_prerequisites;
    const bool *edge_hard;
    const char *const *edge_reasons;
    size_t edge_count;
} graph_content;

/* Saves a graph and completes row with version, create_us and owned. When the id is the caller's already, row becomes
 * what is stored. PLAN_ID_TAKEN. */
status plan_store_add_graph(db *d, const uuid *user, graph_row *row, const graph_content *content);

/* PLAN_NO_GRAPH when there is none that the user may see. */
status plan_store_get_graph(db *d, const uuid *user, const uuid *id, graph_row *row);

/* Newest id first; up to limit graphs whose id is smaller than before. */
status plan_store_list_graphs(db *d, const uuid *user, const uuid *before, int32_t limit, const graph_row **rows,
                              size_t *count);

/* PLAN_NO_GRAPH, PLAN_GRAPH_IN_USE. */
status plan_store_delete_graph(db *d, const uuid *user, const uuid *id);

typedef struct topic_row {
    int32_t position;
    const char *key, *title, *summary;
    const char *const *outcomes;
    size_t outcome_count;
    int32_t minutes;
    bool minutes_by_default;
    const char *const *prerequisites, *const *strengths, *const *reasons;
    size_t prerequisite_count;
} topic_row;

/* Up to limit topics behind a position (-1: from the first), in the order of keys, whose key or title hold every word
 * (lower case). PLAN_NO_GRAPH. */
status plan_store_list_topics(db *d, const uuid *user, const uuid *graph, const char *const *words, size_t word_count,
                              int32_t after, int32_t limit, const topic_row **rows, size_t *count);
/* PLAN_NO_GRAPH, PLAN_NO_TOPIC. */
status plan_store_get_topic(db *d, const uuid *user, const uuid *graph, const char *key, topic_row *row);

/* Topics in the order of their keys and the hard edges between their numbers. */
typedef struct graph_structure {
    const char *const *keys, *const *titles;
    size_t topic_count;
    const int32_t *edge_topics, *edge_prerequisites;
    size_t edge_count;
} graph_structure;

/* PLAN_NO_GRAPH. */
status plan_store_get_structure(db *d, const uuid *user, const uuid *graph, graph_structure *out);

/* ---- goals (store_goals.c) ---- */

typedef struct goal_row {
    uuid id, graph_id;
    const char *title, *description;
    const char *const *targets;
    size_t target_count;
    int64_t due_us;
    bool has_not_before;
    int64_t not_before_us;
    int32_t weight;
    bool thorough;             /* over soft edges too */
    int32_t retention_percent; /* wanted on the due date; 0 = none */
    int32_t status;            /* as on the wire */
    int64_t create_us, update_us;
    int64_t version; /* another one after each change */
} goal_row;

/* Indexes of a list of targets. */
typedef struct unknown_targets {
    const int32_t *indexes;
    size_t count;
} unknown_targets;

/* Saves a goal and completes row. When the id is the caller's already, row becomes what is stored. PLAN_NO_GRAPH,
 * PLAN_UNKNOWN_TARGETS with *unknown set, PLAN_ID_TAKEN. */
status plan_store_add_goal(db *d, const uuid *user, goal_row *row, unknown_targets *unknown);

/* The hot path: one row by primary key. PLAN_NO_GOAL. */
status plan_store_get_goal(db *d, const uuid *user, const uuid *id, goal_row *row);

/* Newest id first, as graphs. */
status plan_store_list_goals(db *d, const uuid *user, const uuid *before, int32_t limit, const goal_row **rows,
                             size_t *count);

/* NULL or false: unchanged. */
typedef struct goal_change {
    uuid id;
    row_condition condition;
    const char *title, *description;
    const char *const *targets;
    size_t target_count;
    const int64_t *due_us;
    bool sets_not_before;
    const int64_t *not_before_us; /* NULL with sets_not_before: none any more */
    const int32_t *weight;
    const int32_t *status;
    const bool *thorough;
    bool sets_retention;
    const int32_t *retention_percent; /* NULL with sets_retention: none any more */
} goal_change;

/* PLAN_NO_GOAL, PLAN_ANOTHER_VERSION, PLAN_UNKNOWN_TARGETS, PLAN_DATES_CROSSED: then nothing was changed. */
status plan_store_update_goal(db *d, const uuid *user, const goal_change *change, goal_row *row,
                              unknown_targets *unknown);

/* PLAN_NO_GOAL, PLAN_ANOTHER_VERSION. */
status plan_store_delete_goal(db *d, const uuid *user, const uuid *id, const row_condition *condition);

/* ---- availability (store_availability.c) ---- */

typedef struct availability_row {
    const char *time_zone;
    int32_t daily_cap; /* 0 = none, as are those below */
    int32_t min_session, max_session, break_minutes;
    const int32_t *days, *starts, *ends;
    size_t window_count;
    int64_t update_us;
    int64_t version;
} availability_row;

/* PLAN_NO_AVAILABILITY. */
status plan_store_get_availability(db *d, const uuid *user, availability_row *row);

/* Sets row->update_us and version. PLAN_UNKNOWN_ZONE, PLAN_ANOTHER_VERSION. */
status plan_store_set_availability(db *d, const uuid *user, const row_condition *condition, availability_row *row);

typedef struct exception_row {
    uuid id;
    int64_t first_day, last_day; /* days since 1970-01-01 */
    int32_t start, end;          /* minutes since midnight; -1: nothing is free */
    const char *note;
} exception_row;

/* When the id is the caller's already, row becomes what is stored. PLAN_ID_TAKEN. */
status plan_store_add_exception(db *d, const uuid *user, exception_row *row);
/* By first day and id, behind those of after. */
status plan_store_list_exceptions(db *d, const uuid *user, int64_t after_day, const uuid *after_id, int32_t limit,
                                  const exception_row **rows, size_t *count);
/* PLAN_NO_EXCEPTION. */
status plan_store_delete_exception(db *d, const uuid *user, const uuid *id);

typedef struct zone_row {
    uuid user_id;
    const char *time_zone;
} zone_row;

/* Of those users who have set one, ordered by user. */
status plan_store_list_zones(db *d, const uuid *users, size_t user_count, const zone_row **rows, size_t *count);

/* ---- sessions (store_sessions.c) ---- */

typedef struct session_row {
    uuid id, graph_id;
    const char *topic_key, *topic_title;
    int64_t start_us, end_us;
    int32_t minutes;
    int32_t status;    /* as on the wire */
    int64_t status_us; /* 0: never changed */
    int32_t kind;      /* as on the wire */
    bool pinned;
    int64_t version; /* another one after each change */
} session_row;

enum { SESSION_PLANNED = 1, SESSION_COMPLETED = 2, SESSION_SKIPPED = 3, SESSION_STARTED = 4 };
enum { SESSION_LESSON = 1, SESSION_REVIEW = 2 };

typedef struct session_range {
    int64_t from_us, to_us; /* of starts, to_us excluded */
    int64_t after_us;       /* behind the session that starts then ... */
    uuid after_id;          /* ... and has this id */
} session_range;

status plan_store_list_sessions(db *d, const uuid *user, const session_range *range, int32_t limit,
                                const session_row **rows, size_t *count);

/* Sets the status, and another calendar version of the newest plan; status_us is kept when it was that already.
 * PLAN_NO_SESSION. */
status plan_store_mark_session(db *d, const uuid *user, const uuid *id, int32_t session_status, int64_t now_us,
                               session_row *row);

/* PLAN_NO_SESSION. */
status plan_store_get_session(db *d, const uuid *user, const uuid *id, session_row *row);

/* Begins a planned session; one that does not run at now_us is put there, in whole minutes. PLAN_OVERTAKEN when it is
 * not planned (any more). */
status plan_store_start_session(db *d, const uuid *user, const uuid *id, int64_t now_us, session_row *row);

/* Saves start, end and pinned of row, whose version is that which was read, and sets its new version.
 * calendar_version: of the newest plan, as it was read; NULL: of no matter. PLAN_OVERTAKEN when one of them is another.
 */
status plan_store_change_session(db *d, const uuid *user, const int64_t *calendar_version, session_row *row);

/* ---- plans (store_plans.c) ---- */

typedef struct plan_row {
    const void *report; /* as saved */
    size_t report_size;
    const session_row *sessions; /* of the newest plan, by start: all that has not been acted on before it was made */
    size_t session_count;
} plan_row;

/* id NULL: the newest. Others have no sessions. PLAN_NO_PLAN. */
status plan_store_get_plan(db *d, const uuid *user, const uuid *id, plan_row *row);

/* How many sessions a plan has changed of the plan before. */
typedef struct plan_counts {
    int32_t kept, moved, shortened, added, removed;
} plan_counts;

typedef struct plan_summary_row {
    uuid id;
    int32_t version;
    int64_t create_us;
    int32_t work_minutes, lateness_minutes;
    plan_counts counts;
} plan_summary_row;

/* Newest first; up to limit plans of versions below before. */
status plan_store_list_plans(db *d, const uuid *user, int32_t before, int32_t limit, const plan_summary_row **rows,
                             size_t *count);

/* Everything that a plan is made from, read in one transaction. Minutes are those of the epoch. */
typedef struct planning_graph {
    uuid id;
    const char *const *keys, *const *titles; /* ordered by key */
    const int32_t *minutes;
    size_t topic_count;
    const int32_t *edge_topics, *edge_prerequisites; /* hard ones; where a goal is thorough soft ones too */
    const int32_t *edge_soft;                        /* 1 or 0 */
    size_t edge_count;
} planning_graph;

typedef struct planning_window {
    int64_t start, end;
    int32_t day;
    int64_t midnight; /* at which the local day ends */
} planning_window;

typedef struct planning_busy {
    int64_t start, end;
    int32_t day;
    bool studied;
} planning_busy;

typedef struct topic_minutes {
    uuid graph_id;
    const char *topic_key;
    int64_t minutes;
} topic_minutes;

typedef struct topic_name {
    uuid graph_id;
    const char *topic_key;
} topic_name;

/* The newest plan as it stands. */
typedef struct standing_plan {
    int32_t version; /* 0: there is none */
    uuid id;
    int64_t create_us;
    int64_t calendar_version;    /* another one after each change of its sessions */
    const session_row *sessions; /* planned ones that have not begun, by start */
    size_t session_count;
    const topic_name *missed; /* topics of planned lessons that went by since it was made */
    size_t missed_count;
} standing_plan;

typedef struct planning_state {
    standing_plan standing;
    const char *time_zone;
    int32_t daily_cap; /* 0 = none, as are those below */
    int32_t min_session, max_session, break_minutes;
    int64_t horizon;       /* windows are known up to here */
    const goal_row *goals; /* the active ones, by id */
    size_t goal_count;
    const planning_graph *graphs; /* of those goals, by id */
    size_t graph_count;
    const planning_window *windows; /* free local time as UTC, by start */
    size_t window_count;
    /* Busy times, and sessions from today on that were started, completed or skipped or that run; by start. */
    const planning_busy *busy;
    size_t busy_count;
    const topic_minutes *completed; /* minutes of sessions that were completed or started or that run */
    size_t completed_count;
} planning_state;

enum { PLANNING_GOALS_LIMIT = 100, PLANNING_TOPICS_LIMIT = 100000, PLANNING_EDGES_LIMIT = 1000000 };

/* now: in minutes. PLAN_AVAILABILITY_NEEDED, PLAN_TOO_MUCH (the limits above). */
status plan_store_read_planning(db *d, const uuid *user, int64_t now, planning_state *state);

typedef struct mastered_row {
    uuid graph_id;
    const char *topic_key;
} mastered_row;

/* The mastered topics with which the newest plan was made. */
status plan_store_last_mastered(db *d, const uuid *user, const mastered_row **rows, size_t *count);

/* A review of a learned topic. */
typedef struct review_row {
    uuid graph_id;
    const char *topic_key;
    int64_t due_us;
    int32_t minutes;
    int64_t last_us;       /* of its reviews so far */
    double stability_days; /* of FSRS; 0 = not known */
} review_row;

/* The reviews that the newest plan has and that were neither completed nor skipped, each with the start of its first
 * session as its date. */
status plan_store_last_reviews(db *d, const uuid *user, const review_row **rows, size_t *count);

/* Offsets from UTC in minutes, that the zone has at each of count instants (minutes). */
status plan_store_offsets(db *d, const char *time_zone, const int64_t *instants, size_t count, int32_t *offsets);

typedef struct new_plan {
    uuid id;
    int32_t version;          /* one more than was read */
    int64_t calendar_version; /* as it was read; of no meaning for a first plan */
    int64_t create_us;
    int64_t now, horizon; /* minutes */
    const char *time_zone;
    int64_t work_minutes, lateness_minutes;
    bool mastery_known;
    const void *report;
    size_t report_size;
    const mastered_row *mastered;
    size_t mastered_count;
    plan_counts counts;
    const session_row *placed; /* sessions that are new or at another time */
    size_t placed_count;
    const uuid *removed;
    size_t removed_count;
} new_plan;

enum { PLAN_HISTORY = 30 }; /* so many plans of a learner are kept */

/* Puts the plan in place of the newest one; *placed_version: that of all placed sessions. PLAN_ID_TAKEN when a plan has
 * the id already; PLAN_OVERTAKEN when another one was saved meanwhile, or a session changed. */
status plan_store_save_plan(db *d, const uuid *user, const new_plan *plan, int64_t *placed_version);
