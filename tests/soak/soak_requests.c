/* The mix of the soak: how often each route is asked, by whom, and what its answer must hold. */
#include "soak_internal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef void make_request(const soak_learner *who, uint64_t number, load_request *r);

/* ---- reads ---- */

typedef struct soak_read {
    unsigned weight;
    const char *path, *then; /* with the id of the learner's graph or goal in between */
    enum { NO_ID, OF_GRAPH, OF_GOAL } id;
    const char *expect;
} soak_read;

static const soak_read reads[] = {
    {30, "/goals/", "", OF_GOAL, "\"targets\":"},
    {6, "/goals?limit=20", "", NO_ID, "\"items\":"},
    {3, "/graphs", "", NO_ID, "\"items\":"},
    {3, "/graphs/", "", OF_GRAPH, "\"topicCount\":200"},
    {3, "/graphs/", "/topics?q=topic&limit=20", OF_GRAPH, "\"items\":"},
    {3, "/graphs/", "/topics/topic-7", OF_GRAPH, "\"key\":\"topic-7\""},
    {6, "/me", "", NO_ID, "\"email\":"},
    {3, "/availability", "", NO_ID, "\"windows\":"},
    {2, "/availability/exceptions", "", NO_ID, "\"items\":"},
    {3, "/plan", "", NO_ID, "\"certificate\":"},
    {3, "/sessions?limit=20", "", NO_ID, "\"items\":"},
    {4, "/events?limit=20", "", NO_ID, "\"items\":"},
    {4, "/mastery?limit=20", "", NO_ID, "\"items\":"},
    {4, "/reviews/due?limit=20", "", NO_ID, "\"items\":"},
    {2, "/dashboard", "", NO_ID, "\"complete\":true"},
    {1, "/streak", "", NO_ID, ""},
    {1, "/heatmap", "", NO_ID, ""},
};

/* ---- writes, and what is refused ---- */

static void post_event(const soak_learner *who, uint64_t number, load_request *r)
{
    static unsigned long long events; /* over both loads: none is sent twice */
    time_t now = time(NULL);
    struct tm utc;
    char second[32];
    gmtime_r(&now, &utc);
    strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%SZ", &utc);
    r->method = "POST";
    strcpy(r->path, "/api/v1/events");
    strcpy(r->expect, "\"accepted\":"); /* 0 when it was asked a second time, because the first answer was lost */
    snprintf(r->body, sizeof r->body,
             "{\"events\":[{\"id\":\"01990000-0000-7000-8000-%012llx\",\"graphId\":\"%s\",\"topicKey\":\"topic-%u\","
             "\"kind\":\"REVIEW\",\"grade\":\"GOOD\",\"durationSeconds\":60,\"occurredAt\":\"%s\"}]}",
             ++events, who->graph, (unsigned)(number / SOAK_LEARNERS % SOAK_TOPICS), second);
}

static void post_goal(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)number;
    r->method = "POST";
    r->success = 201;
    strcpy(r->path, "/api/v1/goals");
    strcpy(r->expect, "\"Once more\""); /* the same id is the same goal: there will not be more of them */
    snprintf(r->body, sizeof r->body,
             "{\"id\":\"%s\",\"graphId\":\"%s\",\"title\":\"Once more\",\"targets\":[\"topic-0\"],"
             "\"due\":\"2035-01-01T00:00:00Z\"}",
             who->goal, who->graph);
}

static void patch_goal(const soak_learner *who, uint64_t number, load_request *r)
{
    r->method = "PATCH";
    snprintf(r->path, sizeof r->path, "/api/v1/goals/%s", who->goal);
    snprintf(r->body, sizeof r->body, "{\"weight\":%u}", (unsigned)(number % 100) + 1);
    strcpy(r->expect, "\"weight\":");
}

static void put_availability(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)who;
    (void)number;
    r->method = "PUT";
    strcpy(r->path, "/api/v1/availability");
    strcpy(r->body, "{\"timeZone\":\"UTC\",\"dailyCapMinutes\":120,"
                    "\"windows\":[{\"day\":\"MON\",\"start\":\"18:30\",\"end\":\"20:30\"}]}");
    strcpy(r->expect, "\"MON\"");
}

static void preview_plan(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)who;
    (void)number;
    r->method = "POST";
    strcpy(r->path, "/api/v1/plan/preview");
    strcpy(r->body, "{}");
    strcpy(r->expect, "\"certificate\":");
}

static void log_in(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)number;
    r->method = "POST";
    strcpy(r->path, "/api/v1/auth/login");
    snprintf(r->body, sizeof r->body, "{\"email\":\"%s\",\"password\":\"%s\"}", who->learner.email,
             who->learner.password);
    strcpy(r->expect, "\"accessToken\":");
}

static void miss(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)who;
    static const char *const paths[] = {"/api/v1/goals/01990000-0000-7000-8000-00000000abcd", "/api/v1/nowhere"};
    strcpy(r->path, paths[number % 2]);
    r->success = 404;
    strcpy(r->expect, "\"code\":");
}

static void send_nonsense(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)who;
    (void)number;
    r->method = "POST";
    r->success = 400;
    strcpy(r->path, "/api/v1/goals");
    strcpy(r->body, "{\"title\":7,\"nobody\":\"knows\",\"targets\":[\"\"]}");
    strcpy(r->expect, "\"errors\":");
}

static void look_after(const soak_learner *who, uint64_t number, load_request *r)
{
    (void)who;
    strcpy(r->path, number % 2 ? "/health" : "/metrics");
    strcpy(r->expect, number % 2 ? "healthy" : "fibers");
}

static const struct {
    unsigned weight;
    make_request *make;
} others[] = {{12, post_event},  {2, post_goal}, {2, patch_goal},    {1, put_availability},
              {1, preview_plan}, {1, miss},      {1, send_nonsense}, {1, look_after}};

/* ---- the choice ---- */

static void make_read(const soak_learner *who, const soak_read *read, load_request *r)
{
    const char *ids[] = {[NO_ID] = "", [OF_GRAPH] = who->graph, [OF_GOAL] = who->goal};
    snprintf(r->path, sizeof r->path, "/api/v1%s%s%s", read->path, ids[read->id], read->then);
    strcpy(r->expect, read->expect);
}

static unsigned total_weight(void)
{
    unsigned total = 0;
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
        total += reads[i].weight;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        total += others[i].weight;
    return total;
}

static void choose(const soak_learner *who, uint64_t number, unsigned turn, load_request *r)
{
    for (size_t i = 0; i < sizeof reads / sizeof *reads; turn -= reads[i++].weight)
        if (turn < reads[i].weight) {
            make_read(who, &reads[i], r);
            return;
        }
    for (size_t i = 0; i < sizeof others / sizeof *others; turn -= others[i++].weight)
        if (turn < others[i].weight) {
            others[i].make(who, number, r);
            return;
        }
}

/* A log-in costs 20 ms of a core and there is one in 1000; the rest comes in an order that repeats, but mixed. */
void soak_make_request(void *arg, uint64_t number, load_request *r)
{
    const soak_learner *who = (const soak_learner *)arg + number % SOAK_LEARNERS;
    r->success = 200;
    r->token = rest_token(who->learner.rest);
    if (number % 1000 == 999)
        log_in(who, number, r);
    else
        choose(who, number, (unsigned)(number * 2654435761U >> 8) % total_weight(), r);
    r->kind = (unsigned)r->success;
}

/* ---- learners ---- */

static void import_graph(soak_learner *who)
{
    json_t *topics = json_array();
    for (int i = 0; i < SOAK_TOPICS; i++) {
        char key[16];
        snprintf(key, sizeof key, "topic-%d", i);
        json_array_append_new(topics, json_pack("{s:s, s:s, s:i}", "key", key, "title", key, "minutes", 30));
    }
    json_t *graph = json_pack("{s:o, s:[]}", "topics", topics, "edges");
    learner_import(&who->learner, graph, who->graph);
    json_decref(graph);
}

static void settle(soak_learner *who)
{
    rest_client *rest = who->learner.rest;
    learner_expect(rest_put(rest, "/api/v1/availability", learner_eight_hours_a_week("UTC", 120)), 200, "availability");
    json_t *goal = json_pack("{s:s, s:s, s:[s], s:s}", "graphId", who->graph, "title", "Once more", "targets",
                             "topic-0", "due", "2035-01-01T00:00:00Z");
    snprintf(who->goal, sizeof who->goal, "%s",
             rest_text(learner_expect(rest_post(rest, "/api/v1/goals", goal), 201, "goal"), "id"));
    learner_expect(rest_post(rest, "/api/v1/plan", json_object()), 201, "plan");
}

void soak_learners_join(soak_learner learners[SOAK_LEARNERS], const char *url)
{
    for (int i = 0; i < SOAK_LEARNERS; i++) {
        learners[i].learner = learner_join(url);
        import_graph(&learners[i]);
        settle(&learners[i]);
    }
}
