#include "peer_health.h"

#include "fiber.h"

#include "health.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* Who is missed is asked for more often: its return is what others wait for. */
enum { INTERVAL_MS = 1000, INTERVAL_WHILE_AWAY_MS = 100, TIMEOUT_MS = 1000 };

typedef struct peer {
    rpc_client *client;
    bool answered; /* the last question */
    bool serving;
    bool database_fails;
} peer;

struct peer_health {
    peer peers[PEER_COUNT];
    fiber *watcher; /* NULL once it has ended */
    bool stopping;
};

/* ---- asking ---- */

static void note(peer *p, const Sical__Rpc__V1__HealthCheckResponse *answer)
{
    p->answered = true;
    p->serving = answer->status == SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__SERVING;
    p->database_fails = false;
    for (size_t i = 0; i < answer->n_failing; i++)
        p->database_fails |= !strcmp(answer->failing[i], "database");
}

/* A fiber of its own for each question: what it needs is freed with it. */
static status ask(void *arg)
{
    peer *p = arg;
    Sical__Rpc__V1__HealthCheckRequest request = SICAL__RPC__V1__HEALTH_CHECK_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    fiber_limit_ms(TIMEOUT_MS);
    status s =
        rpc_call_message(p->client, &sical__rpc__v1__health__descriptor, "Check", NULL, &request.base, &answer, &reply);
    if (s == STATUS_OK)
        note(p, (const Sical__Rpc__V1__HealthCheckResponse *)answer);
    else
        p->answered = p->serving = false;
    return STATUS_OK;
}

static bool all_serve(const peer_health *h)
{
    bool all = true;
    for (int i = 0; i < PEER_COUNT; i++)
        all &= h->peers[i].serving;
    return all;
}

static void watch(void *arg)
{
    peer_health *h = arg;
    do {
        fiber_group questions = FIBER_GROUP_INIT;
        for (int i = 0; i < PEER_COUNT; i++)
            fiber_group_spawn(&questions, "ask a service's health", ask, &h->peers[i]);
        fiber_group_wait(&questions);
    } while (!h->stopping && fiber_sleep(all_serve(h) ? INTERVAL_MS : INTERVAL_WHILE_AWAY_MS) == STATUS_OK);
    h->watcher = NULL;
}

/* ---- what is known ---- */

static bool is_serving(void *arg)
{
    return ((const peer *)arg)->serving;
}

/* The gateway has no connection to it: the database is well when some service says so by not naming it. */
static bool is_database_well(void *arg)
{
    const peer_health *h = arg;
    bool known = false;
    for (int i = 0; i < PEER_COUNT; i++) {
        known |= h->peers[i].answered;
        if (h->peers[i].answered && h->peers[i].database_fails)
            return false;
    }
    return known;
}

peer_health *peer_health_create(loop *l, rpc_client *const clients[PEER_COUNT], ops_state *ops)
{
    static const char *const names[PEER_COUNT] = {"auth", "plan", "progress", "metrics"};
    peer_health *h = calloc(1, sizeof *h);
    if (!h)
        abort();
    ops->checks[ops->check_count++] = (ops_check){"database", is_database_well, h, true};
    for (int i = 0; i < PEER_COUNT; i++) {
        h->peers[i].client = clients[i];
        ops->checks[ops->check_count++] = (ops_check){names[i], is_serving, &h->peers[i], true};
    }
    /* Were /ready to follow, one service's absence would take every gateway out of the balance. */
    ops->ready_through_failures = true;
    h->watcher = fiber_spawn(l, "watch the services", watch, h);
    return h;
}

void peer_health_stop(peer_health *h)
{
    h->stopping = true;
    if (h->watcher)
        fiber_cancel(h->watcher);
}

bool peer_health_running(const peer_health *h)
{
    return h->watcher != NULL;
}

void peer_health_destroy(peer_health *h)
{
    free(h);
}
