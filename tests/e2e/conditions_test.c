/* If-Match: two devices change the same thing, and neither overwrites what it has not seen. */
#include "learner.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { ETAG_SIZE = 128 };

typedef struct stage {
    suite *suite;
    learner learner;
    rest_client *rest;
    char path[80]; /* of a goal */
    char etag[ETAG_SIZE];
} stage;

static stage begin(void)
{
    stage st = {.suite = suite_start()};
    char graph_id[37];
    json_t *graph = learner_read_graph();
    st.learner = learner_join(suite_url(st.suite));
    st.rest = st.learner.rest;
    learner_import(&st.learner, graph, graph_id);
    rest_answer a = rest_post(st.rest, "/api/v1/goals",
                              json_pack("{s:s, s:s, s:[s], s:s}", "graphId", graph_id, "title", "one", "targets",
                                        rest_text(graph, "topics.0.key"), "due", "2099-01-01T00:00:00Z"));
    learner_expect(a, 201, "a goal");
    cr_assert_str_neq(a.etag, "");
    snprintf(st.path, sizeof st.path, "/api/v1/goals/%s", rest_text(a.json, "id"));
    snprintf(st.etag, sizeof st.etag, "%s", a.etag);
    json_decref(graph);
    return st;
}

static void end(stage *st)
{
    learner_leave(&st->learner);
    suite_stop(st->suite);
}

static rest_answer send_if(stage *st, const char *if_match, const char *method, const char *path, const char *body)
{
    char header[300];
    snprintf(header, sizeof header, "If-Match: %s", if_match);
    rest_set_header(st->rest, *if_match ? header : NULL);
    rest_answer a = rest_send(st->rest, method, path, body, body ? strlen(body) : 0);
    rest_set_header(st->rest, NULL);
    return a;
}

static void expect_refused(rest_answer a, int status, const char *code, const char *step)
{
    json_t *problem = learner_expect_problem(a, status, code, step);
    cr_expect_str_eq(rest_text(problem, "errors.0.field"), "If-Match", "%s", step);
}

Test(conditions, a_goal_is_changed_by_who_has_seen_it)
{
    stage st = begin();
    rest_answer a = rest_get(st.rest, "%s", st.path);
    cr_assert_str_eq(a.etag, st.etag, "reading tells the same tag as making: %s", a.etag);
    a = send_if(&st, st.etag, "PATCH", st.path, "{\"title\":\"two\"}");
    learner_expect(a, 200, "the first device");
    cr_assert_str_neq(a.etag, st.etag);
    char now[ETAG_SIZE];
    snprintf(now, sizeof now, "%s", a.etag);
    expect_refused(send_if(&st, st.etag, "PATCH", st.path, "{\"title\":\"three\"}"), 412, "ABORTED",
                   "the second device");
    expect_refused(send_if(&st, st.etag, "DELETE", st.path, NULL), 412, "ABORTED", "deleting what has changed");
    a = rest_get(st.rest, "%s", st.path);
    cr_expect_str_eq(rest_text(a.json, "title"), "two");
    cr_expect_str_eq(a.etag, now);

    char list[300];
    snprintf(list, sizeof list, "\"other\", %s", now);
    learner_expect(send_if(&st, list, "PATCH", st.path, "{\"title\":\"three\"}"), 200, "a list with the tag of now");
    learner_expect(send_if(&st, "*", "PATCH", st.path, "{\"title\":\"four\"}"), 200, "whatever it is");
    learner_expect(a = send_if(&st, "", "PATCH", st.path, "{\"title\":\"five\"}"), 200, "without asking");
    snprintf(list, sizeof list, "W/%s", a.etag);
    expect_refused(send_if(&st, list, "DELETE", st.path, NULL), 412, "ABORTED", "a weak tag");
    expect_refused(send_if(&st, "five", "DELETE", st.path, NULL), 400, "INVALID_ARGUMENT", "no tag at all");
    a = rest_get(st.rest, "%s", st.path);
    snprintf(list, sizeof list, "%.*s-gzip\"", (int)strlen(a.etag) - 1, a.etag);
    learner_expect(send_if(&st, list, "DELETE", st.path, NULL), 204, "the tag of the gzipped answer");
    learner_expect_problem(send_if(&st, "*", "DELETE", st.path, NULL), 404, "NOT_FOUND", "gone is gone");
    end(&st);
}

Test(conditions, free_hours_too)
{
    static const char path[] = "/api/v1/availability";
    static const char body[] = "{\"timeZone\":\"Europe/London\",\"windows\":[],\"etag\":\"ff\"}";
    stage st = begin();
    expect_refused(send_if(&st, "*", "PUT", path, body), 412, "ABORTED", "there is none yet");
    rest_answer a = send_if(&st, "", "PUT", path, body);
    learner_expect(a, 200, "the etag of a body says nothing");
    cr_expect_str_eq(a.etag, "", "what is answered are not the bytes that came");
    snprintf(st.etag, sizeof st.etag, "\"%s\"", rest_text(a.json, "etag"));
    learner_expect(send_if(&st, st.etag, "PUT", path, body), 200, "the tag of now");
    expect_refused(send_if(&st, st.etag, "PUT", path, body), 412, "ABORTED", "the same tag again");
    a = rest_get(st.rest, "%s", path);
    learner_expect(send_if(&st, a.etag, "PUT", path, body), 200, "the tag of what was read");
    learner_expect(send_if(&st, "*", "PUT", path, body), 200, "there is one now");
    end(&st);
}

Test(conditions, what_cannot_be_compared_is_not_written)
{
    stage st = begin();
    rest_answer a = send_if(&st, "\"x\"", "POST", "/api/v1/plan/preview", "{}");
    expect_refused(a, 400, "INVALID_ARGUMENT", "a plan has no tag");
    learner_expect(send_if(&st, "\"x\"", "GET", st.path, NULL), 200, "reading harms nothing");
    end(&st);
}

/* The answer that is kept stands for what was written then. */
Test(conditions, a_change_that_is_sent_again_answers_as_the_first_time)
{
    stage st = begin();
    char headers[300];
    snprintf(headers, sizeof headers, "If-Match: %s\r\nIdempotency-Key: k", st.etag);
    rest_set_header(st.rest, headers);
    for (int i = 0; i < 2; i++) {
        rest_answer a = rest_send(st.rest, "PATCH", st.path, "{\"title\":\"two\"}", 15);
        learner_expect(a, 200, i ? "again" : "the first time");
        cr_expect_str_eq(rest_text(a.json, "title"), "two");
    }
    end(&st);
}
