/* A learner who knows it all already, and errs in no answer, is asked a few questions, and the plan leaves out what is
 * known. */
#include "learner.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct stage {
    suite *suite;
    learner learner;
    rest_client *rest;
    json_t *graph;
    char graph_id[37];
} stage;

static stage begin(void)
{
    stage st = {.suite = suite_start(), .graph = learner_read_graph()};
    st.learner = learner_join(suite_url(st.suite));
    st.rest = st.learner.rest;
    learner_import(&st.learner, st.graph, st.graph_id);
    return st;
}

static void end(stage *st)
{
    json_decref(st->graph);
    learner_leave(&st->learner);
    suite_stop(st->suite);
}

static rest_answer answer(stage *st, const char *id, const char *topic, bool right)
{
    char path[100];
    snprintf(path, sizeof path, "/api/v1/placement/%s/answers", id);
    return rest_post(st->rest, path, json_pack("{s:s, s:b}", "topicKey", topic, "right", right));
}

static long long verdicts(json_t *placement, const char *verdict)
{
    long long count = 0;
    size_t i;
    json_t *topic;
    json_array_foreach(json_object_get(placement, "topics"), i, topic) count +=
        !strcmp(rest_text(topic, "verdict"), verdict);
    return count;
}

Test(placement, what_is_known_is_found_out_and_not_planned)
{
    stage st = begin();
    rest_answer a = rest_post(st.rest, "/api/v1/placement", json_pack("{s:s}", "graphId", st.graph_id));
    learner_expect(a, 201, "a placement begins");
    char id[37], topic[128], last[128] = "";
    snprintf(id, sizeof id, "%s", rest_text(a.json, "id"));
    cr_assert_str_eq(rest_text(a.json, "status"), "ASKING");
    while (!strcmp(rest_text(a.json, "status"), "ASKING")) {
        snprintf(topic, sizeof topic, "%s", rest_text(a.json, "question.topicKey"));
        cr_assert_str_neq(topic, last, "no topic is asked twice");
        snprintf(last, sizeof last, "%s", topic);
        learner_expect(a = answer(&st, id, topic, true), 200, topic);
        cr_assert_leq(rest_number(a.json, "answered"), rest_number(a.json, "questionsAtMost"));
    }
    cr_expect_str_eq(rest_text(a.json, "status"), "FINISHED");
    cr_expect_null(rest_at(a.json, "question.topicKey"));
    cr_expect_eq(verdicts(a.json, "KNOWN"), rest_number(a.json, "knownCount"));
    cr_expect_eq(verdicts(a.json, "UNSURE"), rest_number(a.json, "unsureCount"));
    long long known = rest_number(a.json, "knownCount"), answered = rest_number(a.json, "answered");
    cr_expect_gt(known, 0);

    learner_expect(a = answer(&st, id, last, true), 200, "the last answer again, by a client that did not hear of it");
    cr_expect_eq(rest_number(a.json, "answered"), answered);
    learner_expect_problem(answer(&st, id, last, false), 409, "ABORTED", "another answer after the end");
    learner_expect(a = rest_get(st.rest, "/api/v1/placement/%s", id), 200, "it can be read");
    cr_expect_eq(rest_number(a.json, "knownCount"), known);

    json_t *topics = json_deep_copy(json_object_get(a.json, "topics"));
    learner_expect(rest_put(st.rest, "/api/v1/availability", learner_eight_hours_a_week("Europe/London", 120)), 200,
                   "hours");
    json_t *targets = json_array();
    size_t i;
    json_t *t;
    json_array_foreach(topics, i, t) if (json_array_size(targets) < 100)
        json_array_append_new(targets, json_string(rest_text(t, "topicKey")));
    learner_expect(rest_post(st.rest, "/api/v1/goals",
                             json_pack("{s:s, s:s, s:o, s:s}", "graphId", st.graph_id, "title", "all of it", "targets",
                                       targets, "due", "2099-01-01T00:00:00Z")),
                   201, "a goal");
    learner_expect(a = rest_post(st.rest, "/api/v1/plan", json_object()), 201, "a plan");
    json_array_foreach(topics, i, t)
    {
        size_t k;
        json_t *session;
        if (strcmp(rest_text(t, "verdict"), "KNOWN") != 0)
            continue;
        json_array_foreach(json_object_get(a.json, "sessions"), k, session)
            cr_assert_str_neq(rest_text(session, "topicKey"), rest_text(t, "topicKey"));
    }
    json_decref(topics);
    end(&st);
}

Test(placement, what_is_wrong_is_said)
{
    stage st = begin();
    static const char nobody[] = "01890000-0000-7000-8000-00000000dead";
    learner_expect_problem(rest_post(st.rest, "/api/v1/placement", json_pack("{s:s}", "graphId", nobody)), 404,
                           "NOT_FOUND", "no such graph");
    json_t *problem =
        learner_expect_problem(rest_post(st.rest, "/api/v1/placement",
                                         json_pack("{s:s, s:[s]}", "graphId", st.graph_id, "targets", "no.such")),
                               400, "INVALID_ARGUMENT", "no such target");
    cr_expect_str_eq(rest_text(problem, "errors.0.field"), "targets[0]");
    const char *key = rest_text(st.graph, "topics.3.key");
    rest_answer a =
        rest_post(st.rest, "/api/v1/placement", json_pack("{s:s, s:[s]}", "graphId", st.graph_id, "targets", key));
    learner_expect(a, 201, "a part of the graph");
    char id[37];
    snprintf(id, sizeof id, "%s", rest_text(a.json, "id"));
    learner_expect_problem(answer(&st, id, "not.asked", true), 409, "ABORTED", "a topic that was not asked");
    learner_expect_problem(answer(&st, nobody, "a", true), 404, "NOT_FOUND", "no such placement");
    learner other = learner_join(suite_url(st.suite));
    learner_expect_problem(rest_get(other.rest, "/api/v1/placement/%s", id), 404, "NOT_FOUND", "somebody else's");
    learner_leave(&other);
    end(&st);
}
