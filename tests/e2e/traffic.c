#include "traffic_internal.h"

#include "network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

enum { TOPICS = 50 };

static void make_topics(traffic *t)
{
    json_t *topics = json_array();
    for (int i = 0; i < TOPICS; i++) {
        char key[16];
        snprintf(key, sizeof key, "topic-%d", i);
        json_array_append_new(topics, json_pack("{s:s, s:s}", "key", key, "title", key));
    }
    json_t *graph = json_pack("{s:o, s:[]}", "topics", topics, "edges");
    learner_import(&t->learner, graph, t->graph);
    json_decref(graph);
}

static void make_goal(traffic *t)
{
    json_t *goal = json_pack("{s:s, s:s, s:[s], s:s}", "graphId", t->graph, "title", "Read again and again", "targets",
                             "topic-0", "due", "2035-01-01T00:00:00Z");
    json_t *answer = learner_expect(rest_post(t->learner.rest, "/api/v1/goals", goal), 201, "goal");
    snprintf(t->goal, sizeof t->goal, "%s", rest_text(answer, "id"));
    learner_expect(rest_put(t->learner.rest, "/api/v1/availability", learner_eight_hours_a_week("UTC", 120)), 200,
                   "availability");
}

/* ---- the requests, on the load's thread ---- */

static void make_event(const traffic *t, uint64_t number, load_request *r)
{
    struct timeval now;
    struct tm utc;
    char id[37], second[32];
    gettimeofday(&now, NULL);
    gmtime_r(&now.tv_sec, &utc);
    strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &utc);
    learner_make_id(t->serial, (unsigned)number, id);
    r->method = "POST";
    strcpy(r->path, "/api/v1/events");
    strcpy(r->expect, "\"accepted\":"); /* 0 when it was asked a second time, because the first answer was lost */
    snprintf(r->body, sizeof r->body,
             "{\"events\":[{\"id\":\"%s\",\"graphId\":\"%s\",\"topicKey\":\"topic-%u\",\"kind\":\"REVIEW\",\"grade\":"
             "\"GOOD\",\"durationSeconds\":60,\"occurredAt\":\"%s.%06ldZ\"}]}",
             id, t->graph, (unsigned)(number % TOPICS), second, (long)now.tv_usec);
}

static void make_new_goal(const traffic *t, uint64_t number, load_request *r)
{
    r->method = "POST";
    r->success = 201;
    strcpy(r->path, "/api/v1/goals");
    snprintf(r->expect, sizeof r->expect, "\"title\":\"traffic %u %llu\"", t->serial, (unsigned long long)number);
    snprintf(r->body, sizeof r->body,
             "{\"graphId\":\"%s\",\"title\":\"traffic %u %llu\",\"targets\":[\"topic-%u\"],"
             "\"due\":\"2035-01-01T00:00:00Z\"}",
             t->graph, t->serial, (unsigned long long)number, (unsigned)(number % TOPICS));
}

static void make_request(void *arg, uint64_t number, load_request *r)
{
    static const traffic_kind turn[] = {TRAFFIC_GOAL, TRAFFIC_EVENT,    TRAFFIC_ME,    TRAFFIC_NEW_GOAL,
                                        TRAFFIC_GOAL, TRAFFIC_MASTERY,  TRAFFIC_EVENT, TRAFFIC_DASHBOARD,
                                        TRAFFIC_GOAL, TRAFFIC_NEW_GOAL, TRAFFIC_EVENT};
    const traffic *t = arg;
    r->kind = turn[number % (sizeof turn / sizeof *turn)];
    r->success = 200;
    switch ((traffic_kind)r->kind) {
    case TRAFFIC_GOAL:
        snprintf(r->path, sizeof r->path, "/api/v1/goals/%s", t->goal);
        snprintf(r->expect, sizeof r->expect, "\"id\":\"%s\"", t->goal);
        break;
    case TRAFFIC_ME:
        strcpy(r->path, "/api/v1/me");
        snprintf(r->expect, sizeof r->expect, "\"email\":\"%s\"", t->learner.email);
        break;
    case TRAFFIC_MASTERY:
        snprintf(r->path, sizeof r->path, "/api/v1/mastery?graphId=%s&limit=5", t->graph);
        strcpy(r->expect, "\"items\":");
        break;
    case TRAFFIC_DASHBOARD:
        strcpy(r->path, "/api/v1/dashboard");
        strcpy(r->expect, "\"complete\":true");
        break;
    case TRAFFIC_EVENT:
        make_event(t, number, r);
        break;
    case TRAFFIC_NEW_GOAL:
    case TRAFFIC_KINDS:
        make_new_goal(t, number, r);
    }
}

/* ---- life ---- */

static unsigned or_default(unsigned value, unsigned fallback)
{
    return value ? value : fallback;
}

traffic *traffic_start(suite *s, const traffic_options *options)
{
    static unsigned serials;
    static const traffic_options usual;
    const traffic_options *o = options ? options : &usual;
    traffic *t = calloc(1, sizeof *t);
    cr_assert_not_null(t);
    t->suite = s;
    t->serial = ++serials;
    t->learner = learner_join(suite_url(s));
    make_topics(t);
    make_goal(t);
    load_server servers[SUITE_REPLICAS_LIMIT];
    t->load = load_start(&(load_options){
        .servers = servers,
        .server_count = suite_gateways(s, servers),
        .connections = or_default(o->connections, 16),
        .pace_ms = or_default(o->pace_ms, 20),
        .timeout_ms = o->timeout_ms,
        .authorization = rest_token(t->learner.rest),
        .make = make_request,
        .arg = t,
    });
    traffic_pass(t, 100);
    return t;
}

typedef struct goal_of_requests {
    const traffic *traffic;
    uint64_t ended;
} goal_of_requests;

static bool is_reached(void *arg)
{
    const goal_of_requests *g = arg;
    return load_ended(g->traffic->load) >= g->ended;
}

void traffic_pass(traffic *t, uint64_t requests)
{
    goal_of_requests goal = {t, load_ended(t->load) + requests};
    cr_assert(test_wait_until(is_reached, &goal, 2 * TEST_WAIT_MS), "the load makes no progress");
}

int64_t traffic_now_us(const traffic *t)
{
    return load_now_us(t->load);
}

uint64_t traffic_failed(const traffic *t)
{
    return load_failed(t->load);
}

load *traffic_load(traffic *t)
{
    return t->load;
}

bool traffic_is_write(const load_record *r)
{
    return r->kind == TRAFFIC_EVENT || r->kind == TRAFFIC_NEW_GOAL;
}

void traffic_stop(traffic *t, const char *title)
{
    load_stop(t->load);
    load_print(t->load, title);
    traffic_account(t);
}

void traffic_leave(traffic *t)
{
    load_destroy(t->load);
    learner_leave(&t->learner);
    free(t);
}

void traffic_finish_unharmed(traffic *t, const char *title)
{
    traffic_stop(t, title);
    cr_assert_eq(load_failed(t->load), 0, "%s: %llu requests failed", title, (unsigned long long)load_failed(t->load));
    traffic_leave(t);
}

double traffic_harmed_for_s(const traffic *t, int64_t since_us)
{
    size_t count;
    const load_record *records = load_records(t->load, &count);
    int64_t last_us = since_us;
    for (size_t i = 0; i < count; i++)
        if (!records[i].good && records[i].began_us > last_us)
            last_us = records[i].began_us;
    return (double)(last_us - since_us) / 1e6;
}
