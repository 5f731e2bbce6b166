/* A learner lives with a plan, told through REST: a missed session, a pin, a new goal, a look ahead, a change of mind.
 */
#include "calendar.h"
#include "learner.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

typedef struct story {
    suite *suite;
    learner learner;
    json_t *graph;
    char graph_id[37];
} story;

/* Four hours of each day that do not begin while the story is told. */
static void set_hours(const story *t)
{
    static const char *const days[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    json_t *windows = json_array();
    int hour = (int)(time(NULL) % DAY / HOUR + 6) % 20;
    char start[8], end[8];

    snprintf(start, sizeof start, "%02d:00", hour);
    snprintf(end, sizeof end, "%02d:00", hour + 4);
    for (size_t i = 0; i < 7; i++)
        json_array_append_new(windows, json_pack("{s:s, s:s, s:s}", "day", days[i], "start", start, "end", end));
    learner_expect(rest_put(t->learner.rest, "/api/v1/availability",
                            json_pack("{s:s, s:o}", "timeZone", "UTC", "windows", windows)),
                   200, "availability");
}

static void state_goal(const story *t, size_t topic, int days)
{
    char due[32];

    calendar_format(time(NULL) / 60 * 60 + (int64_t)days * DAY, due);
    const char *key = rest_text(json_array_get(json_object_get(t->graph, "topics"), topic), "key");
    json_t *goal =
        json_pack("{s:s, s:s, s:[s], s:s}", "graphId", t->graph_id, "title", "A goal", "targets", key, "due", due);
    learner_expect(rest_post(t->learner.rest, "/api/v1/goals", goal), 201, "goal");
}

/* A new reference. */
static json_t *post(const story *t, const char *path, int status)
{
    return json_incref(learner_expect(rest_post(t->learner.rest, path, json_object()), status, path));
}

static json_t *find_session(json_t *plan, const char *id)
{
    size_t index;
    json_t *session;

    json_array_foreach(json_object_get(plan, "sessions"), index, session)
    {
        if (strcmp(rest_text(session, "id"), id) == 0)
            return session;
    }
    return NULL;
}

static bool is_at_its_place(json_t *session, json_t *plan)
{
    json_t *now = find_session(plan, rest_text(session, "id"));

    return now && strcmp(rest_text(now, "start"), rest_text(session, "start")) == 0 &&
           strcmp(rest_text(now, "end"), rest_text(session, "end")) == 0;
}

static size_t count_kept(json_t *before, json_t *after)
{
    size_t index, count = 0;
    json_t *session;

    json_array_foreach(json_object_get(before, "sessions"), index, session)
    {
        count += is_at_its_place(session, after);
    }
    return count;
}

/* Every session is kept, or a change says what became of it, and each change says why. */
static void check_diff(json_t *before, json_t *after)
{
    size_t index, told = 0, kept = count_kept(before, after);
    json_t *change;

    json_array_foreach(rest_at(after, "changes.changes"), index, change)
    {
        const char *kind = rest_text(change, "kind");
        cr_assert(*rest_text(change, "reason") && *rest_text(change, "text") && *rest_text(change, "textZh"));
        told += strcmp(kind, "ADDED") != 0;
        cr_assert_eq(strcmp(kind, "REMOVED") == 0, find_session(after, rest_text(change, "session.id")) == NULL);
    }
    cr_assert_eq(kept, (size_t)rest_number(after, "changes.kept"));
    cr_assert_eq(kept + told, json_array_size(json_object_get(before, "sessions")));
    cr_assert_str_eq(rest_text(after, "changes.sincePlanId"), rest_text(before, "id"));
}

/* The first session goes by unused. */
static json_t *miss_first(const story *t, json_t *plan)
{
    char sql[512];

    free(suite_query(t->suite, "UPDATE plan.plans SET create_time = create_time - interval '3 days' RETURNING 1"));
    snprintf(sql, sizeof sql,
             "UPDATE plan.sessions SET start_time = start_time - interval '2 days', end_time = end_time - interval "
             "'2 days' WHERE id = '%s' RETURNING 1",
             rest_text(plan, "sessions.0.id"));
    free(suite_query(t->suite, sql));
    json_t *next = post(t, "/api/v1/plan", 201);
    size_t count = json_array_size(json_object_get(plan, "sessions"));
    cr_assert_geq(count_kept(plan, next) + (size_t)rest_number(next, "changes.moved"), count - 1);
    bool is_told = false;
    for (size_t i = 0; i < json_array_size(rest_at(next, "changes.changes")); i++)
        is_told |= strcmp(rest_text(json_array_get(rest_at(next, "changes.changes"), i), "reason"), "MISSED") == 0;
    cr_assert(is_told, "the missed session is not planned again");
    return next;
}

/* Pins the last session of the plan, and only as it was read. */
static void pin_last(const story *t, json_t *plan, char id[64])
{
    char path[128], header[64];
    json_t *sessions = json_object_get(plan, "sessions");
    json_t *last = json_array_get(sessions, json_array_size(sessions) - 1);
    const char body[] = "{\"pinned\":true}";

    snprintf(id, 64, "%s", rest_text(last, "id"));
    snprintf(path, sizeof path, "/api/v1/sessions/%s", id);
    rest_set_header(t->learner.rest, "If-Match: \"abc\"");
    learner_expect_problem(rest_send(t->learner.rest, "PATCH", path, body, strlen(body)), 412, "ABORTED", "pin");
    snprintf(header, sizeof header, "If-Match: \"%s\"", rest_text(last, "etag"));
    rest_set_header(t->learner.rest, header);
    json_t *pinned = learner_expect(rest_send(t->learner.rest, "PATCH", path, body, strlen(body)), 200, "pin");
    rest_set_header(t->learner.rest, NULL);
    cr_assert(json_is_true(json_object_get(pinned, "pinned")));
    const char past[] = "{\"start\":\"2020-01-01T00:00:00Z\"}";
    json_t *problem = learner_expect_problem(rest_send(t->learner.rest, "PATCH", path, past, strlen(past)), 400,
                                             "INVALID_ARGUMENT", "move into the past");
    cr_assert_str_eq(rest_text(problem, "errors.0.field"), "start");
}

Test(living, a_learner_misses_pins_looks_ahead_and_changes_her_mind, .timeout = 120)
{
    story t = {.suite = suite_start()};
    char pinned[64];
    t.learner = learner_join(suite_url(t.suite));
    t.graph = learner_read_graph();
    learner_import(&t.learner, t.graph, t.graph_id);
    size_t topics = json_array_size(json_object_get(t.graph, "topics"));
    set_hours(&t);
    state_goal(&t, topics / 2, 200);
    json_t *first = post(&t, "/api/v1/plan", 201);
    cr_assert_eq((size_t)rest_number(first, "changes.added"), json_array_size(json_object_get(first, "sessions")));
    json_t *second = miss_first(&t, first);

    pin_last(&t, second, pinned);
    state_goal(&t, topics - 1, 150);
    json_t *preview = post(&t, "/api/v1/plan/preview", 200), *third = post(&t, "/api/v1/plan", 201);
    check_diff(second, third);
    cr_assert(is_at_its_place(find_session(second, pinned), third), "the pin was moved");
    for (size_t i = 0; i < 5; i++) {
        static const char *const counts[] = {"changes.kept", "changes.moved", "changes.shortened", "changes.added",
                                             "changes.removed"};
        cr_assert_eq(rest_number(preview, counts[i]), rest_number(third, counts[i]), "the preview said something else");
    }
    json_t *changes = learner_expect(rest_get(t.learner.rest, "/api/v1/plan/changes"), 200, "changes");
    cr_assert(json_equal(changes, json_object_get(third, "changes")));
    json_t *read = learner_expect(rest_get(t.learner.rest, "/api/v1/plan"), 200, "plan");
    cr_assert(json_equal(read, third), "the saved plan is not the one that was answered");

    json_t *undone = post(&t, "/api/v1/plan/undo", 201);
    cr_assert_eq(count_kept(second, undone), json_array_size(json_object_get(second, "sessions")));
    cr_assert_eq(json_array_size(json_object_get(undone, "sessions")),
                 json_array_size(json_object_get(second, "sessions")));
    learner_expect_problem(rest_post(t.learner.rest, "/api/v1/plan/undo", json_object()), 400, "FAILED_PRECONDITION",
                           "undo again");
    json_t *plans = learner_expect(rest_get(t.learner.rest, "/api/v1/plans"), 200, "plans");
    cr_assert_eq(json_array_size(json_object_get(plans, "items")), 4);
    cr_assert_eq(rest_number(plans, "items.0.version"), 4);

    json_decref(first), json_decref(second), json_decref(third), json_decref(preview), json_decref(undone);
    json_decref(t.graph);
    learner_leave(&t.learner);
    suite_stop(t.suite);
}
