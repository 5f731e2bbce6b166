/* Writes with an Idempotency-Key, as clients make them that must not write twice. */
#include "learner.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *goal(const char *graph, const char *target, const char *title)
{
    return json_pack("{s:s, s:s, s:[s], s:s}", "graphId", graph, "title", title, "targets", target, "due",
                     "2099-01-01T00:00:00Z");
}

static long long number(suite *s, const char *sql)
{
    char *text = suite_query(s, sql);
    long long n = strtoll(text, NULL, 10);
    free(text);
    return n;
}

/* A learner with a graph, and one of its topics. */
typedef struct stage {
    suite *suite;
    learner learner;
    char graph[37], target[128];
} stage;

static stage begin(void)
{
    stage st = {.suite = suite_start()};
    json_t *graph = learner_read_graph();
    st.learner = learner_join(suite_url(st.suite));
    snprintf(st.target, sizeof st.target, "%s", rest_text(graph, "topics.0.key"));
    learner_import(&st.learner, graph, st.graph);
    json_decref(graph);
    return st;
}

static void end(stage *st)
{
    learner_leave(&st->learner);
    suite_stop(st->suite);
}

static rest_answer make_goal(stage *st, const char *title)
{
    return rest_post(st->learner.rest, "/api/v1/goals", goal(st->graph, st->target, title));
}

Test(keys, the_same_request_again_is_the_same_answer_and_another_is_422)
{
    stage st = begin();
    rest_client *rest = st.learner.rest;
    rest_set_header(rest, "Idempotency-Key: \"make it\"");
    rest_answer a = make_goal(&st, "one");
    learner_expect(a, 201, "the first time");
    char *first = strdup(a.body);
    a = make_goal(&st, "one");
    learner_expect(a, 201, "again");
    cr_assert_str_eq(a.body, first);
    learner_expect_problem(make_goal(&st, "two"), 422, "FAILED_PRECONDITION", "another body");
    cr_assert_eq(number(st.suite, "SELECT count(*) FROM plan.goals"), 1);

    free(suite_query(st.suite, "UPDATE plan.idempotency_keys SET create_time = now() - interval '25 hours'"
                               " RETURNING key"));
    a = make_goal(&st, "two");
    learner_expect(a, 201, "a day later the key is free");
    cr_assert_str_neq(a.body, first);
    rest_set_header(rest, "Idempotency-Key: a b");
    learner_expect_problem(make_goal(&st, "three"), 400, "INVALID_ARGUMENT", "a malformed key");
    cr_assert_eq(number(st.suite, "SELECT count(*) FROM plan.goals"), 2);
    free(first);
    end(&st);
}

/* ---- death in between ---- */

static void *post(void *arg)
{
    make_goal(arg, "one");
    return NULL;
}

static void wait_for_nap(suite *s)
{
    for (int i = 0; i < 3000; i++) {
        if (number(s, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    cr_assert_fail("the write never reached its commit");
}

Test(keys, a_killed_service_leaves_no_write_twice_and_none_half)
{
    stage st = begin();
    rest_set_header(st.learner.rest, "Idempotency-Key: k");
    free(suite_query(st.suite, "CREATE FUNCTION plan.nap() RETURNS trigger LANGUAGE plpgsql AS"
                               " 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';"
                               "CREATE TRIGGER nap BEFORE INSERT ON plan.idempotency_keys"
                               " FOR EACH ROW EXECUTE FUNCTION plan.nap(); SELECT 1"));
    for (int round = 0; round < 3; round++) {
        pthread_t thread;
        char header[40];
        snprintf(header, sizeof header, "Idempotency-Key: k%d", round);
        rest_set_header(st.learner.rest, header);
        cr_assert_eq(pthread_create(&thread, NULL, post, &st), 0);
        wait_for_nap(st.suite);
        suite_kill_program(st.suite, SUITE_PLAN, 0);
        suite_start_program(st.suite, SUITE_PLAN, 0);
        suite_wait_program(st.suite, SUITE_PLAN, 0);
        pthread_join(thread, NULL);
        suite_wait_ready(st.suite);
        rest_answer a = {0};
        for (int i = 0; i < 50 && a.status != 201; i++)
            a = make_goal(&st, "one");
        learner_expect(a, 201, "in the end");
        cr_assert_eq(number(st.suite, "SELECT count(*) FROM plan.goals"), round + 1);
        cr_assert_eq(number(st.suite, "SELECT count(*) FROM plan.idempotency_keys"), round + 1);
    }
    end(&st);
}
